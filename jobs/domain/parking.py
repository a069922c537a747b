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

# What a window is said to be unread for, where its job did not wait.
KIND_OF_REASON: Final[Mapping[ParkReason, FailureKind]] = MappingProxyType(
    {"model_away": "model_away", "no_credit": "insufficient_quota", "over_budget": "over_budget"}
)
