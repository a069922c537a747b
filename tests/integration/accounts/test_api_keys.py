"""Keys of machines: made once, listed without their secret, revoked, never wider than their maker."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from pennie.accounts.models import ApiKey, Clinic, Membership
from pennie.accounts.operations import ScopesTooWide, make_key
from pennie.accounts.tokens import issue_tokens
from tests.factories import ApiKeyFactory, MembershipFactory, principal_at

KEYS = "/api/v1/auth/api-keys/"
ME = "/api/v1/auth/me/"


def client_with(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def administrator(clinic: Clinic) -> APIClient:
    """A person who signed in; keys are made by nobody else."""
    return client_with(issue_tokens(membership=MembershipFactory(clinic=clinic, role="admin")).access)


def make(api: APIClient, **said: Any) -> Any:
    return api.post(KEYS, {"name": "practice system", "scopes": ["uploads:write", "uploads:read"], **said})


def test_a_key_is_made_tells_its_secret_once_and_opens_what_its_scopes_say(administrator: APIClient) -> None:
    made = make(administrator)
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    assert made.data["secret"].startswith(made.data["prefix"])
    me = client_with(made.data["secret"]).get(ME).data
    assert me["scopes"] == ["uploads:read", "uploads:write"]
    assert me["api_key"] == made.data["id"]
    listed = administrator.get(KEYS)
    assert made.data["id"] in [each["id"] for each in listed.data["results"]]
    assert made.data["secret"] not in listed.content.decode()
    assert not ApiKey.objects.filter(hash=made.data["secret"]).exists()


def test_a_revoked_key_opens_nothing_and_stays_listed(administrator: APIClient) -> None:
    made = make(administrator).data
    assert administrator.delete(f"{KEYS}{made['id']}/").status_code == 204
    first = ApiKey.objects.get(pk=made["id"]).revoked_at
    assert administrator.delete(f"{KEYS}{made['id']}/").status_code == 204
    assert ApiKey.objects.get(pk=made["id"]).revoked_at == first
    assert client_with(made["secret"]).get(ME).status_code == 401


def test_a_key_gives_no_more_than_its_maker_has(clinic: Clinic) -> None:
    maker = replace(principal_at(clinic, role="admin"), scopes=frozenset({"keys:write", "uploads:read"}))
    named = {"principal": maker, "name": "practice system", "expires_at": None, "now": timezone.now()}
    with pytest.raises(ScopesTooWide, match="documents:read, uploads:purge"):
        make_key(**named, scopes=["uploads:read", "uploads:purge", "documents:read"])
    assert make_key(**named, scopes=["uploads:read"]).key.scopes == ["uploads:read"]


def test_a_key_makes_no_key_so_that_none_is_left_when_it_is_revoked(api: APIClient) -> None:
    before = ApiKey.objects.count()
    refused = make(api)
    assert (refused.status_code, refused.json()["code"]) == (403, "key_makes_no_key")
    assert "/api/v1/auth/token/" in refused.json()["detail"]
    assert ApiKey.objects.count() == before


def test_a_key_loses_what_its_user_may_no_longer_do(administrator: APIClient) -> None:
    made = make(administrator, scopes=["uploads:read", "uploads:purge"]).data
    Membership.objects.filter(user=made["user"]["id"]).update(role="vet")
    assert client_with(made["secret"]).get(ME).data["scopes"] == ["uploads:read"]
    Membership.objects.filter(user=made["user"]["id"]).delete()
    assert client_with(made["secret"]).get(ME).status_code == 401


def test_a_key_ends_at_its_time(administrator: APIClient) -> None:
    made = make(administrator, expires_at=(timezone.now() + timedelta(hours=1)).isoformat()).data
    assert client_with(made["secret"]).get(ME).status_code == 200
    ApiKey.objects.filter(pk=made["id"]).update(expires_at=timezone.now())
    assert client_with(made["secret"]).get(ME).status_code == 401


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["everything"]}, "/scopes/0"),
        ({"expires_at": "soon"}, "/expires_at"),
    ],
)
def test_what_does_not_validate_is_named(administrator: APIClient, said: dict[str, Any], pointer: str) -> None:
    before = ApiKey.objects.count()
    answer = make(administrator, **said)
    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert ApiKey.objects.count() == before


def test_a_past_end_is_refused(administrator: APIClient) -> None:
    assert make(administrator, expires_at="2020-01-01T00:00:00Z").json()["code"] == "expiry_unfit"


def test_the_list_takes_the_same_queries_however_long_it_is(
    api: APIClient, clinic: Clinic, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api.get(KEYS)  # the key's last use is written
    ApiKeyFactory.create_batch(5, clinic=clinic)
    with django_assert_num_queries(2):  # the caller's key, the page
        assert len(api.get(KEYS).data["results"]) == 6
