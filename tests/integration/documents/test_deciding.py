"""What staff decide about whose the animals of a file are, by API, and what follows."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from documents.models import Correction, Document, Fact, Segmentation, Subject, Upload
from documents.operations.matching import match_subjects
from patients.models import Patient
from pennie.accounts.models import Clinic
from tests.conftest import client_of
from tests.counting import count_queries
from tests.factories import PatientFactory, UploadFactory
from tests.integration.documents.filed import file_animals

SUBJECTS = "/api/v1/subjects/"
CHIP = "985112004567890"


def at(subject: Subject, then: str = "") -> str:
    return f"{SUBJECTS}{subject.pk}/{then}"


def file_and_match(clinic: Clinic, *animals: dict[str, object]) -> list[Subject]:
    """The animals of a new upload's current segmentation."""
    upload = UploadFactory(clinic=clinic)
    segmentation, _ = file_animals(upload, *animals)
    match_subjects(upload=upload, segmentation=segmentation, previous=None, now=timezone.now())
    Upload.objects.filter(pk=upload.pk).update(current_segmentation=segmentation)
    return list(segmentation.subjects.order_by("position"))


@pytest.fixture
def known(clinic: Clinic) -> Patient:
    made: Patient = PatientFactory(clinic=clinic, name="Juniper", microchip=CHIP)
    return made


@pytest.fixture
def proposed(clinic: Clinic, known: Patient) -> Subject:
    """An animal that may be `known`."""
    (subject,) = file_and_match(clinic, {"name": "Juniper", "species": "dog", "microchip": CHIP})
    assert subject.state == "proposed"
    return subject


def whose(subject: Subject) -> set[Any]:
    """The patients of its documents and facts."""
    return {*subject.documents.values_list("patient", flat=True), *subject.facts.values_list("patient", flat=True)}


class TestAccept:
    def test_documents_and_facts_go_to_the_proposed_patient(
        self, api: APIClient, proposed: Subject, known: Patient
    ) -> None:
        response = api.post(at(proposed, "accept/"))
        assert response.status_code == 200, response.json()
        told = response.json()
        assert (told["state"], told["reason"], told["proposed_patient"]) == ("matched", "staff", None)
        assert told["patient"]["id"] == str(known.pk)
        assert told["decided_at"] is not None
        assert told["decided_by"] is not None
        assert whose(proposed) == {known.pk}
        correction = Correction.objects.get()
        assert correction.kind == "assign"
        assert correction.before == {
            "subject": str(proposed.pk),
            "state": "proposed",
            "patient": None,
            "proposed_patient": str(known.pk),
        }
        assert correction.after["patient"] == str(known.pk)

    def test_what_staff_gave_to_another_stays_there(
        self, api: APIClient, clinic: Clinic, proposed: Subject, known: Patient
    ) -> None:
        other = PatientFactory(clinic=clinic)
        proposed.documents.update(patient=other)
        proposed.facts.filter(field="species").update(patient=other)
        api.post(at(proposed, "accept/"))
        assert set(proposed.documents.values_list("patient", flat=True)) == {other.pk}
        assert set(proposed.facts.filter(field="species").values_list("patient", flat=True)) == {other.pk}
        assert set(proposed.facts.exclude(field="species").values_list("patient", flat=True)) == {known.pk}

    def test_it_is_decided_once(self, api: APIClient, proposed: Subject) -> None:
        api.post(at(proposed, "accept/"))
        for then in ("accept/", "reject/"):
            response = api.post(at(proposed, then))
            assert (response.status_code, response.json()["code"]) == (409, "nothing_proposed")

    def test_an_archived_patient_is_not_it(self, api: APIClient, proposed: Subject, known: Patient) -> None:
        Patient.objects.filter(pk=known.pk).update(archived_at=timezone.now())
        assert api.post(at(proposed, "accept/")).json()["code"] == "patient_archived"
        assert whose(proposed) == {None}


