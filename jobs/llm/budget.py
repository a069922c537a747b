"""Money for calls to the model, kept in PostgreSQL: reserved before a call, spent when its cost is known.

    1. `reserve`, in the transaction that enters the call: lock the budgets that apply, in the order of their ids; sum
       what is spent and reserved in their periods; hold back what the call may cost at most, or refuse.
    2. The call.
    3. `settle`, in the transaction that enters what became of it: its cost takes the place of what was held back.

What is read under the locks cannot grow until they are let go, so that spent and reserved together never pass a budget;
what is spent may, by as much as a call cost more than was expected of it. A call of unknown outcome stays held back.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import cast
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from jobs.domain.budgets import (
    FULL,
    BudgetState,
    Period,
    Scope,
    day_of,
    find_latest_reset,
    find_warning,
    first_day_of,
    round_cost,
    round_reserved,
)
from jobs.llm.client import Usage
from jobs.llm.closed import Closed
from jobs.models import Budget, Job
from jobs.spending import read_states, read_upload_state, sum_under_way

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 30.0  # where only calls under way are in the way

_NOTHING = Decimal(0)

# A call is counted on the one row of its user's day. Django's update_conflicts cannot add to what is there.
_COUNT_CALL = """
INSERT INTO jobs_dailyspending AS known
    (clinic_id, user_id, day, calls, reserved_usd, spent_usd, input_tokens, cached_input_tokens, output_tokens,
     unpriced_calls)
VALUES (%s, %s, %s, 1, %s, 0, 0, 0, 0, 0)
ON CONFLICT (clinic_id, user_id, day) DO UPDATE
SET calls = known.calls + 1, reserved_usd = known.reserved_usd + excluded.reserved_usd
"""

# These two as well are SQL because each call waits for them: what builds them anew costs as much as what does them.
_SETTLE_CALL = """
UPDATE jobs_dailyspending
SET reserved_usd = reserved_usd - %s, spent_usd = spent_usd + %s, unpriced_calls = unpriced_calls + %s,
    input_tokens = input_tokens + %s, cached_input_tokens = cached_input_tokens + %s,
    output_tokens = output_tokens + %s
WHERE clinic_id = %s AND day = %s AND
"""

_LOCK_BUDGETS = """
SELECT * FROM jobs_budget
WHERE scope = 'global'
   OR (clinic_id = %s AND (scope IN ('clinic', 'upload') OR (scope = 'user' AND user_id = %s)))
ORDER BY id
FOR NO KEY UPDATE
"""


class OverBudget(Closed):
    """A call may cost more than is left of a budget. Where several are short, this is the one that resets last."""

    def __init__(self, *, budget: Budget, resets_at: datetime | None, seconds: float | None, detail: str = "") -> None:
        super().__init__(reason="over_budget", seconds=seconds)
        self.budget_id: UUID = budget.pk
        self.amount_usd = budget.amount_usd  # as it was when the call was refused
        self.scope: Scope = cast(Scope, budget.scope)
        self.period: Period = cast(Period, budget.period)
        self.resets_at = resets_at  # when the next period begins; None: it does not, or nobody knows
        self.detail = detail or f"the budget ({self.scope}, {self.period}) has no room for another call"

    def __str__(self) -> str:
        return self.detail


class PriceUnknown(OverBudget):
    """There is a budget, and nobody knows what a call costs: money that cannot be counted is not spent."""

    def __init__(self, *, budget: Budget) -> None:
        super().__init__(
            budget=budget,
            resets_at=None,
            seconds=None,
            detail="there is a budget, but the price list does not know the model: set OPENAI_INPUT_PRICE and "
            "OPENAI_OUTPUT_PRICE (US dollars for a million tokens), or remove the budget",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What was held back for a call, and on which row."""

    clinic_id: UUID
    user_id: UUID | None
    day: date  # UTC, of the call's beginning
    amount_usd: Decimal | None  # None: its price is unknown, and no budget asks


def reserve(*, job: Job, amount_usd: Decimal | None, now: datetime) -> Held:
    """Count a call of `job` that begins `now`, and hold back what it may cost; within the caller's transaction.

    `amount_usd` None: unknown. Raises OverBudget, and PriceUnknown where that is not known and a budget applies.
    """
    day = day_of(now)
    amount = None if amount_usd is None else round_reserved(amount_usd)
    budgets = _lock_budgets(job)
    if budgets:
        if amount is None:
            raise PriceUnknown(budget=budgets[0])
        _check(budgets, job=job, amount_usd=amount, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_CALL, [job.clinic_id, job.created_by_id, day, amount or _NOTHING])
    return Held(clinic_id=job.clinic_id, user_id=job.created_by_id, day=day, amount_usd=amount)


