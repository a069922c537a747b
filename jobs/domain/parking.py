"""Why a job waits in the database though a worker is free: the model cannot be asked for it now."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from jobs.domain.retries import FailureKind

ParkReason = Literal[
    "model_away",  # the circuit breaker is open
    "no_credit",  # the account at the provider has no money left (insufficient_quota)
    "over_budget",  # a budget of ours is spent
    "asked_to_wait",  # the provider wants a pause that is longer than a run may wait
]
PARK_REASONS: Final[tuple[ParkReason, ...]] = get_args(ParkReason)

MAX_IN_VAIN: Final = 10  # times in a row, before the rules read a file that the provider never answers about
FIRST_PAUSE_SECONDS: Final = 4.0  # where nobody knows for how long; twice that each further time
MAX_PAUSE_SECONDS: Final = 300.0
MOST_BREAKER_PAUSE_SECONDS: Final = 30.0  # it may have been closed while the job's last calls came back
MOST_ASKED_PAUSE_SECONDS: Final = 900.0  # of a provider that names a day: a limit may be raised meanwhile
BUDGET_PAUSE_SECONDS: Final = 3600.0  # whoever changes a budget lets its jobs go on at once

# What a window is said to be unread for, where its job did not wait.
KIND_OF_REASON: Final[Mapping[ParkReason, FailureKind]] = MappingProxyType(
    {
        "model_away": "model_away",
        "no_credit": "insufficient_quota",
        "over_budget": "over_budget",
        "asked_to_wait": "rate_limited",
    }
)


# What people are told while a job waits: what is the matter, and what they can do.
_TITLES: Final[Mapping[ParkReason, str]] = MappingProxyType(
    {
        "model_away": "The model does not answer",
        "no_credit": "The account at the provider has no money left",
        "over_budget": "A budget is spent",
        "asked_to_wait": "The provider of the model wants a pause",
    }
)
_CURES: Final[Mapping[ParkReason, str]] = MappingProxyType(
    {
        "model_away": "The job goes on by itself once it does.",
        "no_credit": "Add credit at the provider's; the job goes on by itself within the hour, or when an operator "
        "closes the circuit breaker in the admin.",
        "over_budget": "The job goes on by itself when the budget is raised, or its next period begins.",
        "asked_to_wait": "The job goes on by itself when it is over. If it comes often, raise the account's limits at "
        "the provider's.",
    }
)
_OR_BY_RULES: Final = "Or let the rules read what is left, for review."


def describe_waiting(*, reason: ParkReason, found: str = "") -> dict[str, str]:
    """Code, title and detail of a job that is parked. `found`: what is known besides, in words of ours."""
    detail = f"{found[:1].upper()}{found[1:]}. " if found else ""
    return {"code": reason, "title": _TITLES[reason], "detail": f"{detail}{_CURES[reason]} {_OR_BY_RULES}"}


_MOST_AS_TOLD: Final[Mapping[ParkReason, float]] = MappingProxyType(
    {
        "model_away": MOST_BREAKER_PAUSE_SECONDS,
        "no_credit": MOST_BREAKER_PAUSE_SECONDS,
        "asked_to_wait": MOST_ASKED_PAUSE_SECONDS,
    }
)


def pause_seconds(*, reason: ParkReason, in_vain: int, told: float | None = None) -> float:
    """How long a job waits: as `told`, but not as long for the breaker, which the reaper looks at itself, nor for a
    provider that names hours. Where nobody told: for a person, if money is missing, else longer each time that it asks
    in vain, the `in_vain`-th time (from 1) in a row.
    """
    if told is not None:
        return min(told, _MOST_AS_TOLD.get(reason, told))
    if reason == "over_budget":
        return BUDGET_PAUSE_SECONDS
    return float(min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (in_vain - 1)))