class TestReject:
    def test_a_patient_is_proposed_of_the_facts(self, api: APIClient, proposed: Subject, known: Patient) -> None:
        told = api.post(at(proposed, "reject/")).json()
        made = Patient.objects.exclude(pk=known.pk).get()
        assert (told["state"], told["reason"], told["patient"]["id"]) == ("new", "staff", str(made.pk))
        assert (made.status, made.name, made.species, made.microchip) == ("proposed", "Juniper", "dog", CHIP)
        assert whose(proposed) == {made.pk}

    def test_where_nobody_is_named_it_stays_nobody(self, api: APIClient, clinic: Clinic, known: Patient) -> None:
        (subject,) = file_and_match(clinic, {"microchip": CHIP})
        told = api.post(at(subject, "reject/")).json()
        assert (told["state"], told["patient"], told["proposed_patient"]) == ("unknown", None, None)
        assert Patient.objects.count() == 1


class TestAssign:
    def test_all_that_was_its_follows_and_the_wrong_guess_is_archived(self, api: APIClient, clinic: Clinic) -> None:
        (subject,) = file_and_match(clinic, {"name": "Juniper"})
        guess = subject.patient
        right = PatientFactory(clinic=clinic)
        response = api.post(at(subject, "assign/"), {"patient": str(right.pk)})
        assert response.status_code == 200, response.json()
        assert (response.json()["state"], response.json()["patient"]["id"]) == ("matched", str(right.pk))
        assert whose(subject) == {right.pk}
        assert guess is not None
        guess.refresh_from_db()
        assert guess.is_archived

    def test_a_guess_that_another_file_shares_stays(self, api: APIClient, clinic: Clinic) -> None:
        (subject,) = file_and_match(clinic, {"name": "Juniper", "microchip": CHIP})
        (sharing,) = file_and_match(clinic, {"name": "Juniper", "microchip": CHIP})
        assert sharing.proposed_patient == subject.patient
        right = PatientFactory(clinic=clinic)
        api.post(at(subject, "assign/"), {"patient": str(right.pk)})
        assert not Patient.objects.exclude(pk=right.pk).get().is_archived

    def test_a_confirmed_patient_is_never_archived_by_it(self, api: APIClient, clinic: Clinic) -> None:
        (subject,) = file_and_match(clinic, {"name": "Juniper"})
        Patient.objects.update(status="confirmed")
        right = PatientFactory(clinic=clinic)
        api.post(at(subject, "assign/"), {"patient": str(right.pk)})
        assert not Patient.objects.exclude(pk=right.pk).get().is_archived

    def test_facts_of_nobody_bring_their_documents_where_the_file_names_nobody(
        self, api: APIClient, clinic: Clinic
    ) -> None:
        (subject,) = file_and_match(clinic, {"species": "dog"})
        patient = PatientFactory(clinic=clinic)
        api.post(at(subject, "assign/"), {"patient": str(patient.pk)})
        assert subject.documents.count() == 1
        assert whose(subject) == {patient.pk}

    def test_an_unknown_or_archived_patient_is_refused(
        self, api: APIClient, clinic: Clinic, other_clinic: Clinic
    ) -> None:
        (subject,) = file_and_match(clinic, {"name": "Juniper"})
        foreign = PatientFactory(clinic=other_clinic)
        archived = PatientFactory(clinic=clinic, archived_at=timezone.now())
        assert api.post(at(subject, "assign/"), {"patient": str(foreign.pk)}).status_code == 404
        assert api.post(at(subject, "assign/"), {"patient": str(archived.pk)}).json()["code"] == "patient_archived"
        assert api.post(at(subject, "assign/"), {}).json()["code"] == "invalid"
        assert whose(subject) == {subject.patient_id}


