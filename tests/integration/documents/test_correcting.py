"""What staff correct: every line stays covered once, no fact is lost, and what was before is written down."""

import datetime as dt
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import queries
from documents.domain.partition import NotCorrectable
from documents.models import Correction, Document, Gap, Segmentation
from documents.operations import correcting
from documents.operations.assigning import PatientArchived, assign
from documents.operations.correcting import NotDescribable
from documents.operations.editing import NotCurrent, Stale, UploadArchived
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing
from tests.factories import (
    FactFactory,
    PatientFactory,
    SegmentationFactory,
    SubjectFactory,
    principal_at,
)
from tests.integration.documents.conftest import at
from tests.integration.test_constraints import commit_checks

NOW = dt.datetime(2026, 5, 4, 9, 30, tzinfo=dt.UTC)


def show(segmentation: Segmentation) -> list[tuple[int, int, str]]:
    """The pieces as they are now, and the database's own checks."""
    commit_checks()
    segmentation.upload.refresh_from_db()
    return [
        (piece.start_line, piece.end_line, piece.title if isinstance(piece, Document) else piece.reason)
        for piece in queries.list_pieces(upload=segmentation.upload)
    ]


def assert_facts_lie_in_their_documents(segmentation: Segmentation, *, count: int = 3) -> None:
    facts = list(segmentation.facts.select_related("document"))
    assert len(facts) == count
    for fact in facts:
        holder = segmentation.documents.filter(start_line__lte=fact.line, end_line__gte=fact.line).first()
        assert fact.document == holder


def test_a_split_makes_two_documents_of_one(segmentation: Segmentation, principal: Principal) -> None:
    visit = at(segmentation, 5)
    first, second = correcting.split(principal=principal, document_id=visit.pk, at_line=7, now=NOW)
    assert show(segmentation) == [
        (1, 3, "Registration"),
        (4, 4, "ruler"),
        (5, 6, "Visit note"),
        (7, 7, "Weight: 12 kg"),
        (8, 10, "Lab report"),
    ]
    second.refresh_from_db()
    assert (second.type, second.date, second.title_printed, second.confidence) == ("consult_note", None, True, 1.0)
    assert (second.first_page, second.patient, second.subject) == (2, visit.patient, visit.subject)
    for document in (first, second):
        assert (document.review, document.reviewed_by, document.updated_at) == ("corrected", principal.user, NOW)
    assert_facts_lie_in_their_documents(segmentation)
    untouched = at(segmentation, 1)
    assert untouched.review == "needed"


def test_a_split_takes_a_description(segmentation: Segmentation, principal: Principal) -> None:
    _, second = correcting.split(
        principal=principal,
        document_id=at(segmentation, 5).pk,
        at_line=6,
        description={"title": "Cough", "type": "referral", "date": date(2024, 1, 2)},
        now=NOW,
    )
    second.refresh_from_db()
    assert (second.title, second.title_printed, second.type, second.date) == (
        "Cough",
        True,
        "referral",
        date(2024, 1, 2),
    )


def test_each_correction_is_written_down_with_before_and_after(
    segmentation: Segmentation, principal: Principal
) -> None:
    visit = at(segmentation, 5)
    revision = segmentation.revision
    correcting.move_start(principal=principal, document_id=visit.pk, to_line=4, now=NOW)
    written = Correction.objects.get()
    assert (written.kind, written.document, written.made_by, written.made_at) == (
        "move_start",
        visit,
        principal.user,
        NOW,
    )
    assert written.before == {
        "documents": [
            {
                "id": str(visit.pk),
                "start_line": 5,
                "end_line": 7,
                "title": "Visit note",
                "type": "consult_note",
                "date": "2024-03-05",
                "patient": str(visit.patient_id),
                "review": "needed",
            }
        ],
        "gaps": [{"start_line": 4, "end_line": 4, "reason": "ruler"}],
    }
    assert written.after["documents"][0]["start_line"] == 4
    segmentation.refresh_from_db()
    assert (segmentation.revision, segmentation.upload.updated_at) == (revision + 1, NOW)


