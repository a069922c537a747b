"""What files tell of a patient, by API; and a patient erased."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from documents.models import Document, Fact, Subject, Upload
from patients.models import Patient
from pennie.accounts.models import Clinic
from tests.conftest import client_of
from tests.counting import count_queries
from tests.factories import FactFactory, PatientFactory, UploadFactory
from tests.integration.documents.filed import file_animals

_NOTHING: dict[str, Any] = {}


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    made: Patient = PatientFactory(clinic=clinic)
    return made


def file_about(patient: Patient, *, is_current: bool = True, **told: Any) -> Upload:
    """An upload of which all is the patient's."""
    upload: Upload = UploadFactory(clinic=patient.clinic)
    segmentation, (subject,) = file_animals(upload, {"name": "Juniper", **told})
    Subject.objects.filter(pk=subject.pk).update(patient=patient, state="matched")
    segmentation.documents.update(patient=patient)
    segmentation.facts.update(patient=patient)
    if is_current:
        Upload.objects.filter(pk=upload.pk).update(current_segmentation=segmentation)
    return upload


def facts_at(patient: Patient) -> str:
    return f"/api/v1/patients/{patient.pk}/facts/"


def documents_at(patient: Patient) -> str:
    return f"/api/v1/patients/{patient.pk}/documents/"


class TestFacts:
    def test_they_come_with_document_line_and_quote(self, api: APIClient, patient: Patient) -> None:
        upload = file_about(patient, species="dog")
        name, species = api.get(facts_at(patient)).json()["results"]
        document = Document.objects.get()
        assert (name["field"], name["value"], name["line"], name["quote"]) == ("name", "Juniper", 1, "name: Juniper")
        assert (species["field"], species["value"]) == ("species", "dog")
        assert (name["upload"], name["document"]) == (str(upload.pk), str(document.pk))
        assert name["patient"] == str(patient.pk)

    def test_a_clinical_field_is_listed_with_its_parts(self, api: APIClient, patient: Patient) -> None:
        file_about(patient, lab_value="ALT 145 U/L", problem="otitis externa")
        Fact.objects.filter(field="lab_value").delete()
        problem = Fact.objects.get(field="problem")
        row = FactFactory(
            subject=problem.subject,
            document=problem.document,
            patient=patient,
            field="lab_value",
            value="ALT 145 U/L",
            unit="U/L",
            parts={"analyte": "ALT", "number": 145.0},
        )
        (told,) = api.get(facts_at(patient), {"field": "lab_value"}).json()["results"]
        assert (told["id"], told["value"], told["unit"]) == (str(row.pk), "ALT 145 U/L", "U/L")
        assert told["parts"] == {"analyte": "ALT", "number": 145.0}

    def test_only_what_counts_is_told(self, api: APIClient, clinic: Clinic, patient: Patient) -> None:
        file_about(patient, is_current=False)
        archived = file_about(patient)
        Upload.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
        retracted = file_about(patient)
        retracted.facts.update(retracted_at=timezone.now())
        file_about(PatientFactory(clinic=clinic))
        assert api.get(facts_at(patient)).json()["results"] == []

    def test_they_are_narrowed(self, api: APIClient, patient: Patient) -> None:
        file_about(patient, species="dog", color=["tan", "brown"])
        other = file_about(patient)

        def listed(**asked: Any) -> list[object]:
            return [each["value"] for each in api.get(facts_at(patient), asked).json()["results"]]

        assert listed(field=["species", "color"]) == ["dog", "tan", "brown"]
        assert listed(field="color", is_current="true") == ["tan"]
        assert listed(upload=other.pk) == ["Juniper"]
        assert listed(document=Document.objects.get(upload=other).pk) == ["Juniper"]
        assert api.get(facts_at(patient), {"field": "sign"}).status_code == 400

    def test_they_take_a_fixed_number_of_queries(self, api: APIClient, patient: Patient) -> None:
        counts = []
        for _ in range(2):
            file_about(patient, species="dog", color="tan")
            counts.append(count_queries(api, facts_at(patient)))
        assert counts == [2, 2]


class TestAllFacts:
    def test_those_of_one_document_are_found(self, api: APIClient, patient: Patient) -> None:
        file_about(patient)
        wanted = file_about(patient, species="dog").documents.get()
        told = api.get("/api/v1/facts/", {"document": str(wanted.pk)}).json()["results"]
        assert [each["value"] for each in told] == ["Juniper", "dog"]

    def test_only_what_counts_is_told(self, api: APIClient, outsider: APIClient, patient: Patient) -> None:
        file_about(patient, is_current=False)
        archived = file_about(patient)
        Upload.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
        assert api.get("/api/v1/facts/").json()["results"] == []
        file_about(patient)
        assert len(api.get("/api/v1/facts/").json()["results"]) == 1
        assert outsider.get("/api/v1/facts/").json()["results"] == []

    def test_they_take_a_fixed_number_of_queries(self, api: APIClient, patient: Patient) -> None:
        counts = []
        for _ in range(2):
            file_about(patient, species="dog")
            counts.append(count_queries(api, "/api/v1/facts/"))
        assert counts == [1, 1]