@pytest.mark.parametrize(("then", "said"), [("accept/", {}), ("reject/", {}), ("assign/", {"patient": True})])
class TestNotOpen:
    def test_in_an_archived_upload_nothing_is_decided(
        self, api: APIClient, proposed: Subject, known: Patient, then: str, said: dict[str, Any]
    ) -> None:
        Upload.objects.update(archived_at=timezone.now())
        response = api.post(at(proposed, then), said and {"patient": str(known.pk)})
        assert (response.status_code, response.json()["code"]) == (409, "upload_archived")

    def test_in_an_earlier_segmentation_nothing_is_decided(
        self, api: APIClient, proposed: Subject, known: Patient, then: str, said: dict[str, Any]
    ) -> None:
        later, _ = file_animals(Upload.objects.get(), {"name": "Juniper"})
        Upload.objects.update(current_segmentation=later)
        response = api.post(at(proposed, then), said and {"patient": str(known.pk)})
        assert (response.status_code, response.json()["code"]) == (409, "not_current")

    def test_another_clinics_caller_decides_nothing(
        self, outsider: APIClient, proposed: Subject, known: Patient, then: str, said: dict[str, Any]
    ) -> None:
        assert outsider.post(at(proposed, then), said and {"patient": str(known.pk)}).status_code == 404
        proposed.refresh_from_db()
        assert proposed.decided_at is None

    def test_who_may_only_read_decides_nothing(
        self, clinic: Clinic, proposed: Subject, known: Patient, then: str, said: dict[str, Any]
    ) -> None:
        reader = client_of(clinic, scopes=["documents:read", "patients:write"])
        assert reader.post(at(proposed, then), said and {"patient": str(known.pk)}).status_code == 403


class TestRead:
    def test_the_list_shows_current_segmentations_and_is_narrowed(
        self, api: APIClient, clinic: Clinic, proposed: Subject, known: Patient
    ) -> None:
        (new,) = file_and_match(clinic, {"name": "Bramble"})
        file_animals(UploadFactory(clinic=clinic), {"name": "Not current"})
        (archived,) = file_and_match(clinic, {"name": "Archived"})
        Upload.objects.filter(pk=archived.upload_id).update(archived_at=timezone.now())

        def listed(**asked: Any) -> list[str]:
            return [each["id"] for each in api.get(SUBJECTS, asked).json()["results"]]

        assert listed() == [str(new.pk), str(proposed.pk)]
        assert listed(state="proposed") == [str(proposed.pk)]
        assert listed(state=["proposed", "new"]) == [str(new.pk), str(proposed.pk)]
        assert listed(upload=new.upload_id) == [str(new.pk)]
        assert listed(patient=new.patient_id) == [str(new.pk)]
        assert listed(proposed_patient=known.pk) == [str(proposed.pk)]

    def test_the_detail_tells_what_the_file_tells(self, api: APIClient, proposed: Subject, known: Patient) -> None:
        told = api.get(at(proposed)).json()
        assert told["proposed_patient"]["id"] == str(known.pk)
        assert told["document_count"] == 1
        assert {each["field"]: each["value"] for each in told["facts"]} == {
            "name": "Juniper",
            "species": "dog",
            "microchip": CHIP,
        }
        assert told["facts"][0]["quote"] == "name: Juniper"

    def test_the_list_takes_a_fixed_number_of_queries(self, api: APIClient, clinic: Clinic, proposed: Subject) -> None:
        counts = []
        for name in ("Bramble", "Sorrel"):
            file_and_match(clinic, {"name": name}, {"name": f"{name} 2"})
            counts.append(count_queries(api, SUBJECTS))
        assert counts == [1, 1]

    def test_another_clinics_caller_meets_none(self, outsider: APIClient, proposed: Subject) -> None:
        assert outsider.get(SUBJECTS).json()["results"] == []
        assert outsider.get(at(proposed)).status_code == 404


def test_a_later_analysis_keeps_what_was_decided(api: APIClient, proposed: Subject, known: Patient) -> None:
    api.post(at(proposed, "reject/"))
    upload = Upload.objects.get(pk=proposed.upload_id)
    previous = Segmentation.objects.get(pk=proposed.segmentation_id)
    made = Patient.objects.exclude(pk=known.pk).get()
    segmentation, (again,) = file_animals(upload, {"name": "Juniper", "microchip": CHIP})
    match_subjects(upload=upload, segmentation=segmentation, previous=previous, now=timezone.now())
    again.refresh_from_db()
    assert (again.state, again.patient_id, again.reason) == ("new", made.pk, "staff")
    assert Document.objects.filter(segmentation=segmentation, patient=made).count() == 1
    assert not Fact.objects.filter(segmentation=segmentation).exclude(patient=made).exists()
