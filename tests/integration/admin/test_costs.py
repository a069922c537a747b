"""The page of costs: an administrator sees their clinic's, an operator all clinics' figures and no name of a file."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.domain.costs import GROUPINGS
from jobs.models import Attempt
from pennie.accounts.models import Clinic
from tests.factories import UserFactory
from tests.integration.admin.conftest import MARK, make_upload, member_of, sign_in

COST = Decimal("7.77")


@pytest.fixture
def page() -> str:
    return reverse("costs")


def spend(clinic: Clinic) -> Any:
    upload = make_upload(clinic)
    Attempt.objects.filter(job__upload=upload).update(state="settled", cost_usd=COST, model="gpt-6-luna")
    return upload


@pytest.mark.parametrize("by", GROUPINGS)
def test_an_administrator_sees_what_their_clinic_spent(by: str, clinic: Clinic, insider: Client, page: str) -> None:
    upload = spend(clinic)
    words = insider.get(page, {"by": by}).content.decode()
    assert "$7.77" in words
    assert reverse("admin:documents_upload_change", args=(upload.pk,)) in words
    assert page in insider.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("by", GROUPINGS)
def test_a_stranger_sees_nothing_of_it(by: str, clinic: Clinic, stranger: Client, page: str) -> None:
    upload = spend(clinic)
    words = stranger.get(page, {"by": by}).content.decode()
    assert MARK not in words
    assert "7.77" not in words
    assert str(upload.pk) not in words
    assert "No call to the model was made" in words


@pytest.mark.parametrize("by", GROUPINGS)
def test_an_operator_sees_all_figures_and_no_name_of_a_file(
    by: str, clinic: Clinic, operator: Client, page: str
) -> None:
    spend(clinic)
    words = operator.get(page, {"by": by}).content.decode()
    assert "$7.77" in words
    assert clinic.name in words
    assert MARK not in words
    assert page in operator.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("role", ["vet", "assistant", "integration"])
def test_who_does_not_administer_the_clinic_is_refused(role: str, clinic: Clinic, page: str) -> None:
    client = member_of(clinic, role=role)
    assert client.get(page).status_code == 403
    assert page not in client.get(reverse("admin:index")).content.decode()


def test_whoever_is_in_no_clinic_or_not_signed_in_is_refused(clinic: Clinic, page: str) -> None:
    assert sign_in(UserFactory()).get(page).status_code == 403
    assert Client().get(page).status_code == 302


def test_days_that_cannot_be_are_told_and_this_month_is_shown(clinic: Clinic, insider: Client, page: str) -> None:
    spend(clinic)
    answer = insider.get(page, {"since": "soon", "by": "moon"})
    assert "This is no day as YYYY-MM-DD." in answer.content.decode()
    assert "$7.77" in answer.content.decode()


def test_the_page_asks_the_database_a_fixed_number_of_times(clinic: Clinic, insider: Client, page: str) -> None:
    def count(by: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert insider.get(page, {"by": by}).status_code == 200
        return len(queries)

    spend(clinic)
    few = {by: count(by) for by in GROUPINGS}
    for _ in range(4):
        spend(clinic)
    assert {by: count(by) for by in GROUPINGS} == few
