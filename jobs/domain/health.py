"""What a call tells of the provider's health: one row a kind of failure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jobs.domain.retries import FailureKind

# True: it is there, for it answered, if only to refuse. False: it is away or unwell. None: the call tells neither.
HEALTHY: Final[Mapping[FailureKind, bool | None]] = MappingProxyType(
    {
        "connection_refused": False,
        "not_sent": False,
        "connection_reset": False,
        "timeout": False,
        "request_timeout": False,  # 408: the way to it is too slow to be of use
        "server_error": False,
        "rate_limited": True,  # the limiter's business
        "conflict": True,
        "bad_request": True,
        "too_long": True,
        "unauthorized": True,
        "forbidden": True,
        "not_found": True,
        "content_filter": True,
        "refused": True,
        "truncated": True,
        "invalid_json": True,
        "wrong_schema": True,
        "empty": True,
        "unknown_finish": True,
        "insufficient_quota": None,  # suspends, until there is money again: as healthy, it would close what it opened
        "model_away": None,  # no call was made
        "over_budget": None,
        "not_recorded": None,
        "unforeseen": None,  # a defect of ours
    }
)


def tells_health(failure: FailureKind | None) -> bool | None:
    """Whether the provider is up, by a call that failed in this way, or did not fail (None). None: it does not tell."""
    return True if failure is None else HEALTHY[failure]
