"""The register's patients by API: entered, checked, listed, changed, put aside."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from patients.models import Patient
from pennie.accounts.models import Clinic
from pennie.accounts.rights import SCOPES
from tests.conftest import client_of
from tests.counting import count_queries
from tests.factories import (
    MembershipFactory,
    OwnerFactory,
    PatientFactory,
    SegmentationFactory,
    SubjectFactory,
    UploadFactory,
)

PATIENTS = "/api/v1/patients/"
CHIP = "985112004567890"


def at(patient: Patient, then: str = "") -> str:
    return f"{PATIENTS}{patient.pk}/{then}"


class TestCreate:
    def test_what_is_entered_is_kept_normalised(self, api: APIClient, clinic: Clinic) -> None:
        owner = OwnerFactory(clinic=clinic)
        vet = MembershipFactory(clinic=clinic).user
        response = api.post(
            PATIENTS,
            {
                "name": "  Juniper   Rose ",
                "external_id": "A-1042",
                "species": "Perro",
                "breed": "Beagle",
                "sex": "female",
                "neutered": True,
                "date_of_birth": "2019-04",
                "color": "tricolor",
                "microchip": "985 112-004 567 890",
                "owner": str(owner.pk),
                "veterinarian": str(vet.pk),
            },
        )
        assert response.status_code == 201, response.json()
        told = response.json()
        assert response["Location"] == f"{PATIENTS}{told['id']}/"
        assert (told["name"], told["species"], told["microchip"]) == ("Juniper Rose", "dog", CHIP)
        assert (told["status"], told["date_of_birth"], told["neutered"]) == ("confirmed", "2019-04", True)
        assert told["owner"] == {"id": str(owner.pk), "name": owner.name, "external_id": ""}
        assert told["veterinarian"] == {"id": str(vet.pk), "name": vet.name}
        assert Patient.objects.get().clinic_id == clinic.pk
        again = api.get(response["Location"])
        assert again.json() == told
        assert again["ETag"] == response["ETag"]

    def test_a_name_is_enough(self, api: APIClient) -> None:
        told = api.post(PATIENTS, {"name": "Juniper"}).json()
        assert (told["species"], told["sex"], told["neutered"], told["owner"]) == ("", "", None, None)

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({"microchip": "12345"}, "invalid_microchip"),
            ({"species": "basilisk"}, "unknown_species"),
            ({"date_of_birth": "2019-02-30"}, "invalid_date"),
            ({"date_of_birth": "2019-13"}, "invalid_date"),
            ({"date_of_birth": "spring"}, "invalid_date"),
            ({"date_of_birth": "0000"}, "invalid_date"),
            ({"date_of_birth": "1066"}, "date_out_of_range"),
            ({"owner": "01983a5e-2221-7000-8000-000000000001"}, "unknown_owner"),
            ({"veterinarian": "01983a5e-2221-7000-8000-000000000001"}, "not_a_member"),
        ],
    )
    def test_a_value_that_cannot_be_is_named(self, api: APIClient, said: dict[str, str], code: str) -> None:
        response = api.post(PATIENTS, {"name": "Juniper", **said})
        assert response.status_code == 422
        problem = response.json()
        (field, value), *_ = said.items()
        assert problem["code"] == code
        assert problem["errors"][0]["pointer"] == f"/{field}"
        assert value not in problem["detail"]
        assert not Patient.objects.exists()

    @pytest.mark.parametrize("said", [{}, {"name": " "}, {"name": "x" * 201}, {"name": "Juniper", "sex": "both"}])
    def test_a_form_that_does_not_validate_is_refused(self, api: APIClient, said: dict[str, str]) -> None:
        response = api.post(PATIENTS, said)
        assert response.status_code == 400
        assert response.json()["code"] == "invalid"

    def test_a_birth_in_the_future_is_refused_and_one_of_today_taken(self, api: APIClient) -> None:
        today = timezone.now().date()
        assert api.post(PATIENTS, {"name": "J", "date_of_birth": today.isoformat()}).status_code == 201
        future = (today + timedelta(days=2)).isoformat()
        assert api.post(PATIENTS, {"name": "J", "date_of_birth": future}).json()["code"] == "date_out_of_range"

    def test_another_clinics_owner_and_vet_are_unknown(self, api: APIClient, other_clinic: Clinic) -> None:
        owner = OwnerFactory(clinic=other_clinic)
        vet = MembershipFactory(clinic=other_clinic).user
        assert api.post(PATIENTS, {"name": "J", "owner": str(owner.pk)}).json()["code"] == "unknown_owner"
        assert api.post(PATIENTS, {"name": "J", "veterinarian": str(vet.pk)}).json()["code"] == "not_a_member"

    def test_an_archived_owner_takes_no_patient(self, api: APIClient, clinic: Clinic) -> None:
        owner = OwnerFactory(clinic=clinic, archived_at=timezone.now())
        assert api.post(PATIENTS, {"name": "J", "owner": str(owner.pk)}).json()["code"] == "owner_archived"

    def test_an_external_id_is_taken_once_in_a_clinic(
        self, api: APIClient, clinic: Clinic, other_clinic: Clinic
    ) -> None:
        PatientFactory(clinic=other_clinic, external_id="A-1")
        holder = api.post(PATIENTS, {"name": "Juniper", "external_id": "A-1"}).json()
        response = api.post(PATIENTS, {"name": "Bramble", "external_id": "A-1"})
        assert response.status_code == 409
        assert response.json()["code"] == "external_id_taken"
        assert response.json()["existing"] == holder["id"]
        assert Patient.objects.filter(clinic=clinic).count() == 1


class TestUpdate:
    def test_only_what_is_sent_changes(self, api: APIClient, clinic: Clinic) -> None:
        patient = PatientFactory(
            clinic=clinic, name="Juniper", color="tan", updated_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        response = api.patch(at(patient), {"name": "June", "owner": None})
        assert response.status_code == 200
        told = response.json()
        assert (told["name"], told["color"], told["owner"]) == ("June", "tan", None)
        assert told["updated_at"] > "2026-01-02"

    def test_nothing_changed_is_no_change(self, api: APIClient, clinic: Clinic) -> None:
        patient = PatientFactory(clinic=clinic, name="Juniper")
        before = api.get(at(patient))["ETag"]
        assert api.patch(at(patient), {"name": "Juniper"})["ETag"] == before

    def test_if_match_holds_off_who_saw_an_older_state(self, api: APIClient, clinic: Clinic) -> None:
        patient = PatientFactory(clinic=clinic)
        seen = api.get(at(patient))["ETag"]
        assert api.patch(at(patient), {"color": "red"}, HTTP_IF_MATCH=seen).status_code == 200
        late = api.patch(at(patient), {"color": "blue"}, HTTP_IF_MATCH=seen)
        assert (late.status_code, late.json()["code"]) == (412, "stale")
        assert api.get(at(patient)).json()["color"] == "red"
        assert api.patch(at(patient), {"color": "blue"}, HTTP_IF_MATCH="*").status_code == 200

    def test_an_archived_patient_is_not_changed(self, api: APIClient, clinic: Clinic) -> None:
        patient = PatientFactory(clinic=clinic, archived_at=timezone.now())
        response = api.patch(at(patient), {"name": "June"})
        assert (response.status_code, response.json()["code"]) == (409, "patient_archived")

    def test_an_external_id_of_another_is_refused(self, api: APIClient, clinic: Clinic) -> None:
        PatientFactory(clinic=clinic, external_id="A-1", archived_at=timezone.now())
        patient = PatientFactory(clinic=clinic)
        response = api.patch(at(patient), {"external_id": "A-1"})
        assert (response.status_code, response.json()["code"]) == (409, "external_id_taken")
        assert "archived" in response.json()["detail"]

    def test_a_vet_who_left_stays_until_changed(self, api: APIClient, clinic: Clinic) -> None:
        gone = MembershipFactory(clinic=clinic)
        patient = PatientFactory(clinic=clinic, veterinarian=gone.user)
        gone.delete()
        same = api.patch(at(patient), {"color": "tan", "veterinarian": str(patient.veterinarian_id)})
        assert same.status_code == 200


class TestLife:
    def test_archived_ones_stand_in_no_list_until_restored(self, api: APIClient, clinic: Clinic) -> None:
        patient = PatientFactory(clinic=clinic)
        assert api.delete(at(patient)).status_code == 204
        assert api.get(PATIENTS).json()["results"] == []
        assert [each["id"] for each in api.get(PATIENTS, {"archived": "true"}).json()["results"]] == [str(patient.pk)]
        assert api.get(at(patient)).json()["archived_at"] is not None
        assert api.post(at(patient, "restore/")).json()["archived_at"] is None
        assert len(api.get(PATIENTS).json()["results"]) == 1

    def test_an_archived_owner_comes_back_with_the_patient(self, api: APIClient, clinic: Clinic) -> None:
        patient = PatientFactory(clinic=clinic)
        api.delete(at(patient))
        assert api.delete(f"/api/v1/owners/{patient.owner_id}/").status_code == 204
        api.post(at(patient, "restore/"))
        assert api.get(f"/api/v1/owners/{patient.owner_id}/").json()["archived_at"] is None

    def test_a_proposed_patient_is_confirmed(self, api: APIClient, clinic: Clinic) -> None:
        patient = PatientFactory(clinic=clinic, status="proposed")
        assert api.post(at(patient, "confirm/")).json()["status"] == "confirmed"
        assert api.post(at(patient, "confirm/")).status_code == 200


class TestList:
    @pytest.mark.parametrize(
        "asked",
        [
            {"external_id": "A-1"},
            {"microchip": "985 112 004567890"},
            {"status": "proposed"},
            {"species": "cat"},
            {"name": "UNI"},
            {"updated_since": "2026-06-01T00:00:00Z"},
        ],
    )
    def test_it_is_narrowed(self, api: APIClient, clinic: Clinic, asked: dict[str, str]) -> None:
        old = datetime(2026, 1, 1, tzinfo=UTC)
        PatientFactory(clinic=clinic, name="Bramble", species="dog", updated_at=old)
        wanted = PatientFactory(
            clinic=clinic,
            name="Juniper",
            external_id="A-1",
            microchip=CHIP,
            status="proposed",
            species="cat",
            updated_at=datetime(2026, 7, 1, tzinfo=UTC),
        )
        assert [each["id"] for each in api.get(PATIENTS, asked).json()["results"]] == [str(wanted.pk)]

    def test_by_owner_and_responsible_veterinarian(self, api: APIClient, clinic: Clinic) -> None:
        PatientFactory(clinic=clinic)
        wanted = PatientFactory(clinic=clinic, veterinarian=MembershipFactory(clinic=clinic).user)
        for asked in ({"owner": wanted.owner_id}, {"veterinarian": wanted.veterinarian_id}):
            assert [each["id"] for each in api.get(PATIENTS, asked).json()["results"]] == [str(wanted.pk)]

    def test_it_takes_a_fixed_number_of_queries(self, api: APIClient, clinic: Clinic) -> None:
        counts = []
        for _ in range(2):
            PatientFactory.create_batch(3, clinic=clinic, veterinarian=MembershipFactory(clinic=clinic).user)
            counts.append(count_queries(api, PATIENTS))
        assert counts == [1, 1]

    def test_pages_follow_by_cursor(self, api: APIClient, clinic: Clinic) -> None:
        made = PatientFactory.create_batch(3, clinic=clinic)
        first = api.get(PATIENTS, {"page_size": 2}).json()
        second = api.get(first["next"]).json()
        told = [each["id"] for each in first["results"] + second["results"]]
        assert told == [str(each.pk) for each in reversed(made)]


def test_another_clinics_caller_meets_no_patient(outsider: APIClient, clinic: Clinic) -> None:
    patient = PatientFactory(clinic=clinic)
    assert outsider.get(PATIENTS).json()["results"] == []
    assert outsider.get(at(patient)).status_code == 404
    assert outsider.patch(at(patient), {"name": "Mine"}).status_code == 404
    assert outsider.delete(at(patient)).status_code == 404
    for then in ("restore/", "confirm/", "purge/"):
        assert outsider.post(at(patient, then)).status_code == 404
    patient.refresh_from_db()
    assert (patient.name != "Mine", patient.archived_at) == (True, None)


def test_who_may_only_read_changes_nothing(clinic: Clinic) -> None:
    patient = PatientFactory(clinic=clinic)
    reader = client_of(clinic, scopes=["patients:read"])
    assert reader.get(at(patient)).status_code == 200
    for refused in (
        reader.post(PATIENTS, {"name": "J"}),
        reader.patch(at(patient), {"name": "J"}),
        reader.delete(at(patient)),
        reader.post(at(patient, "restore/")),
        reader.post(at(patient, "confirm/")),
    ):
        assert refused.status_code == 403
    writer = client_of(clinic, scopes=[scope for scope in SCOPES if scope != "patients:purge"])
    assert writer.post(at(patient, "purge/")).status_code == 403


def test_an_erased_patients_name_is_gone_from_warnings(api: APIClient, clinic: Clinic) -> None:
    patient = PatientFactory(clinic=clinic, name="Juniper", archived_at=timezone.now())
    segmentation = SegmentationFactory(
        upload=UploadFactory(clinic=clinic), warnings=["Juniper: 2 values of breed (lines 3, 9)", "dates are mixed"]
    )
    SubjectFactory(segmentation=segmentation, name="Juniper", state="matched", patient=patient)
    assert api.post(f"/api/v1/patients/{patient.pk}/purge/").status_code == 200
    segmentation.refresh_from_db()
    assert segmentation.warnings == ["an erased patient: 2 values of breed (lines 3, 9)", "dates are mixed"]


def test_another_animals_name_stays_in_warnings(api: APIClient, clinic: Clinic) -> None:
    patient = PatientFactory(clinic=clinic, name="Max", archived_at=timezone.now())
    warnings = ["Maxine: 2 values of breed (lines 3, 9)", "Attachment not read: Max_labs.png (no text)."]
    segmentation = SegmentationFactory(upload=UploadFactory(clinic=clinic), warnings=warnings)
    SubjectFactory(segmentation=segmentation, name="Max", state="matched", patient=patient)
    assert api.post(f"/api/v1/patients/{patient.pk}/purge/").status_code == 200
    segmentation.refresh_from_db()
    assert segmentation.warnings == [warnings[0], "Attachment not read: an erased patient_labs.png (no text)."]
