"""What staff confirmed or corrected, as labelled records for evaluation (docs/evaluation.md)."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from documents.domain.accuracy.fact_scores import SAID_NOTHING
from documents.domain.accuracy.labelled import LabelledRecord, label_clinical, label_patient, label_range, label_value
from documents.domain.dates import infer_order
from documents.domain.findings import CLINICAL
from documents.domain.pseudonyms.date_shift import DateShift
from documents.domain.pseudonyms.record import KIND_OF_FIELD, NameLeft, Pseudonymiser
from documents.domain.pseudonyms.spotting import Kind, Known
from documents.models import Document, Fact, Gap, Subject, Upload
from documents.operations.texts import load_text
from patients.models import Patient
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

logger = logging.getLogger(__name__)

_ADMINISTRATORS_HAVE = "uploads:purge"  # and nobody else of a clinic
_NOBODY = -1
_FEWEST_WEEKS, _MOST_WEEKS = 26, 156  # by which dates are moved: whole weeks, so that weekdays stay right


class NotAdministrator(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "not_administrator",
            title="Administrators only",
            detail="Whole records leave the product with an export: an administrator of the clinic has to ask for it.",
            status=403,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Pseudonyms:
    """How names are replaced: the same seed gives the same ones. `shift_dates`: by a patient's own number of weeks."""

    seed: int
    shift_dates: bool = False


@dataclass(kw_only=True)
class Export:
    """What came of an export, as counts."""

    records: int = 0
    facts_left_out: int = 0  # records of which staff has not decided whose all the animals are
    undecided: int = 0  # uploads with a document that nobody confirmed or corrected
    unsafe: int = 0  # uploads in which a known name was left
    replaced: Counter[str] = field(default_factory=Counter)  # places by kind


def export_labelled(
    *, principal: Principal, export: Export, pseudonyms: Pseudonyms | None = None
) -> Iterator[tuple[str, LabelledRecord]]:
    """The clinic's decided uploads, oldest first, each with a name for its files; `export` is counted up meanwhile.

    An upload is decided where staff confirmed or corrected every document of its current segmentation. Archived and
    purged ones are left out. That it was asked for is logged, by ids. Raises NotAdministrator.
    """
    if not principal.may(_ADMINISTRATORS_HAVE):
        raise NotAdministrator
    # Ids alone; a warning, so that it is on record whatever the level of the log is.
    logger.warning(
        "Labelled records of clinic %s are exported by user %s%s.",
        *(principal.clinic_id, principal.user.pk, ", pseudonymised" if pseudonyms else ""),
    )
    return _export(principal, export, pseudonyms)


def _export(
    principal: Principal, export: Export, pseudonyms: Pseudonyms | None
) -> Iterator[tuple[str, LabelledRecord]]:
    wanted = Upload.objects.of(principal).filter(archived_at=None, purged_at=None).exclude(current_segmentation=None)
    for upload_id in wanted.order_by("id").values_list("pk", flat=True):
        record = _read(principal, upload_id, export, pseudonyms)
        if record is not None:
            export.records += 1
            # The upload's id would lead back to it.
            yield f"record_{export.records:04d}" if pseudonyms else str(upload_id), record
    logger.warning("The export for user %s has ended: %d records.", principal.user.pk, export.records)


@transaction.atomic
def _read(
    principal: Principal, upload_id: UUID, export: Export, pseudonyms: Pseudonyms | None
) -> LabelledRecord | None:
    # Locked: a correction changes several rows, and half of one must not be read.
    upload = Upload.objects.select_for_update(of=("self",)).access(principal=principal, id=upload_id)
    documents = list(Document.objects.filter(segmentation=upload.current_segmentation_id).order_by("start_line"))
    if not documents or not all(document.is_staff_decided for document in documents):
        export.undecided += 1
        return None
    record = _label(upload, documents, export)
    if pseudonyms is None:
        return record
    pseudonymiser = _make_pseudonymiser(upload, record, pseudonyms)
    try:
        rewritten = pseudonymiser.rewrite(record)
    except NameLeft:
        export.unsafe += 1
        return None
    export.replaced.update(pseudonymiser.replaced)
    return rewritten


def _label(upload: Upload, documents: list[Document], export: Export) -> LabelledRecord:
    lines = load_text(upload=upload).lines
    gaps = Gap.objects.filter(segmentation=upload.current_segmentation_id).order_by("start_line")
    return LabelledRecord(
        lines=lines,
        truth={
            "lines": len(lines),
            "domain": "vet",
            "note": "Confirmed and corrected by staff.",
            **_label_facts(upload, export),
            "documents": [
                {
                    "title": each.title,
                    "title_in_text": each.title_printed,
                    **label_range(first=each.start_line, last=each.end_line, lines=lines),
                    "type": each.type,
                    "date": each.date.isoformat() if each.date else None,
                }
                for each in documents
            ],
            "gaps": [
                {**label_range(first=each.start_line, last=each.end_line, lines=lines), "reason": each.reason}
                for each in gaps
            ],
        },
    )


