"""Budgets in the admin: operators set all of them, a clinic's administrators those of their clinic."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from jobs.domain.budgets import day_of
from jobs.models import Attempt, Budget, DailySpending
from pennie.accounts.models import Clinic
from tests.factories import AttemptFactory, BudgetFactory, JobFactory, MembershipFactory, UploadFactory
from tests.integration.admin.conftest import address, member_of

LIST = address(Budget, "changelist")
ADD = address(Budget, "add")
MONTH = {"scope": "clinic", "period": "month", "amount_usd": "50"}


def errors_of(answer: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = answer.context["adminform"].form.errors  # type: ignore[attr-defined]
    return found


def test_an_administrator_sets_changes_and_removes_a_budget(insider: Client, clinic: Clinic) -> None:
    assert insider.post(ADD, MONTH).status_code == 302
    budget = Budget.objects.get()
    assert (budget.clinic, budget.amount_usd) == (clinic, Decimal(50))
    page = address(Budget, "change", budget.pk)
    assert insider.post(page, {"amount_usd": "80", "scope": "global"}).status_code == 302
    budget.refresh_from_db()
    assert (budget.scope, budget.amount_usd) == ("clinic", Decimal(80))
    assert insider.post(address(Budget, "delete", budget.pk), {"post": "yes"}).status_code == 302
    assert not Budget.objects.exists()


def test_the_list_tells_what_is_used_and_left(insider: Client, clinic: Clinic) -> None:
    BudgetFactory(clinic=clinic, amount_usd=10)
    DailySpending.objects.create(clinic=clinic, day=day_of(timezone.now()), spent_usd=8, reserved_usd="0.5")
    words = insider.get(LIST).content.decode()
    for shown in ("$8.5000", "$1.5000", "85 %"):
        assert shown in words


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"scope": "global"}, "scope"),  # no choice of theirs
        ({"scope": "user"}, "user"),
        ({"scope": "upload"}, "period"),
        ({"period": "ever"}, "period"),
        ({"amount_usd": "-1"}, "__all__"),
    ],
)
def test_what_cannot_be_is_an_error_of_the_form(said: dict[str, str], field: str, insider: Client) -> None:
    answer = insider.post(ADD, {**MONTH, **said})
    assert answer.status_code == 200
    assert field in errors_of(answer)
    assert not Budget.objects.exists()
    assert "onstraint" not in str(errors_of(answer))  # a sentence for people, no name of ours


def test_the_same_budget_twice_is_refused(insider: Client, clinic: Clinic) -> None:
    BudgetFactory(clinic=clinic)
    answer = insider.post(ADD, MONTH)
    assert "such a budget already" in str(errors_of(answer))


def test_another_clinics_user_cannot_be_chosen(insider: Client, other_clinic: Clinic) -> None:
    stranger = MembershipFactory(clinic=other_clinic).user
    answer = insider.post(ADD, {"scope": "user", "user": str(stranger.pk), "period": "day", "amount_usd": "1"})
    assert "user" in errors_of(answer)


@pytest.mark.parametrize("role", ["vet", "assistant", "integration"])
def test_other_members_have_nothing_to_do_with_budgets(role: str, clinic: Clinic) -> None:
    assert member_of(clinic, role=role).get(LIST).status_code == 403


def test_an_operator_sets_budgets_for_all_and_for_any_clinic(operator: Client, clinic: Clinic) -> None:
    assert operator.post(ADD, {"scope": "global", "period": "day", "amount_usd": "9"}).status_code == 302
    assert operator.post(ADD, {**MONTH, "clinic": str(clinic.pk)}).status_code == 302
    user = MembershipFactory(clinic=clinic).user
    of_user = {"scope": "user", "clinic": str(clinic.pk), "user": str(user.pk), "period": "day", "amount_usd": "1"}
    assert operator.post(ADD, of_user).status_code == 302
    assert list(Budget.objects.order_by("id").values_list("scope", flat=True)) == ["global", "clinic", "user"]
    assert len(operator.get(LIST).context["cl"].result_list) == 3


def test_an_operator_is_told_that_a_user_is_not_of_the_clinic(
    operator: Client, clinic: Clinic, other_clinic: Clinic
) -> None:
    user = MembershipFactory(clinic=other_clinic).user
    said = {"scope": "user", "clinic": str(clinic.pk), "user": str(user.pk), "period": "day", "amount_usd": "1"}
    assert "no such user in the clinic" in str(errors_of(operator.post(ADD, said)))
    assert "clinic" in errors_of(operator.post(ADD, MONTH))


def test_an_administrator_does_not_see_the_global_budget(insider: Client) -> None:
    budget = BudgetFactory(scope="global", clinic=None)
    assert list(insider.get(LIST).context["cl"].result_list) == []
    assert insider.get(address(Budget, "change", budget.pk)).status_code == 302


def test_calls_of_unknown_outcome_can_be_looked_for(insider: Client, clinic: Clinic) -> None:
    job = JobFactory(upload=UploadFactory(clinic=clinic), state="completed")
    lost = AttemptFactory(job=job, state="sent", reserved_usd="0.003")
    timed_out = AttemptFactory(job=job, state="failed", failure="timeout", reserved_usd="0.003")
    AttemptFactory(job=job, state="failed", failure="rate_limited")
    AttemptFactory(job=job, state="settled", cost_usd="0.001")
    rows = insider.get(address(Attempt, "changelist") + "?outcome=unknown").context["cl"].result_list
    assert {row.pk for row in rows} == {lost.pk, timed_out.pk}
    assert "$0.003000" in insider.get(address(Attempt, "change", lost.pk)).content.decode()
