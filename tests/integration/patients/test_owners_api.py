"""The register's owners by API."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from patients.models import Owner
from pennie.accounts.models import Clinic
from pennie.accounts.rights import SCOPES
from tests.conftest import client_of
from tests.counting import count_queries
from tests.factories import OwnerFactory, PatientFactory

OWNERS = "/api/v1/owners/"


def at(owner: Owner, then: str = "") -> str:
    return f"{OWNERS}{owner.pk}/{then}"


def test_an_owner_is_entered_read_and_changed(api: APIClient, clinic: Clinic) -> None:
    said = {
        "name": "Marlow Tennick",
        "external_id": "C-881",
        "phone": "555 0142",
        "email": "marlow@tennick.example",
        "address": "3 Hollow Lane",
    }
    made = api.post(OWNERS, said)
    assert made.status_code == 201
    told = made.json()
    assert said.items() <= told.items()
    assert told["patient_count"] == 0
    assert Owner.objects.get().clinic_id == clinic.pk
    changed = api.patch(made["Location"], {"phone": ""}, HTTP_IF_MATCH=made["ETag"])
    assert (changed.json()["phone"], changed.json()["email"]) == ("", "marlow@tennick.example")
    assert api.patch(made["Location"], {"phone": "1"}, HTTP_IF_MATCH=made["ETag"]).json()["code"] == "stale"


@pytest.mark.parametrize("said", [{}, {"name": ""}, {"name": "M", "email": "no address"}])
def test_a_form_that_does_not_validate_is_refused(api: APIClient, said: dict[str, str]) -> None:
    assert api.post(OWNERS, said).status_code == 400
    assert not Owner.objects.exists()


def test_an_external_id_is_taken_once(api: APIClient, clinic: Clinic) -> None:
    holder = OwnerFactory(clinic=clinic, external_id="C-1")
    response = api.post(OWNERS, {"name": "Petra", "external_id": "C-1"})
    assert (response.status_code, response.json()["code"]) == (409, "external_id_taken")
    assert response.json()["existing"] == str(holder.pk)


@pytest.mark.parametrize(
    "asked", [{"external_id": "C-1"}, {"name": "tenn"}, {"phone": "555 0142"}, {"email": "MARLOW@tennick.example"}]
)
def test_the_list_is_narrowed(api: APIClient, clinic: Clinic, asked: dict[str, str]) -> None:
    OwnerFactory(clinic=clinic, name="Petra Oakhurst")
    wanted = OwnerFactory(
        clinic=clinic, name="Marlow Tennick", external_id="C-1", phone="555 0142", email="marlow@tennick.example"
    )
    assert [each["id"] for each in api.get(OWNERS, asked).json()["results"]] == [str(wanted.pk)]


def test_the_list_counts_patients_in_a_fixed_number_of_queries(api: APIClient, clinic: Clinic) -> None:
    counts = []
    for _ in range(2):
        owner = OwnerFactory(clinic=clinic)
        PatientFactory.create_batch(2, clinic=clinic, owner=owner)
        PatientFactory(clinic=clinic, owner=owner, archived_at=timezone.now())
        counts.append(count_queries(api, OWNERS))
        assert {each["patient_count"] for each in api.get(OWNERS).json()["results"]} == {2}
    assert counts == [1, 1]


def test_an_owner_of_patients_is_not_archived(api: APIClient, clinic: Clinic) -> None:
    patient = PatientFactory(clinic=clinic)
    response = api.delete(at(patient.owner))
    assert (response.status_code, response.json()["code"]) == (409, "owner_has_patients")
    assert api.get(at(patient.owner)).json()["archived_at"] is None


def test_an_owner_is_archived_restored_and_purged(api: APIClient, clinic: Clinic) -> None:
    owner = OwnerFactory(clinic=clinic)
    assert api.post(at(owner, "purge/")).json()["code"] == "not_archived"
    assert api.delete(at(owner)).status_code == 204
    assert api.patch(at(owner), {"name": "M"}).json()["code"] == "owner_archived"
    assert api.post(at(owner, "restore/")).json()["archived_at"] is None
    api.delete(at(owner))
    assert api.post(at(owner, "purge/")).status_code == 204
    assert not Owner.objects.exists()


def test_an_owner_is_purged_after_their_patients(api: APIClient, clinic: Clinic) -> None:
    patient = PatientFactory(clinic=clinic, archived_at=timezone.now())
    api.delete(at(patient.owner))
    assert api.post(at(patient.owner, "purge/")).json()["code"] == "owner_has_patients"
    assert api.post(f"/api/v1/patients/{patient.pk}/purge/").status_code == 200
    assert api.post(at(patient.owner, "purge/")).status_code == 204


def test_another_clinics_caller_meets_no_owner(outsider: APIClient, clinic: Clinic) -> None:
    owner = OwnerFactory(clinic=clinic, name="Marlow Tennick", archived_at=timezone.now())
    assert outsider.get(OWNERS, {"archived": "true"}).json()["results"] == []
    assert outsider.get(at(owner)).status_code == 404
    assert outsider.patch(at(owner), {"name": "Mine"}).status_code == 404
    assert outsider.delete(at(owner)).status_code == 404
    assert outsider.post(at(owner, "restore/")).status_code == 404
    assert outsider.post(at(owner, "purge/")).status_code == 404
    assert Owner.objects.get().name == "Marlow Tennick"


def test_purging_asks_for_its_own_right(clinic: Clinic) -> None:
    owner = OwnerFactory(clinic=clinic, archived_at=timezone.now())
    writer = client_of(clinic, scopes=[scope for scope in SCOPES if scope != "patients:purge"])
    assert writer.post(at(owner, "purge/")).status_code == 403
