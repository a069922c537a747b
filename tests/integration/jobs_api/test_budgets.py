"""Budgets by API: a clinic's administrators set them and see what is left."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.domain.budgets import day_of, find_reset
from jobs.models import Budget, DailySpending, Job
from jobs.operations import budgeting
from pennie.accounts.models import Clinic
from tests.conftest import client_of
from tests.counting import count_queries
from tests.factories import BudgetFactory, JobFactory, MembershipFactory, UploadFactory

BUDGETS = "/api/v1/budgets/"
MONTH = {"scope": "clinic", "period": "month", "amount_usd": "50"}


def spend(clinic: Clinic, *, spent: str = "0", reserved: str = "0", **more: Any) -> None:
    day = day_of(timezone.now())
    DailySpending.objects.create(clinic=clinic, day=day, spent_usd=spent, reserved_usd=reserved, **more)


def test_a_budget_is_set_raised_and_removed(api: APIClient, clinic: Clinic) -> None:
    made = api.post(BUDGETS, MONTH, format="json")
    assert made.status_code == 201
    spend(clinic, spent="10", reserved="2.5")
    url = made.json()["links"]["self"]
    said = api.get(url).json()
    assert (said["amount_usd"], said["spent_usd"], said["reserved_usd"]) == ("50.0000", "10.00000000", "2.50000000")
    assert (said["used_usd"], said["left_usd"], said["percent"]) == ("12.50000000", "37.50000000", 25)
    reset = find_reset(period="month", day=day_of(timezone.now()))
    assert reset is not None
    assert said["resets_at"] == reset.isoformat().replace("+00:00", "Z")
    assert api.patch(url, {"amount_usd": "25"}, format="json").json()["percent"] == 50
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


def test_the_same_budget_set_again_is_given_the_new_amount(api: APIClient) -> None:
    first = api.post(BUDGETS, MONTH, format="json")
    again = api.post(BUDGETS, {**MONTH, "amount_usd": "80"}, format="json")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert Budget.objects.get().amount_usd == 80


def test_a_users_and_each_uploads_budget(api: APIClient, clinic: Clinic) -> None:
    user = MembershipFactory(clinic=clinic).user
    of_user = {"scope": "user", "user": str(user.pk), "period": "day", "amount_usd": "1"}
    assert api.post(BUDGETS, of_user, format="json").json()["user"] == str(user.pk)
    of_uploads = api.post(BUDGETS, {"scope": "upload", "period": "ever", "amount_usd": "0.25"}, format="json").json()
    assert {of_uploads[name] for name in ("spent_usd", "reserved_usd", "used_usd", "left_usd", "percent")} == {None}


@pytest.mark.parametrize(
    ("said", "status", "pointer"),
    [
        ({"scope": "global"}, 400, "/scope"),
        ({"amount_usd": "-1"}, 400, "/amount_usd"),
        ({"amount_usd": "much"}, 400, "/amount_usd"),
        ({"amount_usd": "0.00001"}, 400, "/amount_usd"),
        ({"period": "week"}, 400, "/period"),
        ({"period": "ever"}, 422, "/period"),
        ({"scope": "upload"}, 422, "/period"),
        ({"scope": "user"}, 422, "/user"),
        ({"scope": "user", "user": "01983a5e-0000-7000-8000-000000000001"}, 422, "/user"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    said: dict[str, str], status: int, pointer: str, api: APIClient
) -> None:
    answer = api.post(BUDGETS, {**MONTH, **said}, format="json")
    assert answer.status_code == status
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]
    assert not Budget.objects.exists()


def test_a_user_of_another_clinic_is_no_user_here(api: APIClient, other_clinic: Clinic) -> None:
    stranger = MembershipFactory(clinic=other_clinic).user
    said = {"scope": "user", "user": str(stranger.pk), "period": "day", "amount_usd": "1"}
    assert api.post(BUDGETS, said, format="json").json()["code"] == "budget_unfit"


def test_nobody_sees_the_global_budget_or_another_clinics_figures(
    api: APIClient, clinic: Clinic, other_clinic: Clinic
) -> None:
    both = BudgetFactory(scope="global", clinic=None, amount_usd=100)
    BudgetFactory(clinic=other_clinic)
    ours = BudgetFactory(clinic=clinic, amount_usd=10)
    spend(other_clinic, spent="9")
    spend(clinic, spent="1")
    (said,) = api.get(BUDGETS).json()["results"]
    assert (said["id"], said["used_usd"]) == (str(ours.pk), "1.00000000")
    for method in (api.get, api.patch, api.delete):
        assert method(f"{BUDGETS}{both.pk}/").status_code == 404


def test_only_administrators_have_to_do_with_budgets(clinic: Clinic) -> None:
    from pennie.accounts.rights import SCOPES_OF_ROLE

    having = {role for role, scopes in SCOPES_OF_ROLE.items() if scopes & {"budgets:read", "budgets:write"}}
    assert having == {"admin"}
    reader = client_of(clinic, scopes=["budgets:read"])
    assert reader.get(BUDGETS).status_code == 200
    assert reader.post(BUDGETS, MONTH, format="json").status_code == 403


def test_a_budget_that_is_removed_while_it_is_changed_is_not_there(
    api: APIClient, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = BudgetFactory(clinic=clinic)
    change = budgeting.change_amount

    def remove_first(**given: Any) -> None:
        Budget.objects.all().delete()
        change(**given)

    monkeypatch.setattr(budgeting, "change_amount", remove_first)
    answer = api.patch(f"{BUDGETS}{budget.pk}/", {"amount_usd": "5"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Budget.objects.exists()


def test_a_list_asks_as_often_for_nine_budgets_as_for_one(api: APIClient, clinic: Clinic) -> None:
    BudgetFactory(clinic=clinic)
    spend(clinic, spent="1")
    before = count_queries(api, BUDGETS)
    for _ in range(8):
        BudgetFactory(clinic=clinic, scope="user", user=MembershipFactory(clinic=clinic).user)
    assert count_queries(api, BUDGETS) == before == 2


@pytest.mark.parametrize("change", ["raise", "remove"])
def test_jobs_that_wait_for_money_are_due_at_once(
    change: str,
    api: APIClient,
    clinic: Clinic,
    other_clinic: Clinic,
    django_capture_on_commit_callbacks: Any,
) -> None:
    later = timezone.now() + timedelta(days=3)
    waits = {"state": "parked", "due_at": later}
    poor = JobFactory(upload=UploadFactory(clinic=clinic), parked_for="over_budget", **waits)
    others = [
        JobFactory(upload=UploadFactory(clinic=clinic), parked_for="model_away", **waits),
        JobFactory(upload=UploadFactory(clinic=other_clinic), parked_for="over_budget", **waits),
    ]
    url = f"{BUDGETS}{BudgetFactory(clinic=clinic, amount_usd=Decimal('0.01')).pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        api.patch(url, {"amount_usd": "5"}, format="json") if change == "raise" else api.delete(url)
    poor.refresh_from_db()
    assert poor.due_at <= timezone.now()
    assert {Job.objects.get(pk=each.pk).due_at for each in others} == {later}
