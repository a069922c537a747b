"""Staff take another run's segmentation; what they decided before goes over or is refused, never lost in silence."""

import datetime as dt
from typing import Any

import pytest

from documents import queries
from documents.models import Correction, Document, Segmentation, Upload
from documents.operations.adopting import DecisionsWouldBeLost, adopt
from documents.operations.editing import UploadArchived
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing
from tests.factories import (
    FactFactory,
    PatientFactory,
    SegmentationFactory,
    SubjectFactory,
    UploadFactory,
    principal_at,
)
from tests.integration.test_constraints import commit_checks

NOW = dt.datetime(2026, 5, 4, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def upload(clinic: Clinic) -> Upload:
    """Of six lines; its current segmentation has the documents 1-2, 3-6."""
    made: Upload = UploadFactory(clinic=clinic)
    made.current_segmentation = SegmentationFactory(upload=made, documents=[(1, 2), (3, 6)])
    made.save()
    return made


def decide(upload: Upload, line: int, **fields: Any) -> Document:
    assert upload.current_segmentation
    document = upload.current_segmentation.documents.get(start_line=line)
    for name, value in {"review": "corrected", "title": "By staff", **fields}.items():
        setattr(document, name, value)
    document.save()
    return document


def test_an_adopted_segmentation_is_current_and_written_down(upload: Upload, principal: Principal) -> None:
    previous = upload.current_segmentation
    beside: Segmentation = SegmentationFactory(upload=upload, documents=[(1, 6)])
    adopt(principal=principal, segmentation_id=beside.pk, now=NOW)
    commit_checks()
    upload.refresh_from_db()
    assert (upload.current_segmentation, upload.updated_at) == (beside, NOW)
    assert beside.documents.get().updated_at == NOW
    written = Correction.objects.get()
    assert previous
    assert (written.kind, written.before, written.after) == (
        "adopt",
        {"segmentation": previous.number},
        {"segmentation": beside.number},
    )
    assert queries.has_decisions(segmentation=beside)


def test_adopting_the_current_one_changes_nothing(upload: Upload, principal: Principal) -> None:
    assert upload.current_segmentation_id
    adopt(principal=principal, segmentation_id=upload.current_segmentation_id, now=NOW)
    assert not Correction.objects.exists()


def test_decided_documents_with_the_same_lines_go_over(upload: Upload, principal: Principal) -> None:
    patient = PatientFactory(clinic=upload.clinic)
    decide(upload, 1, patient=patient, reviewed_by=principal.user)
    beside: Segmentation = SegmentationFactory(upload=upload, documents=[(1, 2), (3, 4), (5, 6)])
    stray = FactFactory(
        subject=SubjectFactory(segmentation=beside, name="", state="unknown"),
        document=beside.documents.get(start_line=1),
        line=2,
    )
    adopt(principal=principal, segmentation_id=beside.pk, now=NOW)
    heir = beside.documents.get(start_line=1)
    assert (heir.title, heir.review, heir.patient, heir.reviewed_by) == (
        "By staff",
        "corrected",
        patient,
        principal.user,
    )
    stray.refresh_from_db()
    assert (stray.patient, stray.subject) == (patient, heir.subject)


def test_decisions_without_their_lines_are_lost_only_by_force(upload: Upload, principal: Principal) -> None:
    lost = decide(upload, 3)
    beside: Segmentation = SegmentationFactory(upload=upload, documents=[(1, 2), (3, 4), (5, 6)])
    with pytest.raises(DecisionsWouldBeLost) as refused:
        adopt(principal=principal, segmentation_id=beside.pk, now=NOW)
    assert refused.value.extra == {"documents": [{"id": str(lost.pk), "start_line": 3, "end_line": 6}]}
    adopt(principal=principal, segmentation_id=beside.pk, force=True, now=NOW)
    upload.refresh_from_db()
    assert upload.current_segmentation == beside


def test_who_an_animal_is_and_what_was_retracted_go_over(upload: Upload, principal: Principal) -> None:
    patient = PatientFactory(clinic=upload.clinic)
    beside: Segmentation = SegmentationFactory(upload=upload)
    subject = SubjectFactory(
        segmentation=upload.current_segmentation,
        name="JUNIPER",
        patient=patient,
        state="matched",
        reason="staff",
        decided_at=NOW,
        decided_by=principal.user,
    )
    FactFactory(subject=subject, line=3, retracted_at=NOW)
    heir = SubjectFactory(segmentation=beside, name="Juniper")
    fact = FactFactory(subject=heir, line=3)
    kept = FactFactory(subject=heir, line=3, field="owner", value="Marlow Tennick", raw="Marlow Tennick")
    beside.documents.update(subject=heir)
    adopt(principal=principal, segmentation_id=beside.pk, now=NOW)
    for each in (heir, fact, kept):
        each.refresh_from_db()
        assert each.patient == patient
    assert (heir.state, heir.reason, heir.decided_by) == ("matched", "staff", principal.user)
    assert beside.documents.get().patient == patient
    assert (fact.retracted_at, kept.retracted_at) == (NOW, None)


def test_nothing_is_adopted_by_another_clinic_or_in_an_archived_upload(
    upload: Upload, principal: Principal, other_clinic: Clinic
) -> None:
    beside: Segmentation = SegmentationFactory(upload=upload)
    with pytest.raises(Missing):
        adopt(principal=principal_at(other_clinic), segmentation_id=beside.pk, now=NOW)
    Upload.objects.update(archived_at=NOW)
    with pytest.raises(UploadArchived):
        adopt(principal=principal, segmentation_id=beside.pk, now=NOW)


def test_differences_are_told_against_the_current_one(upload: Upload) -> None:
    beside: Segmentation = SegmentationFactory(upload=upload, documents=[(1, 2), (3, 5), (6, 6)])
    beside.documents.filter(start_line=1).update(title="Referral")
    differences = queries.list_differences(segmentation=beside)
    assert [(each.kind, (each.after or each.before).start_line) for each in differences] == [  # type: ignore[union-attr]
        ("renamed", 1),
        ("moved", 3),
        ("added", 6),
    ]
    assert upload.current_segmentation
    assert queries.list_differences(segmentation=upload.current_segmentation) == ()
