"""Clinics and people are added at a terminal, the password never as an argument."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pennie.accounts.models import Clinic, Membership, User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clinic() -> None:
    call_command("add_clinic", "Hollow Lane", stdout=io.StringIO())


def add_user(email: str, monkeypatch: pytest.MonkeyPatch, *, password: str = PASSWORD, **options: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    call_command("add_user", email, **{"clinic": "hollow lane", "role": "vet", **options}, stdout=io.StringIO())


def test_a_person_is_added_with_the_password_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    add_user("Maren@Hollow.example", monkeypatch, name="Maren")
    membership = Membership.objects.get()
    assert (membership.user.email, membership.role, membership.clinic.name) == (
        "maren@hollow.example",
        "vet",
        "Hollow Lane",
    )
    assert membership.user.check_password(PASSWORD)
    assert not membership.user.is_superuser


def test_who_has_an_account_keeps_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory(email="maren@hollow.example")
    add_user("MAREN@hollow.example", monkeypatch, password="not-looked-at")
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"password": "short"}, "too short"),
        ({"password": ""}, "too short"),
        ({"email": "nobody"}, "valid email"),
        ({"clinic": "Nowhere"}, "no single clinic"),
    ],
)
def test_what_is_not_possible_adds_nothing(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        add_user(**{"email": "maren@hollow.example", "monkeypatch": monkeypatch, **given})
    assert not User.objects.exists()


def test_nobody_is_added_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    add_user("maren@hollow.example", monkeypatch)
    with pytest.raises(CommandError, match="Change the role in the admin"):
        add_user("maren@hollow.example", monkeypatch, role="admin")
    assert Membership.objects.get().role == "vet"


def test_no_two_clinics_have_one_name() -> None:
    with pytest.raises(CommandError, match="There is a clinic of this name"):
        call_command("add_clinic", "HOLLOW LANE")
    assert Clinic.objects.count() == 1
