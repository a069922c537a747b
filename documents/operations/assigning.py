"""Whose a document is, by staff's word."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from documents.domain.facts.histories import choose_current
from documents.domain.findings import CLINICAL, SERIES
from documents.models import Correction, Document, Fact, Subject
from documents.operations.editing import Edit, open_document, tell
from patients.models import Patient
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal


class PatientArchived(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "patient_archived",
            title="The patient is archived",
            detail="No document is assigned to an archived patient. Restore the patient first, or choose another.",
            status=409,
        )


@transaction.atomic
def assign(
    *,
    principal: Principal,
    document_id: UUID,
    patient_id: UUID | None,
    versions: Collection[str] | None = None,
    now: datetime,
) -> Document:
    """The document is that patient's, or nobody's. Its facts follow.

    Those of its facts that were of its own animal or of nobody known go to the patient's subject in this segmentation,
    which is made where there is none; what it says of other animals stays theirs. Raises Missing, UploadArchived,
    NotCurrent, Stale, PatientArchived.
    """
    edit, document = open_document(principal=principal, document_id=document_id, versions=versions, now=now)
    patient = None if patient_id is None else Patient.objects.access(principal=principal, id=patient_id)
    if patient is not None and patient.is_archived:
        raise PatientArchived
    before = tell(document)
    assign_to(edit, document=document, patient=patient)
    document.save(update_fields=["subject", "patient", *edit.mark(document)])
    edit.renew_links(document)
    edit.write_down(Correction.Kind.ASSIGN, document=document, before=before, after=tell(document))
    return document


def assign_to(edit: Edit, *, document: Document, patient: Patient | None) -> None:
    """Sets subject and patient of `document`, unsaved, and moves its facts."""
    own = Q(subject=document.subject_id) | Q(subject__state=Subject.State.UNKNOWN)
    if document.patient_id is not None:
        own |= Q(patient=document.patient_id)
    facts = list(edit.segmentation.facts.filter(own, document=document).order_by("position", "pk"))
    subject = _find_subject(edit, patient) if patient or facts else None
    if subject is not None:
        _move_facts(facts, subject=subject)
    document.subject = subject if patient else None
    document.patient = patient


def _find_subject(edit: Edit, patient: Patient | None) -> Subject:
    """The patient's subject of the segmentation, made where there is none; for None that of nobody known."""
    subjects = edit.segmentation.subjects.order_by("position")
    known = subjects.filter(patient=patient) if patient else subjects.filter(state=Subject.State.UNKNOWN)
    found = known.first()
    if found is not None:
        return found
    last = subjects.aggregate(last=Max("position"))["last"] or 0
    return Subject.objects.create(
        clinic_id=edit.upload.clinic_id,
        upload=edit.upload,
        segmentation=edit.segmentation,
        position=last + 1,
        name=patient.name if patient else "",
        state=Subject.State.MATCHED if patient else Subject.State.UNKNOWN,
        reason="staff",
        patient=patient,
        decided_by=edit.principal.user,
        decided_at=edit.now,
    )


def _move_facts(facts: Sequence[Fact], *, subject: Subject) -> None:
    moving = [fact for fact in facts if fact.subject_id != subject.pk]
    left = {fact.subject_id for fact in moving}
    last = subject.facts.aggregate(last=Max("position"))["last"] or 0
    for position, fact in enumerate(moving, start=last + 1):
        fact.subject, fact.patient_id, fact.position = subject, subject.patient_id, position
    Fact.objects.bulk_update(moving, ["subject", "patient", "position"], batch_size=500)
    _settle_current([*left, subject.pk] if moving else [])


def _settle_current(subjects: Iterable[UUID]) -> None:
    """Of each subject's values of a field one is current: of a series the latest, else the first.

    Of clinical facts several may be (`histories.choose_current`).
    """
    values: defaultdict[tuple[UUID, str], list[Fact]] = defaultdict(list)
    for fact in Fact.objects.filter(subject__in=subjects, retracted_at=None).order_by("position"):
        values[fact.subject_id, fact.field].append(fact)
    changed = []
    for (_, field), facts in values.items():
        for fact, is_current in zip(facts, _choose_current(field, facts), strict=True):
            if fact.is_current != is_current:
                fact.is_current = is_current
                changed.append(fact)
    Fact.objects.bulk_update(changed, ["is_current"], batch_size=500)


def _choose_current(field: str, facts: list[Fact]) -> list[bool]:
    if field in CLINICAL:
        facts.sort(key=lambda fact: fact.date or "9999")
        return choose_current(facts=facts)
    if field in SERIES:
        chosen = max(facts, key=lambda fact: fact.date)
    else:
        chosen = next((fact for fact in facts if fact.is_current), facts[0])
    return [fact is chosen for fact in facts]