def test_a_beginning_moved_earlier_takes_the_gap_and_lines_of_the_document_before(
    segmentation: Segmentation, principal: Principal
) -> None:
    moved = correcting.move_start(principal=principal, document_id=at(segmentation, 5).pk, to_line=2, now=NOW)
    assert show(segmentation) == [(1, 1, "Registration"), (2, 7, "Visit note"), (8, 10, "Lab report")]
    assert (moved.first_page, moved.last_page) == (1, 2)
    assert_facts_lie_in_their_documents(segmentation)


def test_merging_takes_in_the_next_document(segmentation: Segmentation, principal: Principal) -> None:
    merged = correcting.merge_next(principal=principal, document_id=at(segmentation, 1).pk, now=NOW)
    assert show(segmentation) == [(1, 7, "Registration"), (8, 10, "Lab report")]
    assert (merged.first_page, merged.last_page, merged.title) == (1, 2, "Registration")
    assert_facts_lie_in_their_documents(segmentation)


def test_a_document_marked_as_gap_leaves_its_facts_with_the_patient(
    segmentation: Segmentation, principal: Principal
) -> None:
    gap = correcting.mark_gap(principal=principal, document_id=at(segmentation, 5).pk, now=NOW)
    assert (gap.start_line, gap.end_line) == (5, 7)
    assert show(segmentation)[2] == (5, 7, "staff")
    fact = segmentation.facts.get(line=7)
    assert (fact.document, fact.patient) == (None, fact.subject.patient)
    assert Correction.objects.get().document is None
    assert_facts_lie_in_their_documents(segmentation)


