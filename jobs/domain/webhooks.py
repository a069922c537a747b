"""What is announced to integrators, when it is sent again, and when an endpoint is given up.

Form, headers and signature: Standard Webhooks (https://www.standardwebhooks.com), with its schedule of a day.
"""

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, get_args
from uuid import UUID

from jobs.domain.states import State

EventType = Literal["job.completed", "job.partial", "job.failed", "job.cancelled", "batch.ended"]
BATCH_EVENT: Final = "batch.ended"  # in place of its jobs' own
PORTS: Final = MappingProxyType({"https": 443, "http": 80})  # by scheme of an endpoint's address
TEST_EVENT: Final = "webhook.test"  # sent when somebody asks for it, to one endpoint
EVENT_TYPES: Final[tuple[EventType, ...]] = get_args(EventType)

# Between two tries, in seconds; a little over a day in all, then the delivery is given up.
PAUSES: Final = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 8 * 3600, 9 * 3600)
_SPREAD: Final = 0.2  # of a pause, either way: what failed together does not come back together

DeliveryState = Literal["pending", "delivered", "failed"]
DELIVERY_STATES: Final[tuple[DeliveryState, ...]] = get_args(DeliveryState)
# refused_address: not public. redirected: elsewhere, which is not done. gone: 410. disabled: no try any more.
Failure = Literal[
    "refused_address",
    "unknown_host",
    "unreachable",
    "tls",
    "timed_out",
    "broken_answer",
    "redirected",
    "gone",
    "status",
    "disabled",
    "no_secret",
]
DisabledFor = Literal["asked", "gone", "failing"]
DISABLED_FOR: Final[tuple[DisabledFor, ...]] = get_args(DisabledFor)


def name_message(message_id: UUID) -> str:
    """The `webhook-id`: of every sending of the message the same, so that the receiver knows it again."""
    return f"msg_{message_id}"


def find_event(*, state: State) -> EventType | None:
    """What is announced of a job that has become so; None: nothing."""
    return next((event for event in EVENT_TYPES if event == f"job.{state}"), None)


def judge_status(status: int) -> Failure | None:
    """None: it was received. Only 2xx says so, by the standard."""
    if 200 <= status < 300:
        return None
    if status == 410:
        return "gone"
    return "redirected" if 300 <= status < 400 else "status"


def next_try(*, tries: int, now: datetime, jitter: float) -> datetime | None:
    """When to try again after `tries` that failed (from 1); None: no more. `jitter` is random in 0..1."""
    if tries > len(PAUSES):
        return None
    return now + timedelta(seconds=PAUSES[tries - 1] * (1 + _SPREAD * (2 * jitter - 1)))


def is_given_up(*, failing_since: datetime | None, now: datetime, patience: timedelta) -> bool:
    """Whether an endpoint that received nothing since then is disabled."""
    return failing_since is not None and now - failing_since >= patience


def wants(*, chosen: list[str], event: str) -> bool:
    """Whether an endpoint that chose those events is told of this one; none chosen: all."""
    return not chosen or event in chosen
