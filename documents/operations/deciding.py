"""What staff decide about whose the animals of a file are (I5, I6).

A decision is about a subject of the upload's current segmentation. Its documents and facts follow, except those that
staff gave to another patient one by one.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from documents.models import Correction, Document, Fact, Subject, Upload
from documents.operations.assigning import PatientArchived
from documents.operations.editing import Edit
from documents.operations.matching import BY_STAFF, adopt_documents
from documents.operations.sightings import read_sightings
from patients.models import Patient
from patients.operations.proposing import propose_patients
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal


class SubjectNotCurrent(Refusal):
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
    """The proposed patient is it. Raises Missing, UploadArchived, SubjectNotCurrent, NothingProposed,
    PatientArchived."""
    edit, subject = _open_subject(principal, subject_id, now)
    if subject.state != Subject.State.PROPOSED or subject.proposed_patient is None:
        raise NothingProposed
    if subject.proposed_patient.is_archived:
        raise PatientArchived
    _decide(edit, subject, state=Subject.State.MATCHED, patient=subject.proposed_patient)
    return subject


@transaction.atomic
def reject_match(*, principal: Principal, subject_id: UUID, now: datetime) -> Subject:
    """The proposed patient is not it: a new one is proposed, made of the facts, or none where they name no animal.

    Raises Missing, UploadArchived, SubjectNotCurrent, NothingProposed.
    """
    edit, subject = _open_subject(principal, subject_id, now)
    if subject.state != Subject.State.PROPOSED:
        raise NothingProposed
    if not subject.name:
        _decide(edit, subject, state=Subject.State.UNKNOWN, patient=None)
        return subject
    (sighting,) = read_sightings(subjects=Subject.objects.filter(pk=subject.pk))
    (patient,) = propose_patients(clinic_id=subject.clinic_id, told=[sighting.told], now=now)
    _decide(edit, subject, state=Subject.State.NEW, patient=patient)
    return subject


@transaction.atomic
def reassign_subject(*, principal: Principal, subject_id: UUID, patient_id: UUID, now: datetime) -> Subject:
    """That patient is it, whatever was thought before. Raises Missing, UploadArchived, SubjectNotCurrent,
    PatientArchived.

    A proposed patient that only this subject was is archived: it was a wrong guess.
    """
    edit, subject = _open_subject(principal, subject_id, now)
    patient = Patient.objects.access(principal=principal, id=patient_id)
    if patient.is_archived:
        raise PatientArchived
    before = subject.patient
    _decide(edit, subject, state=Subject.State.MATCHED, patient=patient)
    if before is not None and before.pk != patient.pk:
        _drop_guess(before, now)
    return subject


def _open_subject(principal: Principal, subject_id: UUID, now: datetime) -> tuple[Edit, Subject]:
    """The edit of the subject's upload, and the subject with its patients."""
    seen = Subject.objects.access(principal=principal, id=subject_id)
    edit = Edit.of_upload(principal=principal, upload_id=seen.upload_id, now=now)
    # Read again under the lock: another decision may have come while this waited.
    rows = Subject.objects.select_for_update(of=("self",)).select_related("patient", "proposed_patient")
    subject = rows.access(principal=principal, id=subject_id)
    if subject.segmentation_id != edit.segmentation.pk:
        raise SubjectNotCurrent
    return edit, subject


def _decide(edit: Edit, subject: Subject, *, state: Subject.State, patient: Patient | None) -> None:
    before, earlier = _tell(subject), subject.patient_id
    subject.state, subject.reason = state, BY_STAFF
    subject.patient, subject.proposed_patient = patient, None
    subject.decided_by, subject.decided_at = edit.principal.user, edit.now
    subject.save(update_fields=["state", "reason", "patient", "proposed_patient", "decided_by", "decided_at"])
    adopt_documents(subject=subject)
    follows = Q(subject=subject) & (Q(patient=None) | Q(patient=earlier))
    Document.objects.filter(follows).update(patient=patient, updated_at=edit.now)
    Fact.objects.filter(follows).update(patient=patient)
    edit.renew_links(*subject.documents.all())
    edit.write_down(Correction.Kind.ASSIGN, document=None, before=before, after=_tell(subject))


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
