"""The same document in two uploads is linked to the first, whatever happens to either."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from documents.models import Correction, Document, DocumentFingerprint, DocumentLink, Segmentation, Upload
from documents.operations import archiving, correcting, link_search, near_documents
from documents.operations.adopting import DecisionsWouldBeLost, adopt
from documents.operations.assigning import assign
from documents.operations.deciding import accept_match
from documents.operations.link_deciding import confirm_link, reject_link
from patients.models import Patient
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.factories import DocumentFactory, PatientFactory, SegmentationFactory, UploadFactory
from tests.integration.documents.linked import (
    AMENDED,
    NOISY,
    OTHER_VISIT,
    at,
    copies_of,
    file_again,
    file_texts,
    link_between,
)
from tests.integration.test_constraints import commit_checks
from tests.unit.likeness.papers import LAB, VISIT


def call(principal: Principal, document: Document, link: DocumentLink | None) -> dict[str, Any]:
    assert link is not None
    return {"principal": principal, "document_id": document.pk, "link_id": link.pk, "now": timezone.now()}


def purge(principal: Principal, upload: Upload) -> None:
    archiving.archive_upload(principal=principal, upload_id=upload.pk, now=timezone.now())
    archiving.purge_upload(upload=upload, now=timezone.now())


class TestFiling:
    @pytest.mark.parametrize(("most", "are_compared"), [(100, True), (1, False)])
    def test_what_many_forms_of_a_file_have_in_common_makes_none_of_them_near(
        self, clinic: Clinic, monkeypatch: pytest.MonkeyPatch, most: int, are_compared: bool
    ) -> None:
        compared = []
        monkeypatch.setattr(near_documents, "MOST_SHARING", most)
        monkeypatch.setattr(link_search, "judge_known", lambda *two, **_: compared.append(two))
        file_texts(clinic, *(VISIT.replace("12.4", f"{weight}.4") for weight in range(20, 25)))
        assert bool(compared) == are_compared

    def test_of_one_wording_a_document_is_compared_with_the_first_ones(
        self, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(link_search, "MOST_OF_WORDING", 1)
        first, *others = [file_texts(clinic, VISIT) for _ in range(3)]
        assert copies_of(at(first)) == [at(each) for each in others]

    def test_a_record_sent_again_inside_the_next_one_is_linked_to_the_first(self, clinic: Clinic) -> None:
        first = file_texts(clinic, VISIT, LAB)
        second = file_texts(clinic, OTHER_VISIT, LAB, VISIT)
        commit_checks()
        assert [each.same_as for each in second.documents.order_by("start_line")] == [None, at(first, 1), at(first)]
        assert {each.same_as for each in first.documents.all()} == {None}
        assert set(DocumentLink.objects.values_list("kind", "state", "alike")) == {("same", "found", 1.0)}

    def test_every_further_one_is_linked_to_the_first_and_to_no_copy(self, clinic: Clinic) -> None:
        first, *others = [file_texts(clinic, VISIT) for _ in range(3)]
        assert copies_of(at(first)) == [at(each) for each in others]

    def test_the_upload_that_came_first_has_the_first_in_whatever_order_they_are_read(self, clinic: Clinic) -> None:
        earlier = UploadFactory(clinic=clinic, text=VISIT + LAB)
        later = file_texts(clinic, VISIT)
        assert at(later).same_as is None
        made = file_again(earlier, [VISIT, LAB])
        commit_checks()
        assert copies_of(at(made)) == [at(later)]

    def test_one_twice_in_a_file_is_linked(self, clinic: Clinic) -> None:
        made = file_texts(clinic, VISIT, LAB, VISIT)
        assert [each.same_as for each in made.documents.order_by("start_line")] == [None, None, at(made)]

    def test_another_clinics_document_is_never_linked(self, clinic: Clinic, other_clinic: Clinic) -> None:
        for each in (clinic, other_clinic):
            file_texts(each, VISIT, LAB)
            file_texts(each, NOISY, AMENDED)
        for link in DocumentLink.objects.select_related("document", "first"):
            assert link.clinic_id == link.document.clinic_id == link.first.clinic_id
        assert not Document.objects.exclude(same_as=None).exists()
        assert DocumentLink.objects.filter(clinic=clinic).count() == DocumentLink.objects.count() / 2 == 2

    @pytest.mark.parametrize(
        ("text", "kind", "has_later_words"), [(NOISY, "same", True), (AMENDED, "supersedes", True)]
    )
    def test_what_is_not_the_same_words_is_proposed(
        self, clinic: Clinic, text: str, kind: str, has_later_words: bool
    ) -> None:
        first, second = file_texts(clinic, VISIT, LAB), file_texts(clinic, text)
        link = DocumentLink.objects.get()
        assert (link.kind, link.state, link.document) == (kind, "proposed", at(second))
        assert link.first == at(first, 0 if kind == "same" else 1)
        assert at(second).same_as is None

    def test_what_amends_is_the_newer_one_though_it_came_first(self, clinic: Clinic) -> None:
        first, second = file_texts(clinic, AMENDED), file_texts(clinic, LAB)
        link = DocumentLink.objects.get()
        assert (link.kind, link.document, link.first) == ("supersedes", at(first), at(second))

    def test_two_visits_by_one_form_are_two(self, clinic: Clinic) -> None:
        file_texts(clinic, VISIT)
        file_texts(clinic, OTHER_VISIT, VISIT.replace("12.4", "12.9"))
        assert not DocumentLink.objects.exists()


class TestAnalysedAgain:
    def test_the_links_are_those_of_the_new_run(self, clinic: Clinic) -> None:
        first, second = file_texts(clinic, VISIT, LAB), file_texts(clinic, LAB)
        again = file_again(first.upload, [VISIT, LAB])
        commit_checks()
        assert copies_of(at(again, 1)) == [at(second)]
        assert copies_of(at(first, 1)) == []
        assert DocumentLink.objects.count() == 1

    def test_the_copy_analysed_again_is_linked_again(self, clinic: Clinic) -> None:
        first, second = file_texts(clinic, VISIT, LAB), file_texts(clinic, LAB)
        again = file_again(second.upload, [LAB])
        assert copies_of(at(first, 1)) == [at(again)]

    @pytest.mark.parametrize("of_copy", [True, False])
    def test_what_staff_decided_about_a_link_holds_back_a_later_run(
        self, clinic: Clinic, principal: Principal, of_copy: bool
    ) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, NOISY)
        link = confirm_link(**call(principal, at(second), link_between(at(first), at(second))))
        upload = (second if of_copy else first).upload
        file_again(upload, [NOISY if of_copy else VISIT])
        upload.refresh_from_db()
        assert upload.current_segmentation in (first, second)
        link.refresh_from_db()
        assert (link.state, at(second).same_as) == ("confirmed", at(first))

    def test_another_run_adopted_takes_the_decision_over(self, clinic: Clinic, principal: Principal) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, NOISY)
        confirm_link(**call(principal, at(second), link_between(at(first), at(second))))
        again = file_again(second.upload, [NOISY])
        adopt(principal=principal, segmentation_id=again.pk, now=timezone.now())
        commit_checks()
        assert copies_of(at(first)) == [at(again)]
        link = link_between(at(first), at(again))
        assert link is not None
        assert (link.state, link.decided_by) == ("confirmed", principal.user)

    def test_a_run_that_lacks_the_decided_document_is_not_adopted_unasked(
        self, clinic: Clinic, principal: Principal
    ) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, LAB, NOISY)
        confirm_link(**call(principal, at(second, 1), link_between(at(first), at(second, 1))))
        again = file_again(second.upload, [LAB + NOISY])
        with pytest.raises(DecisionsWouldBeLost):
            adopt(principal=principal, segmentation_id=again.pk, now=timezone.now())
        adopt(principal=principal, segmentation_id=again.pk, force=True, now=timezone.now())
        assert copies_of(at(first)) == []


class TestDeciding:
    def test_what_is_confirmed_is_a_copy(self, clinic: Clinic, principal: Principal) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, NOISY)
        before = at(first).updated_at, at(second).updated_at
        link = confirm_link(**call(principal, at(second), link_between(at(first), at(second))))
        assert (link.state, link.decided_by, at(second).same_as) == ("confirmed", principal.user, at(first))
        assert at(first).updated_at > before[0]
        assert at(second).updated_at > before[1]
        told = Correction.objects.get()
        assert (told.kind, told.document, told.after["state"]) == ("link", at(second), "confirmed")

    def test_what_is_rejected_is_not_found_again(self, clinic: Clinic, principal: Principal) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, VISIT)
        link = reject_link(**call(principal, at(first), link_between(at(first), at(second))))
        assert (link.state, at(second).same_as) == ("rejected", None)
        assign(principal=principal, document_id=at(second).pk, patient_id=None, now=timezone.now())
        assert at(second).same_as is None
        third = file_texts(clinic, VISIT)  # the same as both, and the two stay two
        commit_checks()
        assert (at(third).same_as, at(second).same_as) == (at(first), None)
        confirm_link(**call(principal, at(first), link))
        assert (at(third).same_as, at(second).same_as) == (at(first), at(first))

    def test_an_amendment_that_is_confirmed_hides_nothing(self, clinic: Clinic, principal: Principal) -> None:
        first, second = file_texts(clinic, LAB), file_texts(clinic, AMENDED)
        confirm_link(**call(principal, at(first), link_between(at(first), at(second))))
        assert not Document.objects.exclude(same_as=None).exists()

    def test_a_decision_that_changes_nothing_is_not_written(self, clinic: Clinic, principal: Principal) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, NOISY)
        said = call(principal, at(second), link_between(at(first), at(second)))
        assert confirm_link(**said).decided_at == confirm_link(**said).decided_at
        assert Correction.objects.count() == 1


class TestCorrections:
    def test_a_copy_that_is_split_is_none(self, clinic: Clinic, principal: Principal) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, VISIT, LAB)
        before = at(first).updated_at
        correcting.split(principal=principal, document_id=at(second).pk, at_line=6, now=timezone.now())
        assert copies_of(at(first)) == []
        assert at(first).updated_at > before

    def test_a_document_that_is_cut_right_is_linked(self, clinic: Clinic, principal: Principal) -> None:
        first, second = file_texts(clinic, VISIT, LAB), file_texts(clinic, VISIT + LAB)
        assert copies_of(at(first)) == []
        at_line = VISIT.count("\n") + 1
        correcting.split(principal=principal, document_id=at(second).pk, at_line=at_line, now=timezone.now())
        assert [each.same_as for each in second.documents.order_by("start_line")] == [at(first), at(first, 1)]

    def test_the_first_merged_away_leaves_the_next_as_the_first(self, clinic: Clinic, principal: Principal) -> None:
        first = file_texts(clinic, LAB, VISIT)
        second, third = file_texts(clinic, VISIT), file_texts(clinic, VISIT)
        correcting.merge_next(principal=principal, document_id=at(first).pk, now=timezone.now())
        commit_checks()
        assert copies_of(at(second)) == [at(third)]

    def test_what_was_confirmed_is_kept_while_it_may_be(self, clinic: Clinic, principal: Principal) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, NOISY)
        confirm_link(**call(principal, at(second), link_between(at(first), at(second))))
        correcting.move_start(principal=principal, document_id=at(second).pk, to_line=2, now=timezone.now())
        assert at(second).same_as == at(first)  # all but its first line
        correcting.split(principal=principal, document_id=at(second).pk, at_line=7, now=timezone.now())
        assert link_between(at(first), at(second)) is None

    def test_what_is_found_again_is_the_link_that_it_was(self, clinic: Clinic, principal: Principal) -> None:
        first = file_texts(clinic, VISIT, LAB)
        second = file_texts(clinic, NOISY, LAB)
        before = list(DocumentLink.objects.order_by("pk").values()), at(first).updated_at, at(first, 1).updated_at
        for place in (0, 1):
            correcting.describe(
                principal=principal,
                document_id=at(second, place).pk,
                description={"title": f"Another title {place}"},
                now=timezone.now(),
            )
        after = list(DocumentLink.objects.order_by("pk").values()), at(first).updated_at, at(first, 1).updated_at
        assert after == before
        assert len(before[0]) == 2


class TestArchiveAndPurge:
    def test_an_archived_first_hides_nothing_and_is_the_first_again_when_it_is_restored(
        self, clinic: Clinic, principal: Principal
    ) -> None:
        first, second, third = (file_texts(clinic, VISIT) for _ in range(3))
        archiving.archive_upload(principal=principal, upload_id=first.upload_id, now=timezone.now())
        assert (at(second).same_as, at(third).same_as) == (None, at(second))
        archiving.restore_upload(principal=principal, upload_id=first.upload_id, now=timezone.now())
        commit_checks()
        assert copies_of(at(first)) == [at(second), at(third)]

    def test_what_was_confirmed_wakes_with_the_upload(self, clinic: Clinic, principal: Principal) -> None:
        first, second = file_texts(clinic, VISIT), file_texts(clinic, NOISY)
        confirm_link(**call(principal, at(second), link_between(at(first), at(second))))
        archiving.archive_upload(principal=principal, upload_id=first.upload_id, now=timezone.now())
        assert at(second).same_as is None
        archiving.restore_upload(principal=principal, upload_id=first.upload_id, now=timezone.now())
        assert at(second).same_as == at(first)

    def test_of_a_purged_first_nothing_is_left_and_the_next_is_the_document(
        self, clinic: Clinic, principal: Principal
    ) -> None:
        first, second, third = (file_texts(clinic, VISIT) for _ in range(3))
        gone = at(first).pk
        purge(principal, first.upload)
        commit_checks()
        assert copies_of(at(second)) == [at(third)]
        assert not DocumentFingerprint.objects.filter(document=gone).exists()
        assert DocumentLink.objects.count() == 1

    def test_what_staff_said_of_a_purged_one_holds_for_its_copies(self, clinic: Clinic, principal: Principal) -> None:
        first = file_texts(clinic, VISIT)
        second, third = file_texts(clinic, NOISY), file_texts(clinic, NOISY.replace("mild", "mi1d"))
        for each in (second, third):
            link = link_between(at(first), at(each)) or DocumentLink.objects.create(
                clinic=clinic, document=at(each), first=at(first), kind="same", state="proposed", alike=0.9
            )
            confirm_link(**call(principal, at(each), link))
        DocumentLink.objects.exclude(first=at(first)).delete()
        purge(principal, first.upload)
        link = DocumentLink.objects.get()
        assert (link.state, link.decided_by, at(third).same_as) == ("confirmed", principal.user, at(second))


@transaction.atomic
def say_same(document: Document, other: Document) -> None:
    Document.objects.filter(pk=document.pk).update(same_as=other)
    commit_checks()


class TestDatabase:
    def test_documents_of_two_clinics_cannot_be_linked(self, clinic: Clinic, other_clinic: Clinic) -> None:
        one, other = at(file_texts(clinic, VISIT)), at(file_texts(other_clinic, VISIT))
        said = {"kind": "same", "state": "found", "alike": 1.0}
        for owner in (clinic, other_clinic):
            with pytest.raises(IntegrityError, match="two documents of its clinic"), transaction.atomic():
                DocumentLink.objects.create(clinic=owner, document=one, first=other, **said)
        with pytest.raises(IntegrityError, match="a copy is of a first"):
            say_same(one, other)

    def test_a_pair_is_linked_once_and_in_no_circle(self, clinic: Clinic) -> None:
        first, second, third = (at(file_texts(clinic, text)) for text in (VISIT, LAB, OTHER_VISIT))
        said = {"clinic": clinic, "kind": "same", "state": "rejected", "alike": 1.0}
        DocumentLink.objects.create(document=second, first=first, **said)
        for document, other in ((second, first), (first, second), (first, first)):
            with pytest.raises(IntegrityError), transaction.atomic():
                DocumentLink.objects.create(document=document, first=other, **said)
        Document.objects.filter(pk=second.pk).update(same_as=first)
        for document, other in ((first, second), (third, second), (first, third), (third, third)):
            with pytest.raises(IntegrityError, match="a copy is of a first"):
                say_same(document, other)


def test_a_document_without_fingerprint_is_passed_over(clinic: Clinic) -> None:
    upload = UploadFactory(clinic=clinic, text=VISIT)
    segmentation: Segmentation = SegmentationFactory(upload=upload, documents=())
    DocumentFactory(segmentation=segmentation)
    Upload.objects.filter(pk=upload.pk).update(current_segmentation=segmentation)
    assert at(file_texts(clinic, VISIT)).same_as is None


def test_short_documents_are_linked_once_it_is_known_whose_they_are(clinic: Clinic, principal: Principal) -> None:
    short = "Visit\nNail trim done, no charge today.\n"
    first, second = file_texts(clinic, short, LAB), file_texts(clinic, short, OTHER_VISIT)
    assert at(second).same_as is None  # two new patients are proposed, and few words say little
    patient: Patient = PatientFactory(clinic=clinic)
    for each in (first, second):
        assign(principal=principal, document_id=at(each).pk, patient_id=patient.pk, now=timezone.now())
    assert at(second).same_as == at(first)
    assign(principal=principal, document_id=at(second).pk, patient_id=None, now=timezone.now())
    assert at(second).same_as is None


class TestMatching:
    def test_a_record_sent_again_makes_no_second_patient(self, clinic: Clinic, principal: Principal) -> None:
        first = file_texts(clinic, VISIT, LAB)
        second = file_texts(clinic, OTHER_VISIT, VISIT)
        patient = first.subjects.get().patient
        subject = second.subjects.get()
        assert (subject.state, subject.reason, subject.patient) == ("proposed", "same document", None)
        assert subject.proposed_patient == patient
        assert Patient.objects.count() == 1
        accept_match(principal=principal, subject_id=subject.pk, now=timezone.now())
        assert {each.patient for each in second.documents.all()} == {patient}

    def test_near_copies_and_archived_patients_say_nothing(self, clinic: Clinic) -> None:
        first = file_texts(clinic, VISIT)
        assert file_texts(clinic, NOISY).subjects.get().state == "new"
        Patient.objects.update(archived_at=timezone.now())
        assert file_texts(clinic, VISIT).subjects.get().state == "new"
        assert first.subjects.get().state == "new"

    def test_another_clinics_record_says_nothing(self, clinic: Clinic, other_clinic: Clinic) -> None:
        file_texts(other_clinic, VISIT)
        subject = file_texts(clinic, VISIT).subjects.get()
        assert (subject.state, subject.proposed_patient) == ("new", None)
