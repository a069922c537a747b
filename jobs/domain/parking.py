"""Why a job waits in the database though a worker is free: the model cannot be asked for it now."""

from typing import Final, Literal, get_args

ParkReason = Literal[
    "model_away",  # the circuit breaker is open
    "no_credit",  # the account at the provider has no money left (insufficient_quota)
    "over_budget",  # a budget of ours is spent
]
PARK_REASONS: Final[tuple[ParkReason, ...]] = get_args(ParkReason)
