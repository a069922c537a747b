"""The life of a job as data: its states, and which follows which.

pending ──► processing ──► completed | partial
   ▲            │ ├──────► retrying ──► processing
   │            │ └──────► parked ────► pending
   │            └────────► failed (a dead letter) ──► pending, when somebody retries it
   └── cancelled from every state that is not an end
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

State = Literal["pending", "processing", "retrying", "parked", "completed", "partial", "failed", "cancelled"]
Priority = Literal["urgent", "normal", "bulk"]
STATES: Final[tuple[State, ...]] = get_args(State)
PRIORITIES: Final[tuple[Priority, ...]] = get_args(Priority)

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        "pending": frozenset({"processing", "cancelled", "failed"}),
        # To itself: another worker takes over a job whose lease has run out.
        "processing": frozenset(
            {"processing", "completed", "partial", "retrying", "parked", "failed", "cancelled", "pending"}
        ),
        "retrying": frozenset({"processing", "cancelled", "failed"}),
        "parked": frozenset({"pending", "cancelled"}),
        "completed": frozenset(),
        "partial": frozenset(),
        "failed": frozenset({"pending"}),
        "cancelled": frozenset(),
    }
)
ACTIVE: Final[frozenset[State]] = frozenset({"pending", "processing", "retrying", "parked"})
ENDS: Final[frozenset[State]] = frozenset({"completed", "partial", "failed", "cancelled"})


class ForbiddenTransition(ValueError):
    """A job cannot go from one state to the other."""

    def __init__(self, *, before: str, after: str) -> None:
        super().__init__(f"A job that is {before} cannot become {after}.")
        self.before = before
        self.after = after


def check_transition(*, before: State, after: State) -> None:
    """Raises ForbiddenTransition."""
    if after not in TRANSITIONS[before]:
        raise ForbiddenTransition(before=before, after=after)


POISON_CRASHES: Final = 3  # in a row, with no new checkpoint between
MAX_FAILURES: Final = 5  # that were worth another try, before a job is given up
_BACKOFF_SECONDS: Final = 2.0
_MAX_BACKOFF_SECONDS: Final = 300.0


def is_poison(*, crashes: int) -> bool:
    """Whether a job whose workers died so often in a row is given up."""
    return crashes >= POISON_CRASHES


def backoff_seconds(*, failures: int, jitter: float) -> float:
    """Seconds until a job is tried again after its `failures`-th failure (from 1); `jitter` is random in 0..1.

    Exponential with full jitter, as calls to the model have it (jobs.domain.retries).
    """
    return jitter * min(_MAX_BACKOFF_SECONDS, _BACKOFF_SECONDS * 2.0**failures)
