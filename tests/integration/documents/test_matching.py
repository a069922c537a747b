"""Whose the animals of a file are: by chip, by the sender's word, as decided before; never by name alone."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from documents.models import Fact, Segmentation, Subject, Upload
from documents.operations.matching import match_subjects
from patients.models import Owner, Patient
from pennie.accounts.models import Clinic
from tests.factories import ClinicFactory, OwnerFactory, PatientFactory, UploadFactory, principal_at
from tests.integration.documents.filed import file_animals

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
CHIP = "985112004567890"
OTHER_CHIP = "985112004567891"


@pytest.fixture
def upload(clinic: Clinic) -> Upload:
    made: Upload = UploadFactory(clinic=clinic)
    return made


def match(segmentation: Segmentation, *, previous: Segmentation | None = None) -> None:
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=segmentation.upload_id)
        match_subjects(upload=upload, segmentation=segmentation, previous=previous, now=NOW)


def match_animals(
    upload: Upload, *animals: Mapping[str, object], previous: Segmentation | None = None
) -> list[Subject]:
    segmentation, _ = file_animals(upload, *animals)
    match(segmentation, previous=previous)
    return list(segmentation.subjects.order_by("position"))


def allow(clinic: Clinic, rule: str) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(auto_match=rule)


def warnings_of(subject: Subject) -> str:
    return "; ".join(Segmentation.objects.get(pk=subject.segmentation_id).warnings)


class TestNobodyOfTheRegister:
    def test_a_proposed_patient_is_made_of_the_facts(self, upload: Upload) -> None:
        (subject,) = match_animals(
            upload,
            {
                "name": "Juniper",
                "species": "dog",
                "breed": "Beagle",
                "sex": "female",
                "neutered": True,
                "date_of_birth": ["2019-04-05", "2018"],
                "color": "tricolor",
                "microchip": "985 112 004 567 890",
                "owner": "Marlow Tennick",
                "owner_phone": "555 0142",
                "owner_email": "marlow@tennick.example",
                "owner_address": "3 Hollow Lane",
            },
        )
        patient = Patient.objects.get()
        assert (subject.state, subject.patient_id, subject.proposed_patient_id) == ("new", patient.pk, None)
        assert patient.clinic_id == upload.clinic_id
        assert patient.status == "proposed"
        assert (patient.name, patient.species, patient.breed, patient.sex) == ("Juniper", "dog", "Beagle", "female")
        assert (patient.neutered, patient.date_of_birth, patient.color) == (True, "2019-04-05", "tricolor")
        assert patient.microchip == CHIP
        assert patient.owner is not None
        assert (patient.owner.name, patient.owner.phone) == ("Marlow Tennick", "555 0142")
        assert (patient.owner.email, patient.owner.address) == ("marlow@tennick.example", "3 Hollow Lane")
        assert set(subject.documents.values_list("patient", flat=True)) == {patient.pk}
        assert set(subject.facts.values_list("patient", flat=True)) == {patient.pk}

    def test_the_same_name_and_owner_is_not_enough(self, upload: Upload) -> None:
        known = PatientFactory(clinic=upload.clinic, name="Juniper", owner__name="Marlow Tennick")
        (subject,) = match_animals(upload, {"name": "Juniper", "species": "dog", "owner": "Marlow Tennick"})
        assert subject.state == "new"
        assert subject.patient_id != known.pk

    @pytest.mark.parametrize("told", [{"owner_phone": "(555) 01-42"}, {"owner_email": "MARLOW@tennick.example"}])
    def test_an_owner_is_known_by_name_and_phone_or_email(self, upload: Upload, told: dict[str, object]) -> None:
        known = OwnerFactory(
            clinic=upload.clinic, name="Márlow Tennick", phone="555 0142 ext 3", email="marlow@tennick.example"
        )
        match_animals(upload, {"name": "Juniper", "owner": "Marlow Tennick", **told})
        assert Patient.objects.get().owner == known

    @pytest.mark.parametrize(
        "told",
        [
            {"owner": "Marlow Tennick"},
            {"owner": "Marlow Tennick", "owner_phone": "555 0143"},
            {"owner": "Petra Tennick", "owner_phone": "555 0142"},
        ],
    )
    def test_an_owner_known_by_less_is_made(self, upload: Upload, told: dict[str, object]) -> None:
        known = OwnerFactory(clinic=upload.clinic, name="Marlow Tennick", phone="555 0142")
        match_animals(upload, {"name": "Juniper", **told})
        assert Patient.objects.get().owner != known

    def test_another_clinics_owner_is_nobody(self, upload: Upload, other_clinic: Clinic) -> None:
        OwnerFactory(clinic=other_clinic, name="Marlow Tennick", phone="555 0142")
        match_animals(upload, {"name": "Juniper", "owner": "Marlow Tennick", "owner_phone": "555 0142"})
        owner = Patient.objects.get().owner
        assert owner is not None
        assert owner.clinic_id == upload.clinic_id

    def test_the_animals_of_one_file_share_their_owner(self, upload: Upload) -> None:
        match_animals(
            upload, {"name": "Juniper", "owner": "Marlow Tennick"}, {"name": "Bramble", "owner": "Marlow Tennick"}
        )
        assert Patient.objects.count() == 2
        assert Owner.objects.count() == 1

    def test_facts_of_nobody_make_no_patient(self, upload: Upload) -> None:
        named, nobody = match_animals(upload, {"name": "Juniper"}, {"microchip": CHIP})
        assert (named.state, nobody.state, nobody.patient_id) == ("new", "unknown", None)
        assert Patient.objects.count() == 1
        assert set(nobody.facts.values_list("patient", flat=True)) == {None}

    def test_what_is_too_long_for_the_register_is_left_to_the_facts(self, upload: Upload) -> None:
        match_animals(upload, {"name": "Juniper", "color": "brindle " * 14, "date_of_birth": "spring 2019"})
        patient = Patient.objects.get()
        assert (patient.color, patient.date_of_birth) == ("", "")


class TestByChip:
    def test_it_is_proposed_where_the_clinic_wants_to_be_asked(self, upload: Upload) -> None:
        known = PatientFactory(clinic=upload.clinic, microchip=CHIP)
        (subject,) = match_animals(upload, {"name": "Bramble", "microchip": "985-112-004567890"})
        assert (subject.state, subject.proposed_patient_id, subject.patient_id) == ("proposed", known.pk, None)
        assert subject.reason == "microchip"
        assert Patient.objects.count() == 1
        assert set(subject.documents.values_list("patient", flat=True)) == {None}
        assert set(subject.facts.values_list("patient", flat=True)) == {None}

    def test_it_is_matched_where_the_clinic_allows_it(self, upload: Upload, clinic: Clinic) -> None:
        allow(clinic, "chip")
        known = PatientFactory(clinic=clinic, microchip=CHIP)
        (subject,) = match_animals(upload, {"name": "Juniper", "microchip": CHIP, "owner": "Somebody Else"})
        assert (subject.state, subject.patient_id, subject.reason) == ("matched", known.pk, "microchip")
        assert set(subject.documents.values_list("patient", flat=True)) == {known.pk}
        assert set(subject.facts.values_list("patient", flat=True)) == {known.pk}

    @pytest.mark.parametrize(
        ("owner", "state"),
        [("Tennick, Marlow", "matched"), ("Petra Oakhurst", "proposed"), ("", "proposed")],
    )
    def test_the_owner_must_agree_too_where_the_clinic_says_so(
        self, upload: Upload, clinic: Clinic, owner: str, state: str
    ) -> None:
        allow(clinic, "chip_and_owner")
        PatientFactory(clinic=clinic, microchip=CHIP, owner__name="Marlow Tennick")
        (subject,) = match_animals(upload, {"name": "Juniper", "microchip": CHIP} | ({"owner": owner} if owner else {}))
        assert subject.state == state

    @pytest.mark.parametrize(
        "told", [{"microchip": CHIP, "species": "cat"}, {"microchip": [CHIP, OTHER_CHIP], "species": "dog"}]
    )
    def test_papers_that_contradict_are_always_asked_about(
        self, upload: Upload, clinic: Clinic, told: dict[str, object]
    ) -> None:
        allow(clinic, "chip")
        known = PatientFactory(clinic=clinic, microchip=CHIP, species="dog")
        (subject,) = match_animals(upload, {"name": "Juniper", **told})
        assert (subject.state, subject.proposed_patient_id) == ("proposed", known.pk)

    def test_of_several_with_that_chip_the_newest_confirmed_is_proposed(self, upload: Upload, clinic: Clinic) -> None:
        allow(clinic, "chip")
        PatientFactory(clinic=clinic, microchip=CHIP)
        newest = PatientFactory(clinic=clinic, microchip=CHIP)
        PatientFactory(clinic=clinic, microchip=CHIP, status="proposed")
        (subject,) = match_animals(upload, {"name": "Juniper", "microchip": CHIP})
        assert (subject.state, subject.proposed_patient_id) == ("proposed", newest.pk)
        assert warnings_of(subject) == "the microchip (line 1) is that of 3 patients of the register"

    def test_archived_patients_and_those_of_other_clinics_are_not_met(
        self, upload: Upload, clinic: Clinic, other_clinic: Clinic
    ) -> None:
        allow(clinic, "chip")
        PatientFactory(clinic=clinic, microchip=CHIP, archived_at=NOW)
        PatientFactory(clinic=other_clinic, microchip=CHIP)
        (subject,) = match_animals(upload, {"name": "Juniper", "microchip": CHIP})
        assert subject.state == "new"

    def test_a_file_that_names_nobody_is_proposed_with_its_documents(self, upload: Upload, clinic: Clinic) -> None:
        allow(clinic, "chip")
        known = PatientFactory(clinic=clinic, microchip=CHIP)
        (subject,) = match_animals(upload, {"microchip": CHIP})
        assert (subject.state, subject.proposed_patient_id) == ("proposed", known.pk)
        assert subject.documents.count() == 1

    def test_the_next_file_of_a_new_animal_meets_the_proposed_patient(self, upload: Upload, clinic: Clinic) -> None:
        (first,) = match_animals(upload, {"name": "Juniper", "microchip": CHIP})
        (second,) = match_animals(UploadFactory(clinic=clinic), {"name": "Juniper", "microchip": CHIP})
        assert (second.state, second.proposed_patient_id) == ("proposed", first.patient_id)


class TestNamedBySender:
    @pytest.fixture
    def known(self, clinic: Clinic) -> Patient:
        made: Patient = PatientFactory(
            clinic=clinic, name="Juniper", species="dog", microchip=CHIP, owner__name="Marlow Tennick"
        )
        return made

    @pytest.fixture
    def upload(self, clinic: Clinic, known: Patient) -> Upload:
        made: Upload = UploadFactory(clinic=clinic, patient=known)
        return made

    @pytest.mark.parametrize("name", ["Juniper", "JUN1PER", "Juniper Tennick", "Junipper"])
    def test_the_one_animal_of_the_file_is_it(self, upload: Upload, known: Patient, name: str) -> None:
        (subject,) = match_animals(upload, {"name": name, "species": "dog"})
        assert (subject.state, subject.patient_id, subject.reason) == ("matched", known.pk, "named by sender")
        assert set(subject.documents.values_list("patient", flat=True)) == {known.pk}
        assert warnings_of(subject) == ""

    @pytest.mark.parametrize(
        ("told", "field"),
        [
            ({"name": "Juniper", "microchip": OTHER_CHIP}, "microchip"),
            ({"name": "Juniper", "species": "cat"}, "species"),
            ({"name": "Bramble"}, "name"),
        ],
    )
    def test_disagreement_is_told_and_makes_no_second_patient(
        self, upload: Upload, known: Patient, told: dict[str, object], field: str
    ) -> None:
        (subject,) = match_animals(upload, told)
        assert (subject.state, subject.patient_id) == ("matched", known.pk)
        assert warnings_of(subject) == f"the {field} (line 1) is not that of the patient that the sender named"
        assert Patient.objects.count() == 1

    @pytest.mark.parametrize("agreeing", [{"name": "Juniper", "species": "dog"}, {"name": "Jay", "microchip": CHIP}])
    def test_of_several_animals_the_one_that_agrees_is_it(
        self, upload: Upload, known: Patient, agreeing: dict[str, object]
    ) -> None:
        other, it = match_animals(upload, {"name": "Bramble", "species": "cat"}, agreeing)
        assert (it.state, it.patient_id) == ("matched", known.pk)
        assert (other.state, other.reason) == ("new", "")
        assert other.patient_id not in (known.pk, None)

    def test_of_several_that_do_not_agree_none_is_it(self, upload: Upload, known: Patient) -> None:
        subjects = match_animals(upload, {"name": "Bramble", "species": "cat"}, {"name": "Juniper"})
        assert [subject.state for subject in subjects] == ["new", "new"]
        assert "none of them agrees with the patient that the sender named" in warnings_of(subjects[0])

    def test_a_file_that_names_nobody_is_its_too(self, upload: Upload, known: Patient) -> None:
        (subject,) = match_animals(upload, {"species": "dog"})
        assert (subject.state, subject.patient_id) == ("matched", known.pk)
        assert upload.documents.get().patient_id == known.pk

    def test_documents_without_any_fact_are_its_too(self, upload: Upload, known: Patient) -> None:
        assert match_animals(upload) == []
        assert upload.documents.get().patient_id == known.pk


class TestAnalysedAgain:
    def test_no_second_patient_is_proposed(self, upload: Upload) -> None:
        first, _ = file_animals(upload, {"name": "Juniper"}, {"name": "Bramble", "microchip": CHIP})
        match(first)
        juniper, bramble = first.subjects.order_by("position")
        again = match_animals(upload, {"name": "Bramble B", "microchip": CHIP}, {"name": "JUNIPER"}, previous=first)
        assert [one.patient_id for one in again] == [bramble.patient_id, juniper.patient_id]
        assert {one.state for one in again} == {"new"}
        assert Patient.objects.count() == 2

    def test_another_chip_is_another_animal(self, upload: Upload) -> None:
        first, _ = file_animals(upload, {"name": "Juniper", "microchip": CHIP})
        match(first)
        match_animals(upload, {"name": "Juniper", "microchip": OTHER_CHIP}, previous=first)
        assert Patient.objects.count() == 2

    def test_namesakes_stay_apart(self, upload: Upload) -> None:
        first, _ = file_animals(upload, {"name": "Juniper", "species": "dog"}, {"name": "Juniper", "species": "cat"})
        match(first)
        dog, cat = first.subjects.order_by("position")
        again = match_animals(
            upload, {"name": "Juniper", "species": "cat"}, {"name": "Juniper", "species": "dog"}, previous=first
        )
        assert [one.patient_id for one in again] == [cat.patient_id, dog.patient_id]

    def test_what_staff_decided_goes_before_the_sender_and_the_chip(self, upload: Upload, clinic: Clinic) -> None:
        allow(clinic, "chip")
        chosen, sent = PatientFactory(clinic=clinic), PatientFactory(clinic=clinic, microchip=CHIP)
        Upload.objects.filter(pk=upload.pk).update(patient=sent)
        first, (subject,) = file_animals(upload, {"name": "Juniper", "microchip": CHIP})
        user = principal_at(clinic).user
        Subject.objects.filter(pk=subject.pk).update(
            state="matched", patient=chosen, reason="staff", decided_at=NOW, decided_by=user
        )
        (again,) = match_animals(upload, {"name": "Juniper", "microchip": CHIP}, previous=first)
        assert (again.state, again.patient_id, again.reason) == ("matched", chosen.pk, "staff")
        assert (again.decided_at, again.decided_by_id) == (NOW, user.pk)

    def test_a_match_that_staff_rejected_is_not_proposed_again(self, upload: Upload, clinic: Clinic) -> None:
        PatientFactory(clinic=clinic, microchip=CHIP)
        first, (subject,) = file_animals(upload, {"microchip": CHIP})
        Subject.objects.filter(pk=subject.pk).update(state="unknown", reason="staff", decided_at=NOW)
        (again,) = match_animals(upload, {"microchip": CHIP}, previous=first)
        assert (again.state, again.proposed_patient_id, again.decided_at) == ("unknown", None, NOW)

    def test_a_segmentation_kept_beside_counts_as_well(self, upload: Upload) -> None:
        current, _ = file_animals(upload, {"name": "Juniper"})
        match(current)
        match_animals(upload, {"name": "Juniper"}, {"name": "Bramble"}, previous=current)
        match_animals(upload, {"name": "Juniper"}, {"name": "Bramble"}, previous=current)
        assert Patient.objects.count() == 2


def test_the_number_of_queries_does_not_grow_with_the_file(clinic: Clinic) -> None:
    counts = []
    for count in (1, 6):
        animals = [
            {"name": f"B{n}", "microchip": f"9851120{count}456{n:04}", "owner": f"Person {n}"} for n in range(count)
        ]
        upload = UploadFactory(clinic=clinic)
        segmentation, _ = file_animals(upload, *animals)
        with CaptureQueriesContext(connection) as queries:
            match_subjects(upload=upload, segmentation=segmentation, previous=None, now=NOW)
        counts.append(len(queries))
    assert counts == [13, 13]


@pytest.mark.django_db(transaction=True)
def test_two_files_with_one_new_animal_at_once_make_one_patient(media: object) -> None:
    clinic = ClinicFactory()
    with transaction.atomic():
        uploads = [UploadFactory(clinic=clinic) for _ in range(2)]
        files = [file_animals(upload, {"name": "Juniper", "microchip": CHIP})[0] for upload in uploads]
    barrier = threading.Barrier(2, timeout=10)

    def work(segmentation: Segmentation) -> None:
        try:
            barrier.wait()
            match(segmentation)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(each,)) for each in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert Patient.objects.count() == 1
    assert sorted(Subject.objects.values_list("state", flat=True)) == ["new", "proposed"]
    assert Fact.objects.filter(patient=None).count() == 2