def settle(*, held: Held, cost_usd: Decimal | None, usage: Usage | None, came_back: bool, stays_held: bool) -> None:
    """Enter what a call came to on the row that it was counted on; within the caller's transaction, once a call.

    `came_back`: there was a reply. `stays_held`: nobody knows what it cost, so that what was held back stays so.
    """
    amounts = (
        _NOTHING if stays_held else held.amount_usd or _NOTHING,
        _NOTHING if cost_usd is None else round_cost(cost_usd),
        int(came_back and cost_usd is None),
        *((usage.input_tokens, usage.cached_input_tokens, usage.output_tokens) if usage else (0, 0, 0)),
    )
    if not any(amounts):
        return
    whose, user = ("user_id IS NULL", []) if held.user_id is None else ("user_id = %s", [held.user_id])
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_CALL + whose, [*amounts, held.clinic_id, held.day, *user])


def tell_refusal(*, refusal: OverBudget, now: datetime) -> None:
    """Warn that a budget is used up, once in its period; after the transaction in which it was found."""
    if isinstance(refusal, PriceUnknown):
        logger.error("No call is made: %s.", refusal)
    elif refusal.scope == "upload":
        logger.warning("Budget %s: an upload has used it up.", refusal.budget_id)
    else:
        _warn(refusal.budget_id, level=FULL, first=first_day_of(period=refusal.period, day=day_of(now)))


def was_changed(*, refusal: OverBudget) -> bool:
    """Whether the budget has another amount by now, or is gone. It stays as it is until the caller's transaction ends:
    who changes it then finds the job parked, and lets it go on."""
    there = Budget.objects.select_for_update(no_key=True).filter(pk=refusal.budget_id)
    return there.values_list("amount_usd", flat=True).first() != refusal.amount_usd


def _lock_budgets(job: Job) -> Sequence[Budget]:
    """Those that apply to calls of `job`, locked until the transaction ends. In one order, so that none waits for
    another in a circle."""
    return list(Budget.objects.raw(_LOCK_BUDGETS, [job.clinic_id, job.created_by_id]))


def _check(budgets: Sequence[Budget], *, job: Job, amount_usd: Decimal, now: datetime) -> None:
    """Raises OverBudget; warns of what is nearly used up."""
    day = day_of(now)
    states = dict(read_states(budgets=budgets, day=day))
    for budget in budgets:
        if budget.scope == Budget.Scope.UPLOAD:
            states[budget.pk] = read_upload_state(budget=budget, upload_id=job.upload_id, day=day)
    short = [budget for budget in budgets if not states[budget.pk].has_room_for(amount_usd)]
    if short:
        latest = find_latest_reset(states[budget.pk].resets_at for budget in short)
        named = next(budget for budget in short if states[budget.pk].resets_at == latest)
        pause = None if latest is None else max(0.0, (latest - now).total_seconds())
        if all(_may_soon_fit(states[budget.pk], budget, job=job, amount_usd=amount_usd) for budget in short):
            pause = min(LOOK_AGAIN_SECONDS, pause or LOOK_AGAIN_SECONDS)
        raise OverBudget(budget=named, resets_at=latest, seconds=pause)
    for budget in budgets:
        if budget.scope != Budget.Scope.UPLOAD:
            _warn_if_due(budget, states, amount_usd=amount_usd, day=day)


def _may_soon_fit(state: BudgetState, budget: Budget, *, job: Job, amount_usd: Decimal) -> bool:
    """Whether nothing but calls under way is in the way: most cost less than is held back for them."""
    under_way = sum_under_way(budget=budget, upload_id=job.upload_id)
    return state.used_usd - under_way + amount_usd <= state.amount_usd


def _warn_if_due(budget: Budget, states: Mapping[UUID, BudgetState], *, amount_usd: Decimal, day: date) -> None:
    before = states[budget.pk]
    after = BudgetState(
        amount_usd=before.amount_usd,
        spent_usd=before.spent_usd,
        reserved_usd=before.reserved_usd + amount_usd,
        resets_at=before.resets_at,
    )
    first = first_day_of(period=cast(Period, budget.period), day=day)
    told = budget.warned_percent if budget.warned_period == first else 0
    level = find_warning(percent=after.percent, told=told)
    if level is not None:
        _warn(budget.pk, level=level, first=first)


def _warn(budget_id: UUID, *, level: int, first: date) -> None:
    """Once for each level in a period, whoever comes first."""
    was_told = Q(warned_period=first, warned_percent__gte=level)
    if Budget.objects.filter(pk=budget_id).exclude(was_told).update(warned_percent=level, warned_period=first):
        words = "it has no room for another call" if level == FULL else f"{level} % of it is spent or reserved"
        transaction.on_commit(partial(logger.warning, "Budget %s: %s.", budget_id, words))
