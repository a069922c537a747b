"""Signing in by the API: tokens, renewal, and lockout."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.cache import caches
from django.db import connections
from django.db.models import F
from django.test import Client, override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from pennie.accounts.models import ApiKey, Clinic, Membership
from pennie.accounts.tokens import issue_tokens
from tests.factories import PASSWORD, ApiKeyFactory, ClinicFactory, MembershipFactory

TOKEN = "/api/v1/auth/token/"
REFRESH = "/api/v1/auth/token/refresh/"
REVOKE = "/api/v1/auth/token/revoke/"
ME = "/api/v1/auth/me/"


@pytest.fixture
def member(clinic: Clinic) -> Membership:
    made: Membership = MembershipFactory(clinic=clinic, user__email="maren@hollow.example")
    return made


def sign_in(*, email: str = "maren@hollow.example", password: str = PASSWORD, **more: Any) -> Any:
    address = more.pop("address", "203.0.113.7")
    return APIClient(REMOTE_ADDR=address).post(TOKEN, {"email": email, "password": password, **more})


def who_is(access: str) -> Any:
    return APIClient().get(ME, headers={"Authorization": f"Bearer {access}"})


def test_a_member_signs_in_and_is_told_who_they_are(member: Membership) -> None:
    answer = sign_in(email="Maren@Hollow.EXAMPLE")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.data["expires_in"] == 900
    assert answer.data["clinic"] == {"id": str(member.clinic_id), "name": member.clinic.name}
    me = who_is(answer.data["access"])
    assert me.status_code == 200
    assert me.data["user"] == {"id": str(member.user_id), "email": "maren@hollow.example", "name": member.user.name}
    assert (me.data["role"], me.data["api_key"]) == ("vet", None)
    assert "documents:write" in me.data["scopes"]
    assert "uploads:purge" not in me.data["scopes"]


def test_who_works_in_several_clinics_names_one(member: Membership) -> None:
    other = MembershipFactory(user=member.user, role="assistant").clinic
    unnamed = sign_in()
    assert unnamed.status_code == 400
    problem = unnamed.json()
    assert problem["code"] == "clinic_required"
    assert {each["id"] for each in problem["clinics"]} == {str(member.clinic_id), str(other.pk)}
    named = sign_in(clinic=str(other.pk))
    assert named.data["clinic"]["id"] == str(other.pk)
    assert who_is(named.data["access"]).data["role"] == "assistant"


def test_another_clinic_than_ones_own_is_refused_and_nothing_is_told_of_it(member: Membership) -> None:
    foreign = ClinicFactory()
    answer = sign_in(clinic=str(foreign.pk))
    assert answer.status_code == 400
    assert [each["id"] for each in answer.json()["clinics"]] == [str(member.clinic_id)]


def test_a_wrong_password_an_unknown_account_and_a_switched_off_one_are_told_alike(member: Membership) -> None:
    member.user.is_active = False
    member.user.save(update_fields=["is_active"])
    MembershipFactory(user__email="tove@hollow.example")
    answers = [
        sign_in(),
        sign_in(email="nobody@hollow.example"),
        sign_in(email="tove@hollow.example", password="wrong"),
        sign_in(email="tove@hollow.example", password="wrong", clinic=str(member.clinic_id)),
    ]
    assert {answer.status_code for answer in answers} == {401}
    told = [{name: said for name, said in answer.json().items() if name != "request_id"} for answer in answers]
    assert told == [told[0]] * 4
    assert told[0]["code"] == "sign_in_failed"


def test_a_member_of_no_clinic_is_told_so(member: Membership) -> None:
    member.delete()
    assert sign_in().json()["code"] == "no_clinic"


def test_an_operator_has_no_clinic_by_any_road(member: Membership) -> None:
    made, secret = sign_in().data, ApiKey.make_secret()
    ApiKeyFactory(clinic=member.clinic, user=member.user, secret=secret)
    session = Client()
    session.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    assert [who_is(secret).status_code, session.get(ME).status_code] == [200, 200]
    type(member.user).objects.filter(pk=member.user_id).update(is_superuser=True)
    assert sign_in().json()["code"] == "no_clinic"
    assert [who_is(said).status_code for said in (made["access"], secret)] == [401, 401]
    assert session.get(ME).status_code == 401
    assert APIClient().post(REFRESH, {"refresh": made["refresh"]}).status_code == 401


@pytest.mark.parametrize("email", ["maren@hollow.example", "nobody@hollow.example"])
def test_five_failures_lock_account_and_address_whether_the_account_exists_or_not(
    member: Membership, email: str
) -> None:
    spellings = [email, email.upper(), email.title(), f" {email}", email]
    answers = [sign_in(email=spelling, password="wrong") for spelling in spellings]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    locked = sign_in(email=email)
    assert locked.status_code == 429
    assert locked["Content-Type"] == "application/problem+json"
    assert locked.json()["code"] == "locked_out"
    assert 890 < int(locked["Retry-After"]) <= 900
    assert email not in locked.content.decode()


def test_others_and_other_addresses_are_not_locked_out(member: Membership) -> None:
    MembershipFactory(user__email="tove@hollow.example")
    for _ in range(5):
        sign_in(password="wrong")
    assert sign_in(email="tove@hollow.example").status_code == 200
    assert sign_in(address="203.0.113.8").status_code == 200
    assert sign_in().status_code == 429


def test_the_lockout_ends_by_itself_and_trying_meanwhile_does_not_prolong_it(member: Membership) -> None:
    for _ in range(5):
        sign_in(password="wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=10))
    meanwhile = sign_in()
    assert meanwhile.status_code == 429
    assert 290 < int(meanwhile["Retry-After"]) <= 300
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=5, seconds=1))
    assert sign_in().status_code == 200


def test_a_right_password_clears_the_count(member: Membership) -> None:
    for _ in range(2):
        assert [sign_in(password="wrong").status_code for _ in range(4)] == [401] * 4
        assert sign_in().status_code == 200


def test_the_addresses_of_one_ipv6_network_count_as_one(member: Membership) -> None:
    answers = [sign_in(password="wrong", address=f"2001:db8:1:2::{n}").status_code for n in range(1, 6)]
    assert answers[-1] == 429
    assert sign_in(address="2001:db8:1:3::1").status_code == 200


@override_settings(TRUSTED_PROXIES=1)
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(member: Membership) -> None:
    def try_from(forwarded: str) -> int:
        client = APIClient(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
        status: int = client.post(TOKEN, {"email": "maren@hollow.example", "password": "wrong"}).status_code
        return status

    invented = [try_from(f"198.51.100.{n}, 203.0.113.7") for n in range(5)]
    assert invented == [401, 401, 401, 401, 429]
    assert try_from("203.0.113.9") == 401


@pytest.fixture
def _no_redis(settings: Any) -> Iterator[None]:
    away = {
        name: {**cache, "LOCATION": "redis://127.0.0.1:1/0"} for name, cache in settings.CACHES.items()
    }  # nothing listens there
    settings.CACHES = away
    yield
    caches.close_all()


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_redis")
def test_signing_in_and_lockout_work_without_redis() -> None:
    MembershipFactory(user__email="maren@hollow.example")
    assert sign_in().status_code == 200
    assert [sign_in(password="wrong").status_code for _ in range(5)][-1] == 429
    assert sign_in().status_code == 429


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "maren@hollow.example"},
        {"email": "a" * 300, "password": PASSWORD},
        {"email": "maren@hollow.example", "password": PASSWORD, "clinic": "not-an-id"},
        ["maren@hollow.example"],
    ],
)
def test_a_request_that_is_none_is_refused_with_the_member_that_is_wrong(stored: None, body: Any) -> None:
    answer = APIClient().post(TOKEN, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"


def test_an_access_token_that_is_none_is_refused_with_the_cure(stored: None) -> None:
    refused = who_is("eyJhbGciOiJIUzI1NiJ9.e30.xx")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_not_valid")
    assert "POST /api/v1/auth/token/refresh/" in refused.json()["detail"]


def test_a_refresh_token_is_good_for_one_renewal_and_keeps_the_clinic(member: Membership) -> None:
    MembershipFactory(user=member.user)
    first = sign_in(clinic=str(member.clinic_id)).data
    second = APIClient().post(REFRESH, {"refresh": first["refresh"]})
    assert second.status_code == 200
    assert second.data["clinic"]["id"] == str(member.clinic_id)
    assert who_is(second.data["access"]).data["clinic"]["id"] == str(member.clinic_id)
    again = APIClient().post(REFRESH, {"refresh": first["refresh"]})
    assert (again.status_code, again.json()["code"]) == (401, "token_not_valid")
    assert APIClient().post(REFRESH, {"refresh": second.data["refresh"]}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_renewals_at_once_by_one_token_one_succeeds() -> None:
    refresh = issue_tokens(membership=MembershipFactory()).refresh
    together, statuses = Barrier(4), []

    def renew() -> None:
        together.wait(timeout=20)
        statuses.append(APIClient().post(REFRESH, {"refresh": refresh}).status_code)
        connections.close_all()

    threads = [Thread(target=renew) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(statuses) == [200, 401, 401, 401]


def test_a_revoked_refresh_token_opens_nothing(member: Membership) -> None:
    refresh = sign_in().data["refresh"]
    assert APIClient().post(REVOKE, {"refresh": refresh}).status_code == 204
    assert APIClient().post(REFRESH, {"refresh": refresh}).status_code == 401
    assert APIClient().post(REVOKE, {"refresh": refresh}).status_code == 401


def test_an_access_token_does_not_renew_and_a_refresh_token_does_not_call(member: Membership) -> None:
    made = sign_in().data
    assert APIClient().post(REFRESH, {"refresh": made["access"]}).status_code == 401
    assert who_is(made["refresh"]).status_code == 401


@pytest.mark.parametrize("ending", ["membership", "user", "password"])
def test_a_token_ends_with_membership_user_and_password(member: Membership, ending: str) -> None:
    made = sign_in().data
    if ending == "membership":
        member.delete()
    elif ending == "user":
        type(member.user).objects.filter(pk=member.user_id).update(is_active=False)
    else:
        member.user.set_password("another-invented-one-9")
        member.user.save(update_fields=["password"])
    assert who_is(made["access"]).status_code == 401
    assert APIClient().post(REFRESH, {"refresh": made["refresh"]}).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer a b", "Bearer x.y.z", "Bearer é", "Bearer pk_unknown", "Basic eDp5", "pk_bare"]
)
def test_credentials_that_are_none_are_answered_401_with_the_scheme(stored: None, header: str) -> None:
    answer = APIClient().get(ME, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"


LOGIN = "/admin/login/"


def open_admin(*, password: str = PASSWORD, address: str = "203.0.113.7", email: str = "maren@hollow.example") -> Any:
    return Client(REMOTE_ADDR=address).post(LOGIN, {"username": email, "password": password, "next": "/admin/"})


def test_five_failures_lock_the_admin_for_account_and_address_with_a_page_for_people(member: Membership) -> None:
    assert [open_admin(password="wrong").status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    locked = open_admin(email="MAREN@hollow.example")
    assert locked.status_code == 429
    assert locked["Content-Type"].startswith("text/html")
    assert 890 < int(locked["Retry-After"]) <= 900
    page = locked.content.decode()
    assert "Wait 15 minutes" in page
    assert "maren" not in page.lower()
    assert open_admin(address="203.0.113.8").status_code == 302


def test_failures_by_the_api_and_in_the_admin_count_together(member: Membership) -> None:
    assert [sign_in(password="wrong").status_code for _ in range(3)] == [401] * 3
    assert [open_admin(password="wrong").status_code for _ in range(2)] == [200, 429]
    assert sign_in().status_code == 429


def test_what_is_kept_of_a_failure_holds_no_password(member: Membership) -> None:
    open_admin(password="nearly-the-right-one")
    sign_in(password="nearly-the-right-one")
    kept = [str(value) for row in AccessAttempt.objects.values() for value in row.values()]
    assert kept
    assert not any("nearly-the-right-one" in said for said in kept)
