"""What is read of budgets and of what was spent: the same sums for the check before a call and for people."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import cast
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from jobs.domain.budgets import BudgetState, Period, find_reset, first_day_of, next_period
from jobs.domain.retries import PERHAPS_BILLED
from jobs.models import Attempt, Budget, DailySpending

_NOTHING = Decimal(0)


def read_states(*, budgets: Iterable[Budget], day: date) -> Mapping[UUID, BudgetState]:
    """How each budget stands in its period with `day` in it: one query for all.

    Those for each upload are left out: they are as many as there are uploads, see `read_upload_state`.
    """
    asked = [budget for budget in budgets if budget.scope != Budget.Scope.UPLOAD]
    if not asked:
        return {}
    sums = {}
    for place, budget in enumerate(asked):
        concerned = _rows_of(budget) & _days_of(budget, day=day)
        sums[f"spent_{place}"] = Sum("spent_usd", filter=concerned, default=_NOTHING)
        sums[f"reserved_{place}"] = Sum("reserved_usd", filter=concerned, default=_NOTHING)
    said = DailySpending.objects.filter(_any(asked, day=day)).order_by().aggregate(**sums)
    return {
        budget.pk: _describe(budget, day=day, spent=said[f"spent_{place}"], reserved=said[f"reserved_{place}"])
        for place, budget in enumerate(asked)
    }


def read_upload_state(*, budget: Budget, upload_id: UUID, day: date) -> BudgetState:
    """How the budget for each upload stands for this one."""
    said = Attempt.objects.filter(job__upload_id=upload_id).aggregate(
        spent=Sum("cost_usd", default=_NOTHING),
        reserved=Sum(Coalesce(F("reserved_usd"), _NOTHING), default=_NOTHING, filter=Q(cost_usd=None)),
    )
    return _describe(budget, day=day, spent=said["spent"], reserved=said["reserved"])


def sum_under_way(*, budget: Budget, upload_id: UUID) -> Decimal:
    """What is held back of the budget for calls that are being made now, for those of this upload where it is for
    each."""
    calls = Attempt.objects.filter(state=Attempt.State.SENT, job__state="processing", fence=F("job__fence"))
    if budget.scope == Budget.Scope.UPLOAD:
        calls = calls.filter(job__upload_id=upload_id)
    elif budget.clinic_id is not None:
        calls = calls.filter(clinic_id=budget.clinic_id)
    if budget.user_id is not None:
        calls = calls.filter(job__created_by_id=budget.user_id)
    return Decimal(calls.aggregate(held=Sum("reserved_usd", default=_NOTHING))["held"])


def find_unknown_outcomes(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Calls that may have cost something that nobody told: cut off by a crash, or broken off after they were sent.

    What was reserved for them stays held back in the budgets of their day.
    """
    has_gone_on = ~Q(job__state="processing") | Q(fence__lt=F("job__fence"))
    return attempts.filter(
        (Q(state=Attempt.State.SENT) & has_gone_on) | Q(state=Attempt.State.FAILED, failure__in=PERHAPS_BILLED)
    )


def _describe(budget: Budget, *, day: date, spent: Decimal, reserved: Decimal) -> BudgetState:
    return BudgetState(
        amount_usd=budget.amount_usd,
        spent_usd=spent,
        reserved_usd=reserved,
        resets_at=find_reset(period=cast(Period, budget.period), day=day),
    )


def _rows_of(budget: Budget) -> Q:
    if budget.scope == Budget.Scope.GLOBAL:
        return Q()
    if budget.scope == Budget.Scope.CLINIC:
        return Q(clinic_id=budget.clinic_id)
    return Q(clinic_id=budget.clinic_id, user_id=budget.user_id)


def _days_of(budget: Budget, *, day: date) -> Q:
    period = cast(Period, budget.period)
    return Q(day__gte=first_day_of(period=period, day=day), day__lt=next_period(period=period, day=day))


def _any(budgets: Sequence[Budget], *, day: date) -> Q:
    """No more rows than are needed: by clinic where no budget is for all of them."""
    longest = max(budgets, key=lambda budget: budget.period == Budget.Period.MONTH)
    rows = _days_of(longest, day=day)
    if all(budget.scope != Budget.Scope.GLOBAL for budget in budgets):
        rows &= Q(clinic_id__in={budget.clinic_id for budget in budgets})
    return rows
