"""Files what an analysis found: a segmentation with its documents, gaps, subjects and facts, in one piece."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max

from documents import queries
from documents.domain import segmentation as found
from documents.domain.facts import observed
from documents.domain.facts.filing import Filing
from documents.domain.lines import SourceText
from documents.models import Document, Fact, Gap, Segmentation, Subject, Upload
from documents.operations import matching
from documents.operations.fingerprinting import write_fingerprints
from documents.operations.linking import renew_links_of_runs
from pennie.lib.refusals import Refusal

_BATCH = 1_000  # rows of one INSERT
_SHOWN_LINES = 5  # that a warning names


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """How a segmentation was made, as its job says. `unread`: [{start_line, end_line, failure}, …]."""

    job_id: UUID
    engine: str
    model: str | None
    prompt_version: str
    unread: list[dict[str, object]]
    warnings: list[str]
    yields_to_whole: bool = False  # where it left lines unread, it takes no place of one that left none


class UploadPurged(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "upload_purged",
            title="The upload was purged",
            detail="Its file and all that was found in it are gone. Send the file again to have it analysed.",
            status=409,
        )


def file_segmentation(
    *, upload: Upload, run: Run, segmentation: found.Segmentation, filing: Filing, text: SourceText, now: datetime
) -> Segmentation:
    """Files one analysis within the caller's transaction, once for a job: called again it gives what it filed before.

    1. The upload is locked; corrections and other jobs wait.
    2. The partition must cover every line of `text` once (I1): raises BrokenPartition, a defect of ours.
    3. Segmentation, documents, gaps, subjects and facts are written; a fact whose quote does not stand in its line is
       left out with a warning (I4).
    4. Subjects are matched to the register.
    5. It becomes the current one, unless staff decided anything in the present one (I6), or it is to yield to that:
       then it is kept beside it, and its differences are proposals (`queries.list_differences`).
    6. Documents that are on record already are linked to the first (`operations.linking`).

    Raises UploadPurged. What is too long for its column is cut.
    """
    locked = Upload.objects.select_for_update(of=("self",), no_key=True).get(pk=upload.pk)
    before = Segmentation.objects.filter(job_id=run.job_id).first()
    if before is not None:
        return before
    if locked.purged_at is not None:
        raise UploadPurged
    found.assert_partition(segmentation, text=text)
    previous = locked.current_segmentation
    made = _write_segmentation(locked, run=run, segmentation=segmentation, text=text, now=now)
    subjects = _write_subjects(made, filing=filing)
    documents = _write_documents(made, segmentation=segmentation, filing=filing, subjects=subjects, text=text, now=now)
    _write_facts(made, filing=filing, subjects=subjects, documents=documents, text=text, now=now)
    write_fingerprints(documents=documents, lines=text.lines, noise=segmentation.noise_lines)
    matching.match_subjects(upload=locked, segmentation=made, previous=previous, now=now)
    if previous is None or not (_yields(run, previous) or queries.has_decisions(segmentation=previous)):
        locked.current_segmentation = made
    locked.updated_at = now
    locked.save(update_fields=["current_segmentation", "updated_at"])
    if locked.current_segmentation == made:
        renew_links_of_runs(made, previous, now=now)
    upload.current_segmentation, upload.updated_at = locked.current_segmentation, now
    return made


def _yields(run: Run, previous: Segmentation) -> bool:
    return run.yields_to_whole and bool(run.unread) and not previous.unread


def _write_segmentation(
    upload: Upload, *, run: Run, segmentation: found.Segmentation, text: SourceText, now: datetime
) -> Segmentation:
    last = upload.segmentations.aggregate(last=Max("number"))["last"] or 0
    return Segmentation.objects.create(
        clinic_id=upload.clinic_id,
        upload=upload,
        number=last + 1,
        job_id=run.job_id,
        engine=_fit(run.engine, 20),
        model=_fit(run.model or "", 100),
        prompt_version=_fit(run.prompt_version, 20),
        stitching_version=_fit(segmentation.version, 20),
        line_count=len(text.lines),
        noise_lines=sorted(segmentation.noise_lines),
        unread=run.unread,
        warnings=run.warnings,
        created_at=now,
    )


def _write_subjects(made: Segmentation, *, filing: Filing) -> list[Subject]:
    """A subject for each patient of the file, in that order."""
    return Subject.objects.bulk_create(
        [
            Subject(
                clinic_id=made.clinic_id,
                upload_id=made.upload_id,
                segmentation=made,
                position=position,
                name=_fit(patient.name or "", 200),
                state=Subject.State.NEW if patient.name else Subject.State.UNKNOWN,
            )
            for position, patient in enumerate(filing.patients, start=1)
        ],
        batch_size=_BATCH,
    )


def _write_documents(
    made: Segmentation,
    *,
    segmentation: found.Segmentation,
    filing: Filing,
    subjects: Sequence[Subject],
    text: SourceText,
    now: datetime,
) -> list[Document]:
    """A document for each of the partition, in that order; and its gaps."""
    Gap.objects.bulk_create(
        [
            Gap(
                clinic_id=made.clinic_id,
                segmentation=made,
                start_line=gap.start_line,
                end_line=gap.end_line,
                reason=gap.reason,
            )
            for gap in segmentation.gaps
        ],
        batch_size=_BATCH,
    )
    return Document.objects.bulk_create(
        [
            Document(
                clinic_id=made.clinic_id,
                upload_id=made.upload_id,
                segmentation=made,
                subject=None if patient is None else subjects[patient],
                start_line=each.start_line,
                end_line=each.end_line,
                first_page=text.pages[each.start_line - 1],
                last_page=text.pages[each.end_line - 1],
                title=_fit(each.title, 500),
                title_printed=each.title_printed,
                type=each.type,
                date=_read_day(each.date),
                confidence=min(max(each.confidence, 0.0), 1.0) if math.isfinite(each.confidence) else 0.0,
                review=Document.Review.NEEDED if each.needs_review else Document.Review.NOT_NEEDED,
                created_at=now,
                updated_at=now,
            )
            for each, patient in zip(segmentation.documents, filing.patient_of_document, strict=True)
        ],
        batch_size=_BATCH,
    )


def _write_facts(
    made: Segmentation,
    *,
    filing: Filing,
    subjects: Sequence[Subject],
    documents: Sequence[Document],
    text: SourceText,
    now: datetime,
) -> None:
    left_out: list[int] = []
    facts = [
        _make_fact(fact, position=position, subject=subject, documents=documents, now=now)
        for subject, patient in zip(subjects, filing.patients, strict=True)
        for position, fact in enumerate(_keep_grounded(patient.facts, text=text, left_out=left_out), start=1)
    ]
    Fact.objects.bulk_create(facts, batch_size=_BATCH)
    if left_out:
        shown = ", ".join(map(str, sorted(set(left_out))[:_SHOWN_LINES]))
        warning = f"{len(left_out)} facts quote words that do not stand in their line and were left out (lines {shown})"
        made.warnings = [*made.warnings, warning]
        made.save(update_fields=["warnings"])


def _keep_grounded(facts: Sequence[observed.Fact], *, text: SourceText, left_out: list[int]) -> Iterator[observed.Fact]:
    """I4, at the door of the database: the facts whose quote stands in their line."""
    for fact in facts:
        if 1 <= fact.line <= len(text.lines) and fact.quote and fact.quote in text.lines[fact.line - 1]:
            yield fact
        else:
            left_out.append(fact.line)


def _make_fact(
    fact: observed.Fact, *, position: int, subject: Subject, documents: Sequence[Document], now: datetime
) -> Fact:
    return Fact(
        clinic_id=subject.clinic_id,
        upload_id=subject.upload_id,
        segmentation_id=subject.segmentation_id,
        subject=subject,
        document=None if fact.document is None else documents[fact.document],
        position=position,
        field=fact.field,
        value=_keep_value(fact),
        raw=_fit(fact.raw, None),
        unit=None if fact.unit is None else _fit(fact.unit, 20),
        kg=fact.kg if fact.kg is not None and math.isfinite(fact.kg) else None,
        date=_fit(fact.date or "", 10),
        line=fact.line,
        quote=fact.quote,
        is_current=fact.is_current,
        also=list(fact.also),
        flags=[_fit(flag, 30) for flag in fact.flags],
        suggestion=_fit(fact.suggestion or "", 120),
        parts={key: _fit(part, None) if isinstance(part, str) else part for key, part in fact.parts.items()},
        created_at=now,
    )


def _keep_value(fact: observed.Fact) -> str | float | bool:
    """The value as JSON can hold it: a number without an end is kept as it was printed."""
    value = fact.value
    if isinstance(value, float) and not math.isfinite(value):
        return _fit(fact.raw, None)
    return _fit(value, None) if isinstance(value, str) else value


def _fit(text: str, most: int | None) -> str:
    """`text` without what PostgreSQL cannot keep, cut to `most` characters."""
    if "\x00" in text or not text.isascii():
        text = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return text[:most]


def _read_day(said: str | None) -> date | None:
    """The day of an ISO date; None for one that no calendar has."""
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        return None
