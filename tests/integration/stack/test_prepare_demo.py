"""`manage.py prepare_demo`: a login and a key that work, at every run."""

import json
import stat
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.test import RequestFactory

from pennie.accounts.models import ApiKey, Clinic, User


def prepare(path: Path) -> dict[str, str]:
    call_command("prepare_demo", access=path)
    access: dict[str, str] = json.loads(path.read_text())
    return access


def works(access: dict[str, str]) -> bool:
    request = RequestFactory().post("/")
    user = authenticate(request, username=access["email"], password=access["password"])
    key = ApiKey.objects.get(hash=ApiKey.hash_secret(access["api_key"]))
    return user is not None and str(key.clinic_id) == access["clinic"]


@pytest.mark.django_db
def test_login_and_key_work_and_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "demo.json"
    assert works(prepare(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.django_db
def test_done_again_it_changes_nothing(tmp_path: Path) -> None:
    first = prepare(tmp_path / "demo.json")
    assert prepare(tmp_path / "demo.json") == first
    assert (Clinic.objects.count(), User.objects.count(), ApiKey.objects.count()) == (1, 2, 1)


@pytest.mark.django_db
def test_where_the_file_is_lost_or_says_nothing_the_same_clinic_gets_new_ones(tmp_path: Path) -> None:
    first = prepare(tmp_path / "demo.json")
    (tmp_path / "demo.json").write_text("{")
    second = prepare(tmp_path / "demo.json")
    assert second["clinic"] == first["clinic"]
    assert second["password"] != first["password"]
    assert works(second)


@pytest.mark.django_db
def test_a_file_of_another_database_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    path.write_text(json.dumps({"clinic": "gone", "email": "gone@demo.example", "password": "x", "api_key": "pk_x"}))
    assert works(prepare(path))


@pytest.mark.django_db
def test_a_revoked_key_is_replaced(tmp_path: Path) -> None:
    first = prepare(tmp_path / "demo.json")
    ApiKey.objects.update(revoked_at="2026-01-01T00:00Z")
    second = prepare(tmp_path / "demo.json")
    assert second["api_key"] != first["api_key"]
    assert second["password"] == first["password"]
