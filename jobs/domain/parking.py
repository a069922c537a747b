"""Why a job waits in the database though a worker is free: the model cannot be asked for it now."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from jobs.domain.retries import FailureKind

ParkReason = Literal[
    "model_away",  # the circuit breaker is open
    "no_credit",  # the account at the provider has no money left (insufficient_quota)
    "over_budget",  # a budget of ours is spent
]
PARK_REASONS: Final[tuple[ParkReason, ...]] = get_args(ParkReason)

MAX_IN_VAIN: Final = 10  # times in a row, before the rules read a file that the provider never answers about
FIRST_PAUSE_SECONDS: Final = 4.0  # where nobody knows for how long; twice that each further time
MAX_PAUSE_SECONDS: Final = 300.0
BUDGET_PAUSE_SECONDS: Final = 3600.0  # whoever changes a budget lets its jobs go on at once

# What a window is said to be unread for, where its job did not wait.
KIND_OF_REASON: Final[Mapping[ParkReason, FailureKind]] = MappingProxyType(
    {"model_away": "model_away", "no_credit": "insufficient_quota", "over_budget": "over_budget"}
)


def pause_seconds(*, reason: ParkReason, in_vain: int) -> float:
    """How long a job waits where nobody told: for a person, if money is missing, else longer each time that it asks in
    vain, the `in_vain`-th time (from 1) in a row.
    """
    if reason == "over_budget":
        return BUDGET_PAUSE_SECONDS
    return float(min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (in_vain - 1)))