def _label_facts(upload: Upload, export: Export) -> dict[str, list[Any]]:
    """`patients` and `clinical`: the facts that staff left standing; none where anybody's identity is still open."""
    subjects = list(
        Subject.objects.filter(segmentation=upload.current_segmentation_id)
        .select_related("patient")
        .order_by("position")
    )
    if not all(map(_is_decided, subjects)):
        export.facts_left_out += 1
        return {"patients": []}
    patients: list[Any] = []
    clinical: list[Any] = []
    for subject in subjects:
        facts = [
            fact
            for fact in Fact.objects.filter(subject=subject, retracted_at=None).order_by("position")
            if not SAID_NOTHING & set(fact.flags)
        ]
        labels = label_patient(
            (fact.field, label_value(value=fact.value, unit=fact.unit, date=fact.date))
            for fact in facts
            if fact.field not in CLINICAL
        )
        # Of nobody where no name is known: a position that no patient has.
        position = len(patients) if subject.name else _NOBODY
        clinical += _label_clinical([fact for fact in facts if fact.field in CLINICAL], position)
        if labels or subject.name:
            patients.append(labels)
    return {"patients": patients, "clinical": sorted(clinical, key=lambda label: label["line"])}


def _label_clinical(facts: Sequence[Fact], patient: int) -> Iterator[dict[str, Any]]:
    """A label for each line that states a fact."""
    for fact in facts:
        for line in sorted({fact.line, *fact.also}):
            yield label_clinical(
                field=fact.field, value=fact.value, unit=fact.unit, parts=fact.parts, line=line, patient=patient
            )


def _is_decided(subject: Subject) -> bool:
    """By staff, or because it is nobody that anything could be decided about."""
    confirmed = subject.patient is not None and subject.patient.status == Patient.Status.CONFIRMED
    return subject.decided_at is not None or confirmed or subject.state == Subject.State.UNKNOWN


def _make_pseudonymiser(upload: Upload, record: LabelledRecord, pseudonyms: Pseudonyms) -> Pseudonymiser:
    shift = None
    if pseudonyms.shift_dates:
        shift = DateShift(days=_choose_days(upload, pseudonyms.seed), order=infer_order(lines=record.lines))
    return Pseudonymiser(known=_gather_known(upload), random=Random(f"{pseudonyms.seed} {upload.pk}"), shift=shift)


def _choose_days(upload: Upload, seed: int) -> int:
    """Of the upload's first patient, so that all records of one patient move alike."""
    subjects = Subject.objects.filter(segmentation=upload.current_segmentation_id).exclude(patient=None)
    patient = subjects.order_by("position").values_list("patient", flat=True).first()
    random = Random(f"{seed} {patient or upload.pk} days")
    return -7 * random.randint(_FEWEST_WEEKS, _MOST_WEEKS)


def _gather_known(upload: Upload) -> Known:
    """Whatever the product knows of who the record is about: from every run over it, and from the register."""
    values: dict[Kind, set[str]] = {}

    def add(kind: Kind, *texts: object) -> None:
        values.setdefault(kind, set()).update(text.strip() for text in texts if isinstance(text, str) and text.strip())

    for fact in Fact.objects.filter(upload=upload, field__in=KIND_OF_FIELD):
        # What is read of a phone or chip may be its raw words with a label before them: only the value is it.
        add(KIND_OF_FIELD[fact.field], fact.value)
    subjects = Subject.objects.filter(upload=upload)
    add("animal", *subjects.values_list("name", flat=True))
    for patient in _find_patients(upload):
        add("animal", patient.name)
        add("microchip", patient.microchip)
        add("number", patient.external_id)
        if patient.veterinarian:
            add("person", patient.veterinarian.name)
        if patient.owner:
            owner = patient.owner
            add("person", owner.name)
            add("phone", owner.phone)
            add("email", owner.email)
            add("address", owner.address)
            add("number", owner.external_id)
            add("animal", *Patient.objects.filter(owner=owner).values_list("name", flat=True))
    add("organisation", upload.clinic.name)
    add("number", upload.external_id)
    return Known(values={kind: frozenset(texts) for kind, texts in values.items()})


def _find_patients(upload: Upload) -> QuerySet[Patient]:
    """All of the register that the upload, one of its documents or one of its animals was ever said to be of."""
    told: set[UUID | None] = {upload.patient_id}
    told.update(Subject.objects.filter(upload=upload).values_list("patient", flat=True))
    told.update(Subject.objects.filter(upload=upload).values_list("proposed_patient", flat=True))
    told.update(upload.documents.values_list("patient", flat=True))
    ids = [each for each in told if each is not None]
    return Patient.objects.filter(pk__in=ids).select_related("owner", "veterinarian")
