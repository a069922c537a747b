"""Members, users and keys: who may make them, and what is shown once."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from pennie.accounts.models import ApiKey, Clinic, Membership, User
from tests.factories import PASSWORD, ApiKeyFactory, MembershipFactory, UserFactory
from tests.integration.admin.conftest import address, member_of, user_of

INVITE = address(Membership, "add")


def _invite(client: Client, email: str = "rowan@hollow.example") -> Any:
    return client.post(INVITE, {"email": email, "name": "Rowan Vale", "role": "vet"})


def _secret_of(answer: Any) -> str:
    found = re.search(r'class="pennie-secret">([^<]+)<', answer.content.decode())
    assert found, "no secret is shown"
    assert "no-store" in answer["Cache-Control"]
    return found[1]


def _set_password(link: str, password: str) -> Any:
    client = Client()
    form = client.get(link.removeprefix("http://testserver"), follow=True)
    return client.post(form.request["PATH_INFO"], {"new_password1": password, "new_password2": password})


def test_an_administrator_invites_somebody_who_sets_a_password_and_signs_in(insider: Client, clinic: Clinic) -> None:
    link = _secret_of(_invite(insider))
    user = User.objects.get(email="rowan@hollow.example")
    assert not user.has_usable_password()
    assert [each.clinic for each in user.memberships.all()] == [clinic]
    assert _set_password(link, "a-long-invented-one-9").status_code == 302
    user.refresh_from_db()
    assert user.check_password("a-long-invented-one-9")
    _set_password(link, "another-invented-one-9")
    user.refresh_from_db()
    assert user.check_password("a-long-invented-one-9"), "the link is good once"


def test_a_link_ends_when_its_account_opens_another_clinic(insider: Client, other_clinic: Clinic) -> None:
    link = _secret_of(_invite(insider))
    user = User.objects.get(email="rowan@hollow.example")
    MembershipFactory(user=user, clinic=other_clinic)
    _set_password(link, "a-long-invented-one-9")
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_a_link_ends_when_its_account_becomes_an_operators(insider: Client) -> None:
    link = _secret_of(_invite(insider))
    User.objects.filter(email="rowan@hollow.example").update(is_superuser=True)
    _set_password(link, "a-long-invented-one-9")
    assert not User.objects.get(email="rowan@hollow.example").has_usable_password()


def test_an_account_that_exists_is_not_touched_by_an_invitation(insider: Client, other_clinic: Clinic) -> None:
    there = MembershipFactory(clinic=other_clinic, user__email="rowan@hollow.example").user
    answer = _invite(insider, "Rowan@Hollow.example")
    assert answer.status_code == 200
    assert "has an account already" in str(answer.context["adminform"].form.errors)
    assert there.memberships.count() == 1
    assert User.objects.get(pk=there.pk).check_password(PASSWORD)


def test_an_invitation_is_renewed_for_the_clinics_own_people_only(
    insider: Client, clinic: Clinic, other_clinic: Clinic
) -> None:
    own, shared = MembershipFactory(clinic=clinic), MembershipFactory(clinic=clinic)
    MembershipFactory(clinic=other_clinic, user=shared.user)
    assert "/admin/password/" in _secret_of(insider.post(address(Membership, "step", own.pk, "link")))
    answer = insider.post(address(Membership, "step", shared.pk, "link"))
    assert answer.status_code == 302
    assert b"/admin/password/" not in insider.get(answer["Location"]).content


def test_a_role_is_changed_and_a_member_removed_but_never_oneself(insider: Client, clinic: Clinic) -> None:
    member = MembershipFactory(clinic=clinic)
    insider.post(address(Membership, "change", member.pk), {"role": "admin"})
    assert Membership.objects.get(pk=member.pk).role == "admin"
    insider.post(address(Membership, "delete", member.pk), {"post": "yes"})
    assert not Membership.objects.filter(pk=member.pk).exists()
    assert User.objects.filter(pk=member.user_id).exists()
    own = Membership.objects.get(user=user_of(insider))
    assert insider.post(address(Membership, "delete", own.pk), {"post": "yes"}).status_code == 403
    assert insider.post(address(Membership, "change", own.pk), {"role": "vet"}).status_code == 403
    insider.post(address(Membership, "changelist"), {"action": "delete_selected", "_selected_action": [str(own.pk)]})
    assert Membership.objects.get(pk=own.pk).role == "admin"


def test_a_change_of_role_takes_no_other_user_or_clinic(insider: Client, clinic: Clinic, other_clinic: Clinic) -> None:
    member = MembershipFactory(clinic=clinic)
    said = {"role": "vet", "clinic": str(other_clinic.pk), "user": str(UserFactory().pk)}
    insider.post(address(Membership, "change", member.pk), said)
    after = Membership.objects.get(pk=member.pk)
    assert (after.clinic, after.user) == (clinic, member.user)


def test_a_key_is_shown_once_and_opens_the_api(insider: Client, clinic: Clinic) -> None:
    answer = insider.post(address(ApiKey, "add"), {"name": "practice system", "scopes": ["uploads:read"]})
    secret = _secret_of(answer)
    key = ApiKey.objects.get(clinic=clinic)
    assert key.hash == ApiKey.hash_secret(secret)
    assert key.user == answer.wsgi_request.user
    uploads = "/api/v1/uploads/"
    assert Client().get(uploads, headers={"authorization": f"Bearer {secret}"}).status_code == 200
    for path in (address(ApiKey, "changelist"), address(ApiKey, "change", key.pk)):
        page = insider.get(path).content.decode()
        assert secret not in page
        assert key.hash not in page
    insider.post(address(ApiKey, "step", key.pk, "revoke"))
    assert Client().get(uploads, headers={"authorization": f"Bearer {secret}"}).status_code == 401


def test_a_key_cannot_end_before_it_begins(insider: Client) -> None:
    said = {"name": "x", "scopes": ["uploads:read"], "expires_at_0": "2020-01-01", "expires_at_1": "00:00"}
    answer = insider.post(address(ApiKey, "add"), said)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not ApiKey.objects.exists()


def test_a_hash_cannot_be_guessed_by_filtering(insider: Client, clinic: Clinic, operator: Client) -> None:
    key = ApiKeyFactory(clinic=clinic)
    assert insider.get(address(ApiKey, "changelist") + f"?hash__startswith={key.hash[:2]}").status_code == 400
    assert operator.get(address(User, "changelist") + "?password__startswith=md5").status_code == 400


def test_an_operator_makes_clinics_users_and_members(operator: Client) -> None:
    operator.post(address(Clinic, "add"), {"name": "Mill Street", "auto_match": "off", "model_allowed": "on"})
    operator.post(address(User, "add"), {"email": "New@Mill.example", "name": "New", "is_staff": "on"})
    clinic, user = Clinic.objects.get(name="Mill Street"), User.objects.get(email="new@mill.example")
    assert not user.has_usable_password()
    said = {"user": str(user.pk), "clinic": str(clinic.pk), "role": "admin"}
    assert operator.post(INVITE, said).status_code == 302
    assert user.memberships.get().role == "admin"
    assert operator.post(INVITE, said).status_code == 200  # once only
    assert "/admin/password/" in _secret_of(operator.post(address(User, "step", user.pk, "link")))


def test_an_operators_account_is_made_no_member(operator: Client, clinic: Clinic) -> None:
    user = UserFactory(is_superuser=True)
    answer = operator.post(INVITE, {"user": str(user.pk), "clinic": str(clinic.pk), "role": "vet"})
    assert "operators see no patient data" in str(answer.context["adminform"].form.errors)
    assert not user.memberships.exists()


def test_an_administrator_sets_how_their_clinic_works_and_no_other(
    insider: Client, clinic: Clinic, other_clinic: Clinic
) -> None:
    for each in (clinic, other_clinic):
        insider.post(address(Clinic, "change", each.pk), {"name": "Renamed", "auto_match": "chip"})
    assert list(Clinic.objects.filter(name="Renamed", auto_match="chip", model_allowed=False)) == [clinic]
    assert insider.get(address(Clinic, "add")).status_code == 403


@pytest.mark.parametrize("path", ["add", "changelist"])
def test_a_vet_neither_invites_nor_makes_keys(path: str, clinic: Clinic) -> None:
    client = member_of(clinic, role="vet")
    for model in (Membership, ApiKey):
        assert client.get(address(model, path)).status_code == 403


def test_nobody_else_reaches_the_admin(clinic: Clinic) -> None:
    machine = MembershipFactory(clinic=clinic, role="integration", user__is_staff=False).user
    client = Client()
    client.force_login(machine, backend="django.contrib.auth.backends.ModelBackend")
    for path in (reverse("admin:index"), address(ApiKey, "changelist")):
        assert "/admin/login/" in client.get(path)["Location"]
        assert "/admin/login/" in Client().get(path)["Location"]
