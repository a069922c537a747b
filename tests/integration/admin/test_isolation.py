"""What is another clinic's is not there, and operators see nobody's patient data. Generated over the admin's tables."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import ForeignKey, Model
from django.test import Client
from django.urls import reverse

from jobs.models import Backfill, Budget, QueuePause, UseLimit
from patients.models import Patient
from pennie.accounts.models import ApiKey, Clinic, Membership
from tests.factories import MembershipFactory, UserFactory
from tests.integration.admin.conftest import (
    EVERY_MAKER,
    MAKERS,
    MARK,
    OPERATORS_MAKERS,
    address,
    make_upload,
    member_of,
    sign_in,
    tables,
    user_of,
)

_OPERATORS_TOO = {Backfill, Budget, Membership, QueuePause, UseLimit}


def _shows_nothing(client: Client, path: str, **kwargs: Any) -> bool:
    """Whether the page is refused, or led away from, or has none of what is marked."""
    answer = client.get(path, **kwargs)
    if answer.status_code == 302:
        return answer["Location"] == reverse("admin:index") and MARK not in answer.content.decode()
    assert answer.status_code in (200, 403, 404)
    return MARK not in answer.content.decode()


@pytest.mark.parametrize("model", tables())
def test_every_table_has_a_row_made_for_these_tests(model: type[Model]) -> None:
    assert model in EVERY_MAKER


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model._meta.label)
def test_a_member_sees_what_is_their_clinics(model: type[Model], clinic: Clinic, insider: Client) -> None:
    row = MAKERS[model](clinic)
    for path in (address(model, "changelist"), address(model, "changelist") + "?q="):
        answer = insider.get(path)
        assert answer.status_code == 200
        assert row.pk in [each.pk for each in answer.context["cl"].result_list]
    assert insider.get(address(model, "change", row.pk)).status_code == 200
    assert insider.get(address(model, "history", row.pk)).status_code == 200


@pytest.mark.parametrize("model", EVERY_MAKER, ids=lambda model: model._meta.label)
def test_a_stranger_sees_no_row_in_list_search_and_filters(
    model: type[Model], clinic: Clinic, stranger: Client
) -> None:
    row = EVERY_MAKER[model](clinic)
    for query in ("", f"?q={MARK[:-2]}", "?archive=all", f"?id__exact={row.pk}", "?all="):
        answer = stranger.get(address(model, "changelist") + query, follow=True)
        assert answer.status_code in (200, 403)
        assert MARK not in answer.content.decode()
        if answer.status_code == 200:
            assert row.pk not in [each.pk for each in answer.context["cl"].result_list]


@pytest.mark.parametrize("model", EVERY_MAKER, ids=lambda model: model._meta.label)
def test_a_stranger_opens_no_page_of_a_row(model: type[Model], clinic: Clinic, stranger: Client) -> None:
    row = EVERY_MAKER[model](clinic)
    model_admin: Any = admin.site.get_model_admin(model)
    steps = [address(model, "step", row.pk, step.name) for step in model_admin.steps]
    for path in [*(address(model, page, row.pk) for page in ("change", "history", "delete"))]:
        assert _shows_nothing(stranger, path)
        assert stranger.post(path, {"post": "yes"}).status_code in (302, 403, 404)
    for path in [*_pages_of(model, row), *steps]:
        assert stranger.get(path).status_code in (302, 403, 404, 405)
        assert stranger.post(path).status_code in (302, 403, 404, 405)
    if row.pk != clinic.pk:
        assert type(row).objects.filter(pk=row.pk).values().get() == _values(row)


def _values(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in type(row)._meta.concrete_fields} | {
        field.attname: getattr(row, field.attname).name
        for field in type(row)._meta.concrete_fields
        if hasattr(getattr(row, field.attname), "name") and field.get_internal_type() == "FileField"
    }


def _pages_of(model: type[Model], row: Any) -> Iterator[str]:
    """Further pages that a table's admin has for one row."""
    for pattern in admin.site.get_model_admin(model).get_urls():
        name = pattern.name or ""
        if (
            name
            and "object_id" in pattern.pattern.converters
            and not name.endswith(("_change", "_history", "_delete", "_step"))
        ):
            yield reverse(f"admin:{name}", args=(row.pk,))