class TestFactsOfUpload:
    def test_those_of_the_current_segmentation_are_told(self, api: APIClient, patient: Patient) -> None:
        upload = file_about(patient, species="dog")
        file_animals(upload, {"name": "Of another run"})
        told = api.get(f"/api/v1/uploads/{upload.pk}/facts/").json()["results"]
        assert [each["value"] for each in told] == ["Juniper", "dog"]

    def test_an_upload_without_segmentation_has_none(self, api: APIClient, clinic: Clinic) -> None:
        upload = UploadFactory(clinic=clinic)
        assert api.get(f"/api/v1/uploads/{upload.pk}/facts/").json()["results"] == []

    def test_they_take_a_fixed_number_of_queries(self, api: APIClient, patient: Patient) -> None:
        counts = [
            count_queries(api, f"/api/v1/uploads/{file_about(patient, is_current=True, **told).pk}/facts/")
            for told in (_NOTHING, {"species": "dog", "color": "tan"})
        ]
        assert counts == [2, 2]


class TestDocuments:
    def test_those_of_current_segmentations_are_told(self, api: APIClient, patient: Patient) -> None:
        upload = file_about(patient)
        file_about(patient, is_current=False)
        archived = file_about(patient)
        Upload.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
        (told,) = api.get(documents_at(patient)).json()["results"]
        assert (told["upload"], told["patient"]["id"]) == (str(upload.pk), str(patient.pk))
        assert (told["title"], told["start_line"], told["date"]) == ("Visit note", 1, "2024-03-05")
        assert told["links"]["self"] == f"/api/v1/documents/{told['id']}/"

    def test_they_are_narrowed(self, api: APIClient, patient: Patient) -> None:
        file_about(patient)
        wanted = file_about(patient)
        wanted.documents.update(type="lab_report", date=date(2025, 1, 2), review="confirmed")
        for asked in (
            {"type": "lab_report"},
            {"review": "confirmed"},
            {"upload": str(wanted.pk)},
            {"date_from": "2024-06-01", "date_to": "2025-06-01"},
        ):
            (told,) = api.get(documents_at(patient), asked).json()["results"]
            assert told["upload"] == str(wanted.pk)

    def test_they_take_a_fixed_number_of_queries(self, api: APIClient, patient: Patient) -> None:
        counts = []
        for _ in range(2):
            file_about(patient)
            counts.append(count_queries(api, documents_at(patient)))
        assert counts == [5, 5]


def test_another_clinics_caller_is_told_nothing(outsider: APIClient, patient: Patient) -> None:
    upload = file_about(patient)
    for url in (facts_at(patient), documents_at(patient), f"/api/v1/uploads/{upload.pk}/facts/"):
        assert outsider.get(url).status_code == 404


def test_each_road_asks_for_its_right(clinic: Clinic, patient: Patient) -> None:
    upload = file_about(patient)
    of_documents = client_of(clinic, scopes=["documents:read"])
    of_patients = client_of(clinic, scopes=["patients:read"])
    assert of_documents.get(facts_at(patient)).status_code == 403
    assert of_patients.get(documents_at(patient)).status_code == 403
    assert of_patients.get(f"/api/v1/uploads/{upload.pk}/facts/").status_code == 403


class TestPurge:
    def test_the_patient_and_what_was_read_of_it_are_gone(
        self, api: APIClient, clinic: Clinic, patient: Patient
    ) -> None:
        named, earlier = file_about(patient), file_about(patient, is_current=False)
        sent = UploadFactory(clinic=clinic, patient=patient)
        other = file_about(PatientFactory(clinic=clinic))
        api.delete(f"/api/v1/patients/{patient.pk}/")
        response = api.post(f"/api/v1/patients/{patient.pk}/purge/")
        assert response.status_code == 200, response.json()
        assert response.json() == {"uploads": [str(each.pk) for each in (named, earlier, sent)]}
        assert not Patient.objects.filter(pk=patient.pk).exists()
        assert set(Fact.objects.values_list("upload", flat=True)) == {other.pk}
        for subject in Subject.objects.exclude(upload=other):
            assert (subject.name, subject.state, subject.patient_id) == ("", "unknown", None)
        assert set(Document.objects.exclude(upload=other).values_list("patient", flat=True)) == {None}
        assert not Upload.objects.filter(patient=patient.pk).exists()

    def test_proposed_matches_are_decided_first(self, api: APIClient, patient: Patient) -> None:
        upload = UploadFactory(clinic=patient.clinic)
        segmentation, (subject,) = file_animals(upload, {"name": "Juniper"})
        Subject.objects.filter(pk=subject.pk).update(state="proposed", proposed_patient=patient)
        Upload.objects.filter(pk=upload.pk).update(current_segmentation=segmentation)
        api.delete(f"/api/v1/patients/{patient.pk}/")
        response = api.post(f"/api/v1/patients/{patient.pk}/purge/")
        assert (response.status_code, response.json()["code"]) == (409, "matches_waiting")
        api.post(f"/api/v1/subjects/{subject.pk}/reject/")
        assert api.post(f"/api/v1/patients/{patient.pk}/purge/").status_code == 200
        assert subject.facts.count() == 1

    def test_what_is_not_archived_is_not_purged(self, api: APIClient, patient: Patient) -> None:
        file_about(patient)
        response = api.post(f"/api/v1/patients/{patient.pk}/purge/")
        assert (response.status_code, response.json()["code"]) == (409, "not_archived")
        assert Fact.objects.filter(patient=patient).exists()
