"""A patient's data erased for good."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from documents.models import Document, Fact, Segmentation, Subject, Upload
from documents.operations.linking import renew_links
from patients.models import Patient
from patients.operations.proposing import lock_register
from patients.operations.refusals import NotArchived
from pennie.accounts.kept_answers import erase_answers
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

_ERASED = "an erased patient"


class MatchesWaiting(Refusal):
    def __init__(self, *, count: int) -> None:
        super().__init__(
            "matches_waiting",
            title="Proposed matches wait for a decision",
            detail=f"{count} animals of files may be this patient. Accept or reject these matches first, so that it is "
            "known what of the patient there is to erase.",
            status=409,
            extra={"matches": count},
        )


@transaction.atomic
def purge_patient(*, principal: Principal, patient_id: UUID, now: datetime) -> Sequence[UUID]:
    """Deletes an archived patient and what was read of it: its facts, of every run, and its name on subjects and in
    warnings.

    Uploads and documents stay, without a patient: a file may tell of others, too, and is purged by itself. Gives the
    ids of the uploads whose text told of it. Raises Missing, NotArchived, MatchesWaiting.
    """
    patient = Patient.objects.access(principal=principal, id=patient_id)
    subjects = Subject.objects.filter(patient=patient)
    facts = Fact.objects.filter(Q(patient=patient) | Q(subject__in=subjects))
    told = Q(patient=patient) | Q(pk__in=subjects.values("upload")) | Q(pk__in=facts.values("upload"))
    told |= Q(pk__in=Document.objects.filter(patient=patient).values("upload"))
    uploads = Upload.objects.of(principal).filter(told).order_by("id")
    list(uploads.select_for_update(of=("self",), no_key=True))
    lock_register(clinic_id=patient.clinic_id)  # as filing does, after its upload: no other file is being matched to it
    telling = list(uploads.filter(purged_at=None).values_list("pk", flat=True))
    patient = Patient.objects.select_for_update().access(principal=principal, id=patient_id)
    if not patient.is_archived:
        raise NotArchived("patient")
    waiting = Subject.objects.filter(proposed_patient=patient, upload__archived_at=None)
    count = waiting.filter(segmentation=F("upload__current_segmentation")).count()
    if count:
        raise MatchesWaiting(count=count)
    _redact_warnings(subjects)
    facts.delete()
    subjects.update(state=Subject.State.UNKNOWN, name="", reason="", patient=None)
    Subject.objects.filter(proposed_patient=patient).update(
        state=Subject.State.UNKNOWN, reason="", proposed_patient=None
    )
    documents = list(Document.objects.filter(patient=patient).values_list("pk", flat=True))
    Document.objects.filter(pk__in=documents).update(patient=None, updated_at=now)
    renew_links(clinic_id=patient.clinic_id, documents=documents, now=now)
    Upload.objects.filter(patient=patient).update(patient=None, updated_at=now)
    erase_answers(clinic_id=patient.clinic_id, about=patient.pk)
    patient.delete()
    return telling


def _redact_warnings(subjects: QuerySet[Subject]) -> None:
    """Takes the animal's name out of what people were told about its files."""
    for subject in subjects.exclude(name=""):
        segmentation = Segmentation.objects.get(pk=subject.segmentation_id)  # anew: two animals of a file may share one
        # Whole, or "Max" would be taken out of "Maxine", too; beside "_", as in the name of an attachment.
        name = re.compile(rf"(?<![^\W_]){re.escape(subject.name)}(?![^\W_])")
        segmentation.warnings = [name.sub(_ERASED, warning) for warning in segmentation.warnings]
        segmentation.save(update_fields=["warnings"])
