"""What people decide about budgets. Work that waits for money is looked at again as soon as there may be some."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from jobs.domain.budgets import Period, Scope, find_misfits
from jobs.models import Budget, Job
from pennie.accounts.models import Membership
from pennie.lib.refusals import Missing, Refusal


class BudgetUnfit(Refusal):
    """`misfits` names each member that cannot be, with the cure."""

    def __init__(self, misfits: Mapping[str, str]) -> None:
        errors = [{"pointer": f"/{member}", "code": "budget_unfit", "detail": cure} for member, cure in misfits.items()]
        super().__init__(
            "budget_unfit",
            title="There is no such budget",
            detail=" ".join(f"{member}: {cure}" for member, cure in misfits.items()),
            status=422,
            extra={"errors": errors},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetSet:
    budget: Budget
    is_new: bool  # else there was one already, and its amount was changed


def set_budget(
    *,
    scope: Scope,
    period: Period,
    amount_usd: Decimal,
    now: datetime,
    clinic_id: UUID | None = None,
    user_id: UUID | None = None,
) -> BudgetSet:
    """From now on no more than that is spent in a period. The caller has seen to it that it may say so for `clinic_id`.

    Raises BudgetUnfit, and Missing where one that was there was removed at that moment.
    """
    whose: dict[str, Any] = {"clinic_id": clinic_id, "user_id": user_id}
    misfits = find_misfits(scope=scope, period=period, has_clinic=clinic_id is not None, has_user=user_id is not None)
    if not misfits and user_id is not None and not Membership.objects.filter(**whose).exists():
        misfits = {"user": "There is no such user in the clinic. Send the id of a member."}
    if misfits:
        raise BudgetUnfit(misfits)
    budget, is_new = Budget.objects.get_or_create(
        scope=scope,
        period=period,
        **whose,
        defaults={"amount_usd": amount_usd, "created_at": now, "updated_at": now},
    )
    if not is_new:
        change_amount(budget=budget, amount_usd=amount_usd, now=now)
    return BudgetSet(budget=budget, is_new=is_new)


def change_amount(*, budget: Budget, amount_usd: Decimal, now: datetime) -> None:
    """Raise or lower it. Warnings are told anew, by the new amount. Raises Missing where it was removed meanwhile."""
    changes = {"amount_usd": amount_usd, "updated_at": now, "warned_percent": 0, "warned_period": None}
    if not Budget.objects.filter(pk=budget.pk).update(**changes):
        raise Missing("budget")
    for name, value in changes.items():
        setattr(budget, name, value)
    transaction.on_commit(partial(_look_again, budget))


def remove_budget(*, budget: Budget) -> None:
    """Nothing limits this any more. What was spent stays counted."""
    Budget.objects.filter(pk=budget.pk).delete()
    transaction.on_commit(partial(_look_again, budget))


def _look_again(budget: Budget) -> None:
    """The jobs that wait for money of this budget, or of another: they are due now, and wait again if there is none.

    In no transaction that has locked a budget: whoever works on a job locks the job first.
    """
    whose = Q()
    if budget.clinic_id is not None:
        whose &= Q(clinic_id=budget.clinic_id)
    if budget.user_id is not None:
        whose &= Q(created_by_id=budget.user_id)
    Job.objects.filter(whose, state="parked", parked_for="over_budget").update(due_at=Now())