def _foreign_keys() -> list[Any]:
    return [
        pytest.param(field, id=str(field))
        for model in admin.site._registry
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model in admin.site._registry
    ]


@pytest.mark.parametrize("field", _foreign_keys())
@pytest.mark.parametrize("asked", ["", MARK])
def test_autocomplete_offers_a_stranger_nothing(
    field: ForeignKey[Any, Any], asked: str, clinic: Clinic, stranger: Client
) -> None:
    make_upload(clinic)
    app, model = field.model._meta.label_lower.split(".")
    query = {"app_label": app, "model_name": model, "field_name": field.name, "term": asked}
    answer = stranger.get(reverse("admin:autocomplete"), query)
    assert answer.status_code in (200, 403, 404)
    assert MARK not in answer.content.decode()
    if answer.status_code == 200 and field.related_model is not Clinic:
        assert answer.json()["results"] == []


@pytest.mark.parametrize("model", tables())
def test_the_form_of_a_new_row_offers_a_stranger_nothing_of_the_clinics(
    model: type[Model], clinic: Clinic, stranger: Client
) -> None:
    make_upload(clinic)
    assert _shows_nothing(stranger, address(model, "add"))


def test_a_foreign_owner_or_veterinarian_cannot_be_put_on_a_patient(
    clinic: Clinic, other_clinic: Clinic, stranger: Client
) -> None:

    upload = make_upload(clinic)
    assert upload.patient
    said = {
        "name": "Bramble",
        "owner": str(upload.patient.owner_id),
        "veterinarian": str(upload.patient.veterinarian_id),
    }
    answer = stranger.post(address(Patient, "add"), said)
    assert answer.status_code == 200
    assert set(answer.context["errors"].data[0][0:0]) == set()
    assert {"owner", "veterinarian"} <= set(answer.context["adminform"].form.errors)
    assert not Patient.objects.filter(clinic=other_clinic).exists()


def test_the_first_page_and_the_search_tell_a_stranger_nothing(clinic: Clinic, stranger: Client) -> None:
    make_upload(clinic)
    assert _shows_nothing(stranger, reverse("admin:index"))
    assert _shows_nothing(stranger, reverse("admin:search") + f"?s={MARK[:4]}&extended=1")


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model._meta.label)
def test_an_operator_sees_no_table_of_a_clinic(model: type[Model], clinic: Clinic, operator: Client) -> None:
    if model in _OPERATORS_TOO:
        return
    row = MAKERS[model](clinic)
    for path in (
        address(model, "changelist"),
        *(address(model, page, row.pk) for page in ("change", "history", "delete")),
        address(model, "add"),
        *_pages_of(model, row),
    ):
        answer = operator.get(path)
        assert answer.status_code in (302, 403, 404)
        assert MARK not in answer.content.decode()


def test_an_operator_who_is_a_member_sees_none_either(clinic: Clinic, operator: Client) -> None:
    upload = make_upload(clinic)
    MembershipFactory(user=user_of(operator), clinic=clinic, role="admin")
    assert operator.get(address(type(upload), "change", upload.pk)).status_code == 403
    assert _shows_nothing(operator, reverse("admin:index"))


@pytest.mark.parametrize("model", OPERATORS_MAKERS, ids=lambda model: model._meta.label)
def test_an_operator_sees_the_operators_tables(model: type[Model], clinic: Clinic, operator: Client) -> None:
    row = OPERATORS_MAKERS[model](clinic)
    for path in (address(model, "changelist"), address(model, "change", row.pk), address(model, "history", row.pk)):
        assert operator.get(path).status_code == 200


@pytest.mark.parametrize("role", ["vet", "assistant", "integration"])
def test_who_does_not_administer_the_clinic_sees_no_people_and_keys(role: str, clinic: Clinic) -> None:
    client = member_of(clinic, role=role)
    tables_of_people: list[type[Model]] = [Membership, ApiKey, UseLimit, *OPERATORS_MAKERS]
    for model in tables_of_people:
        assert client.get(address(model, "changelist")).status_code == 403


def test_nobody_who_is_in_no_clinic_sees_anything(clinic: Clinic) -> None:
    client = sign_in(UserFactory())
    make_upload(clinic)
    assert client.get(reverse("admin:index")).status_code == 200
    for model in admin.site._registry:
        assert client.get(address(model, "changelist")).status_code == 403
