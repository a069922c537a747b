"""Limits of use in the admin: who may set which, and what the form for sending files tells before anything is kept."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from documents.models import Upload
from jobs.models import Job, UseLimit
from jobs.operations.limiting import list_limits
from pennie.accounts.models import Clinic
from tests.factories import MembershipFactory, UseLimitFactory, principal_at
from tests.integration.admin.conftest import address
from tests.integration.admin.test_sending import RECORD, SEND, send

ADD = address(UseLimit, "add")


def add(client: Client, **said: Any) -> Any:
    usual = {"scope": "user", "measure": "calls_per_hour", "amount": "40"}
    return client.post(ADD, {name: value for name, value in {**usual, **said}.items() if value is not None})


def errors_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    errors: dict[str, Any] = answer.context["adminform"].form.errors
    return errors


@pytest.mark.parametrize("scope", ["user", "clinic"])
def test_an_administrator_sets_the_limits_of_their_own_clinic(
    scope: str, insider: Client, clinic: Clinic, other_clinic: Clinic
) -> None:
    answer = add(insider, scope=scope, clinic=str(other_clinic.pk))  # what the form does not offer is not heard
    assert answer.status_code == 302
    row = UseLimit.objects.get()
    assert (row.scope, row.clinic, row.user, row.amount) == (scope, clinic, None, 40)
    assert "such a limit already" in str(errors_of(add(insider, scope=scope)))


def test_an_administrator_sets_a_members_limit_and_no_strangers(
    insider: Client, clinic: Clinic, other_clinic: Clinic
) -> None:
    member, stranger = (MembershipFactory(clinic=each).user for each in (clinic, other_clinic))
    assert add(insider, user=str(member.pk)).status_code == 302
    assert UseLimit.objects.get().user == member
    assert "user" in errors_of(add(insider, user=str(stranger.pk)))
    assert "user" in errors_of(add(insider, user=str(member.pk), scope="clinic", measure="lines_per_day"))
    assert "scope" in errors_of(add(insider, scope="global"))
    assert UseLimit.objects.count() == 1


def test_an_administrator_lowers_what_the_clinic_was_given_and_does_not_raise_it(
    insider: Client, clinic: Clinic
) -> None:
    UseLimitFactory(clinic=None, scope="clinic", amount=500)
    assert "500" in str(errors_of(add(insider, scope="clinic", amount="501"))["amount"])
    assert add(insider, scope="clinic", amount="400").status_code == 302
    row = UseLimit.objects.get(clinic=clinic)
    path = address(UseLimit, "change", row.pk)
    assert "only an operator raises it" in str(errors_of(insider.post(path, {"amount": "401"}))["amount"])
    assert insider.post(path, {"amount": "300"}).status_code == 302
    row.refresh_from_db()
    assert (row.amount, row.scope, row.measure) == (300, "clinic", "calls_per_hour")
    assert insider.post(address(UseLimit, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert UseLimit.objects.filter(pk=row.pk).exists()


def test_what_an_administrator_set_for_the_clinic_does_not_outlast_an_operators_limit(
    insider: Client, operator: Client, clinic: Clinic
) -> None:
    def holds() -> int:
        (limit,) = [each for each in list_limits(principal=principal_at(clinic)) if each.scope == "clinic"]
        return limit.amount

    assert add(insider, scope="clinic", amount="1000000").status_code == 302
    row = UseLimit.objects.get()
    assert holds() == 1_000_000
    assert add(operator, scope="clinic", amount="500").status_code == 302  # each clinic's
    assert holds() == 500
    path = address(UseLimit, "change", row.pk)
    assert insider.post(path, {"amount": "400"}).status_code == 302
    assert holds() == 400
    assert operator.post(path, {"amount": "900"}).status_code == 302  # given to this clinic
    assert holds() == 900
    assert insider.post(path, {"amount": "800"}).status_code == 302
    assert holds() == 800


def test_an_administrator_takes_away_a_users_limit(insider: Client, clinic: Clinic) -> None:
    row = UseLimitFactory(clinic=clinic)
    assert insider.post(address(UseLimit, "delete", row.pk), {"post": "yes"}).status_code == 302
    assert not UseLimit.objects.exists()


def test_what_an_operator_set_for_all_is_not_an_administrators(insider: Client) -> None:
    row = UseLimitFactory(clinic=None)
    answer = insider.post(address(UseLimit, "change", row.pk), {"amount": "9"})
    assert answer.status_code in (302, 403, 404)
    row.refresh_from_db()
    assert row.amount == 50


def test_an_operator_sets_all_of_them(operator: Client, clinic: Clinic) -> None:
    member = MembershipFactory(clinic=clinic).user
    for said in (
        {"scope": "global"},
        {"scope": "clinic"},
        {"scope": "clinic", "clinic": str(clinic.pk)},
        {"scope": "user", "clinic": str(clinic.pk), "user": str(member.pk)},
        {"scope": "user", "user": str(member.pk)},
    ):
        assert add(operator, **said).status_code == 302, said
    assert UseLimit.objects.count() == 5
    assert "clinic" in errors_of(add(operator, scope="global", clinic=str(clinic.pk), measure="lines_per_day"))
    assert "user" in errors_of(add(operator, scope="global", user=str(member.pk), measure="lines_per_day"))
    assert operator.get(address(UseLimit, "changelist")).status_code == 200


def test_a_reached_limit_is_told_in_the_form_and_the_first_file_stays(
    insider: Client, clinic: Clinic, settings: Any
) -> None:
    settings.OPENAI_API_KEY = "sk-fake-0000000000000000"
    UseLimitFactory(clinic=clinic, amount=1)
    answer = send(insider, ("one.txt", RECORD), ("two.txt", RECORD + b"More.\n"), engine="auto")
    assert answer.status_code == 400
    assert "<strong>two.txt</strong>A limit of use is reached. Your limit is 1 calls" in answer.content.decode()
    assert [upload.name for upload in Upload.objects.all()] == ["one.txt"]


def test_an_estimate_tells_each_file_and_keeps_none(insider: Client, clinic: Clinic, settings: Any) -> None:
    send(insider, ("known.txt", RECORD + b"Known.\n"))
    settings.OPENAI_API_KEY = "sk-fake-0000000000000000"
    UseLimitFactory(clinic=clinic, amount=1)
    files = [
        SimpleUploadedFile(name, content)
        for name, content in (
            ("known.txt", RECORD + b"Known.\n"),
            ("one.txt", RECORD),
            ("two.txt", RECORD + b"More.\n"),
            ("empty.txt", b""),
        )
    ]
    answer = insider.post(SEND, {"records": files, "engine": "auto", "priority": "normal", "estimate": "1"})
    assert answer.status_code == 200
    rows = {row[0]: row for row in answer.context["estimates"]["rows"]}
    assert "here already" in rows["known.txt"][-1]
    assert "would be taken" in rows["one.txt"][-1]
    assert rows["one.txt"][1:5] == ["6", "1", "1", "1"]
    assert rows["one.txt"][7].startswith("$0.00")
    assert "would be refused" in rows["two.txt"][-1]  # after the first of them
    assert [each.name for each in answer.context["refused"]] == ["two.txt", "empty.txt"]
    assert Upload.objects.count() == Job.objects.count() == 1
