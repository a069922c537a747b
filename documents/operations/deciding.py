"""What staff decide about whose the animals of a file are (I5, I6).

A decision is about a subject of the upload's current segmentation. Its documents and facts follow, except those that
staff gave to another patient one by one.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from documents.models import Correction, Document, Fact, Segmentation, Subject, Upload
from documents.operations.matching import BY_STAFF, adopt_documents
from documents.operations.sightings import read_sightings
from patients.models import Patient
from patients.operations.proposing import lock_register, propose_patients
from patients.operations.refusals import RowArchived
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal


class UploadArchived(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "upload_archived",
            title="The upload is archived",
            detail="Nothing in an archived upload is decided. Restore it first.",
            status=409,
        )


class NotCurrent(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "not_current",
            title="The animal is not of the current segmentation",
            detail="Only animals of the upload's current segmentation are decided about. Adopt its segmentation first.",
            status=409,
        )


class NothingProposed(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "nothing_proposed",
            title="No match is proposed",
            detail="The animal has no proposed match, or it was decided meanwhile. Assign a patient instead.",
            status=409,
        )


@transaction.atomic
def accept_match(*, principal: Principal, subject_id: UUID, now: datetime) -> Subject:
    """The proposed patient is it. Raises Missing, UploadArchived, NotCurrent, NothingProposed, RowArchived."""
    subject = _open_subject(principal, subject_id)
    if subject.state != Subject.State.PROPOSED or subject.proposed_patient is None:
        raise NothingProposed
    if subject.proposed_patient.is_archived:
        raise RowArchived("patient")
    _decide(principal, subject, state=Subject.State.MATCHED, patient=subject.proposed_patient, now=now)
    return subject


@transaction.atomic
def reject_match(*, principal: Principal, subject_id: UUID, now: datetime) -> Subject:
    """The proposed patient is not it: a new one is proposed, made of the facts, or none where they name no animal.

    Raises Missing, UploadArchived, NotCurrent, NothingProposed.
    """
    subject = _open_subject(principal, subject_id)
    if subject.state != Subject.State.PROPOSED:
        raise NothingProposed
    if not subject.name:
        _decide(principal, subject, state=Subject.State.UNKNOWN, patient=None, now=now)
        return subject
    lock_register(clinic_id=subject.clinic_id)
    (sighting,) = read_sightings(subjects=Subject.objects.filter(pk=subject.pk))
    (patient,) = propose_patients(clinic_id=subject.clinic_id, told=[sighting.told], now=now)
    _decide(principal, subject, state=Subject.State.NEW, patient=patient, now=now)
    return subject


@transaction.atomic
def reassign_subject(*, principal: Principal, subject_id: UUID, patient_id: UUID, now: datetime) -> Subject:
    """That patient is it, whatever was thought before. Raises Missing, UploadArchived, NotCurrent, RowArchived.

    A proposed patient that only this subject was is archived: it was a wrong guess.
    """
    subject = _open_subject(principal, subject_id)
    patient = Patient.objects.access(principal=principal, id=patient_id)
    if patient.is_archived:
        raise RowArchived("patient")
    before = subject.patient
    _decide(principal, subject, state=Subject.State.MATCHED, patient=patient, now=now)
    if before is not None and before.pk != patient.pk:
        _drop_guess(before, now)
    return subject


def _open_subject(principal: Principal, subject_id: UUID) -> Subject:
    """The subject with its patients, its upload locked."""
    seen = Subject.objects.access(principal=principal, id=subject_id)
    upload = Upload.objects.select_for_update(of=("self",)).access(principal=principal, id=seen.upload_id)
    if upload.archived_at is not None:
        raise UploadArchived
    # Read again under the lock: a correction or a new segmentation may have come while this waited.
    rows = Subject.objects.select_for_update(of=("self",)).select_related("patient", "proposed_patient")
    subject = rows.access(principal=principal, id=subject_id)
    if subject.segmentation_id != upload.current_segmentation_id:
        raise NotCurrent
    return subject


def _decide(
    principal: Principal, subject: Subject, *, state: Subject.State, patient: Patient | None, now: datetime
) -> None:
    before, earlier = _tell(subject), subject.patient_id
    subject.state, subject.reason = state, BY_STAFF
    subject.patient, subject.proposed_patient = patient, None
    subject.decided_by, subject.decided_at = principal.user, now
    subject.save(update_fields=["state", "reason", "patient", "proposed_patient", "decided_by", "decided_at"])
    adopt_documents(subject=subject)
    follows = Q(subject=subject) & (Q(patient=None) | Q(patient=earlier))
    Document.objects.filter(follows).update(patient=patient, updated_at=now)
    Fact.objects.filter(follows).update(patient=patient)
    Correction.objects.create(
        clinic_id=subject.clinic_id,
        upload_id=subject.upload_id,
        segmentation_id=subject.segmentation_id,
        kind=Correction.Kind.ASSIGN,
        before=before,
        after=_tell(subject),
        made_by=principal.user,
        made_at=now,
    )
    Segmentation.objects.filter(pk=subject.segmentation_id).update(revision=F("revision") + 1)
    Upload.objects.filter(pk=subject.upload_id).update(updated_at=now)


def _tell(subject: Subject) -> dict[str, object]:
    patient, proposed = subject.patient_id, subject.proposed_patient_id
    return {
        "subject": str(subject.pk),
        "state": str(subject.state),
        "patient": str(patient) if patient else None,
        "proposed_patient": str(proposed) if proposed else None,
    }


def _drop_guess(patient: Patient, now: datetime) -> None:
    """Archives a proposed patient that nothing is about any more."""
    if patient.status != Patient.Status.PROPOSED or patient.is_archived:
        return
    current = Q(segmentation=F("upload__current_segmentation"))
    is_wanted = (
        Subject.objects.filter(current, Q(patient=patient) | Q(proposed_patient=patient)).exists()
        or Document.objects.filter(current, patient=patient).exists()
        or Upload.objects.filter(patient=patient).exists()
    )
    if not is_wanted:
        Patient.objects.filter(pk=patient.pk).update(archived_at=now, updated_at=now)