@pytest.mark.parametrize(
    ("call", "line", "code"),
    [
        (correcting.split, 5, "first_line"),
        (correcting.split, 8, "line_outside"),
        (correcting.move_start, 5, "first_line"),
        (correcting.move_start, 1, "line_outside"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_and_changes_nothing(
    segmentation: Segmentation, principal: Principal, call: Any, line: int, code: str
) -> None:
    before = show(segmentation)
    name = "at_line" if call is correcting.split else "to_line"
    with pytest.raises(NotCorrectable) as refused:
        call(principal=principal, document_id=at(segmentation, 5).pk, now=NOW, **{name: line})
    assert (refused.value.code, refused.value.status) == (code, 409)
    assert show(segmentation) == before
    assert not Correction.objects.exists()


def test_no_document_is_left_without_a_word(segmentation: Segmentation, principal: Principal) -> None:
    with pytest.raises(NotCorrectable) as refused:
        correcting.split(principal=principal, document_id=at(segmentation, 8).pk, at_line=10, now=NOW)
    assert refused.value.code == "blank_document"


def test_describing_changes_words_and_not_lines(segmentation: Segmentation, principal: Principal) -> None:
    visit = at(segmentation, 5)
    described = correcting.describe(
        principal=principal, document_id=visit.pk, description={"title": "  Seen for\u200b a cough "}, now=NOW
    )
    described.refresh_from_db()
    assert (described.title, described.title_printed, described.type) == ("Seen for a cough", True, "consult_note")
    correcting.describe(principal=principal, document_id=visit.pk, description={"title": "Phone call"}, now=NOW)
    described.refresh_from_db()
    assert (described.title_printed, described.review) == (False, "corrected")
    correcting.describe(principal=principal, document_id=visit.pk, description={"title": "Phone call"}, now=NOW)
    assert Correction.objects.count() == 2


def test_a_title_that_was_made_follows_type_and_date(segmentation: Segmentation, principal: Principal) -> None:
    visit = at(segmentation, 5)
    visit.title, visit.title_printed = "Consultation note, 2024-03-05", False
    visit.save(update_fields=["title", "title_printed"])
    told: correcting.Description = {"type": "imaging", "date": date(2024, 3, 6)}
    described = correcting.describe(principal=principal, document_id=visit.pk, description=told, now=NOW)
    assert (described.title, described.has_made_title) == ("Imaging report, 2024-03-06", True)
    told = {"title": "Films of the chest", "date": None}
    described = correcting.describe(principal=principal, document_id=visit.pk, description=told, now=NOW)
    assert (described.title, described.has_made_title) == ("Films of the chest", False)
    told = {"type": "consult_note"}
    described = correcting.describe(principal=principal, document_id=visit.pk, description=told, now=NOW)
    assert (described.title, described.title_printed, described.has_made_title) == ("Films of the chest", False, False)


@pytest.mark.parametrize("description", [{"title": " \u200b"}, {"title": "x" * 501}, {"type": "novel"}])
def test_a_description_that_does_not_fit_is_refused(
    segmentation: Segmentation, principal: Principal, description: Any
) -> None:
    with pytest.raises(NotDescribable):
        correcting.describe(principal=principal, document_id=at(segmentation, 5).pk, description=description, now=NOW)


def test_what_was_confirmed_or_corrected_is_not_confirmed_again(
    segmentation: Segmentation, principal: Principal
) -> None:
    correcting.confirm(principal=principal, document_id=at(segmentation, 5).pk, now=NOW)
    correcting.describe(
        principal=principal, document_id=at(segmentation, 8).pk, description={"type": "pathology"}, now=NOW
    )
    assert correcting.confirm_all(principal=principal, upload_id=segmentation.upload_id, now=NOW) == 1
    assert correcting.confirm_all(principal=principal, upload_id=segmentation.upload_id, now=NOW) == 0
    reviews = segmentation.documents.order_by("start_line").values_list("review", flat=True)
    assert list(reviews) == ["confirmed", "confirmed", "corrected"]
    assert Correction.objects.filter(kind="confirm").count() == 2


def test_an_assigned_document_takes_its_facts_along(
    segmentation: Segmentation, principal: Principal, clinic: Clinic
) -> None:
    other = PatientFactory(clinic=clinic)
    visit = at(segmentation, 5)
    earlier = FactFactory(
        subject=visit.subject, document=at(segmentation, 1), line=2, field="weight", date="2020-01-01", is_current=False
    )
    assigned = assign(principal=principal, document_id=visit.pk, patient_id=other.pk, now=NOW)
    subject = segmentation.subjects.get(patient=other)
    assert (subject.state, subject.reason, subject.name, subject.decided_by) == (
        "matched",
        "staff",
        other.name,
        principal.user,
    )
    assigned.refresh_from_db()
    assert (assigned.patient, assigned.subject, assigned.review) == (other, subject, "corrected")
    weight = segmentation.facts.get(line=7)
    assert (weight.patient, weight.subject, weight.is_current) == (other, subject, True)
    earlier.refresh_from_db()
    assert earlier.is_current
    assert segmentation.facts.get(field="name").patient == visit.patient


def test_what_a_document_says_of_another_animal_stays_that_animals(
    segmentation: Segmentation, principal: Principal, clinic: Clinic
) -> None:
    visit = at(segmentation, 5)
    second = SubjectFactory(segmentation=segmentation, patient=PatientFactory(clinic=clinic))
    theirs = FactFactory(subject=second, patient=second.patient, document=visit, line=6)
    assign(principal=principal, document_id=visit.pk, patient_id=PatientFactory(clinic=clinic).pk, now=NOW)
    theirs.refresh_from_db()
    assert (theirs.subject, theirs.patient) == (second, second.patient)


def test_a_document_of_nobody_gives_its_facts_to_nobody_known(segmentation: Segmentation, principal: Principal) -> None:
    assigned = assign(principal=principal, document_id=at(segmentation, 5).pk, patient_id=None, now=NOW)
    assert (assigned.patient, assigned.subject) == (None, None)
    weight = segmentation.facts.get(line=7)
    assert (weight.patient, weight.subject.state) == (None, "unknown")


def test_no_document_goes_to_a_patient_that_is_archived_or_elsewhere(
    segmentation: Segmentation, principal: Principal, clinic: Clinic, other_clinic: Clinic
) -> None:
    archived = PatientFactory(clinic=clinic, archived_at=NOW)
    foreign = PatientFactory(clinic=other_clinic)
    with pytest.raises(PatientArchived):
        assign(principal=principal, document_id=at(segmentation, 5).pk, patient_id=archived.pk, now=NOW)
    with pytest.raises(Missing, match="patient"):
        assign(principal=principal, document_id=at(segmentation, 5).pk, patient_id=foreign.pk, now=NOW)


def test_only_the_current_segmentation_is_corrected(segmentation: Segmentation, principal: Principal) -> None:
    beside: Segmentation = SegmentationFactory(upload=segmentation.upload)
    with pytest.raises(NotCurrent):
        correcting.confirm(principal=principal, document_id=beside.documents.get().pk, now=NOW)


def test_nothing_is_corrected_in_an_archived_upload(segmentation: Segmentation, principal: Principal) -> None:
    segmentation.upload.archived_at = timezone.now()
    segmentation.upload.save()
    with pytest.raises(UploadArchived):
        correcting.confirm(principal=principal, document_id=at(segmentation, 5).pk, now=NOW)


def test_a_document_that_was_changed_meanwhile_is_not_corrected(
    segmentation: Segmentation, principal: Principal
) -> None:
    visit = at(segmentation, 5)
    known = {queries.version_of(visit)}
    correcting.split(principal=principal, document_id=visit.pk, at_line=6, versions=known, now=NOW)
    with pytest.raises(Stale):
        correcting.mark_gap(principal=principal, document_id=visit.pk, versions=known, now=NOW)


def test_another_clinic_corrects_nothing(segmentation: Segmentation, other_clinic: Clinic) -> None:
    stranger = principal_at(other_clinic)
    with pytest.raises(Missing):
        correcting.merge_next(principal=stranger, document_id=at(segmentation, 5).pk, now=NOW)
    with pytest.raises(Missing):
        correcting.confirm_all(principal=stranger, upload_id=segmentation.upload_id, now=NOW)


STEPS = st.lists(
    st.tuples(st.sampled_from(["split", "move", "merge", "gap", "assign"]), st.integers(0, 9), st.integers(1, 10)),
    min_size=1,
    max_size=8,
)


def take_step(step: tuple[str, int, int], *, segmentation: Segmentation, principal: Principal, patient: Any) -> None:
    kind, which, line = step
    documents = list(segmentation.documents.order_by("start_line"))
    if not documents:
        return
    call: dict[str, Any] = {
        "principal": principal,
        "document_id": documents[which % len(documents)].pk,
        "now": timezone.now(),
    }
    match kind:
        case "split":
            correcting.split(at_line=line, **call)
        case "move":
            correcting.move_start(to_line=line, **call)
        case "merge":
            correcting.merge_next(**call)
        case "gap":
            correcting.mark_gap(**call)
        case _:
            assign(patient_id=patient.pk if line % 2 else None, **call)


def test_any_corrections_keep_every_line_and_every_fact(
    segmentation: Segmentation, principal: Principal, clinic: Clinic
) -> None:
    patient = PatientFactory(clinic=clinic)

    @settings(max_examples=25)
    @given(steps=STEPS)
    def hold(steps: list[tuple[str, int, int]]) -> None:
        with transaction.atomic():
            for step in steps:
                try:
                    take_step(step, segmentation=segmentation, principal=principal, patient=patient)
                except NotCorrectable:
                    continue
                commit_checks()
                assert_facts_lie_in_their_documents(segmentation)
                for fact in segmentation.facts.select_related("subject"):
                    assert fact.patient_id == fact.subject.patient_id
            transaction.set_rollback(True)

    hold()
    assert not Correction.objects.exists()
    assert Gap.objects.count() == 1
