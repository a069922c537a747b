"""An upload on record as the object that `analyze --json` prints (docs/analyze.md): what is kept, in the same form."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from documents.domain.segmentation import join_runs
from documents.models import Document, Fact, Segmentation, Subject, Upload
from jobs.models import Job
from jobs.queries import JobTotals, sum_attempts


def describe_stored(*, upload: Upload, job: Job) -> dict[str, Any]:
    """What `job` filed, with what it cost. Raises LookupError for a job that filed nothing."""
    segmentation = job.segmentation
    if segmentation is None:
        raise LookupError("the job has filed nothing")
    documents = list(segmentation.documents.order_by("start_line"))
    subjects = list(segmentation.subjects.order_by("position"))
    place_of_document = {document.pk: place for place, document in enumerate(documents, start=1)}
    place_of_subject = {subject.pk: place for place, subject in enumerate(subjects, start=1)}
    totals = sum_attempts(job_ids=[job.pk]).get(job.pk, JobTotals())
    seconds = (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else 0.0
    return {
        "file": upload.name,
        "upload": str(upload.pk),
        "job": str(job.pk),
        "state": job.state,
        "engine": segmentation.engine,
        "model": segmentation.model or None,
        "lines": segmentation.line_count,
        "parts": upload.extracted.parts,
        "documents": [_describe_document(each, place_of_subject=place_of_subject) for each in documents],
        "gaps": list(segmentation.gaps.order_by("start_line").values("start_line", "end_line", "reason")),
        "noise": [{"start_line": first, "end_line": last} for first, last in join_runs(segmentation.noise_lines)],
        "patients": _describe_patients(segmentation, subjects=subjects, place_of_document=place_of_document),
        "unread": segmentation.unread,
        "warnings": segmentation.warnings,
        "calls": totals.calls,
        "input_tokens": totals.input_tokens,
        "output_tokens": totals.output_tokens,
        "cost_usd": None if totals.cost_usd is None else float(totals.cost_usd),
        "seconds": round(seconds, 3),
    }


def _describe_document(document: Document, *, place_of_subject: dict[UUID, int]) -> dict[str, Any]:
    return {
        "title": document.title,
        "title_printed": document.title_printed,
        "type": document.type,
        "date": document.date.isoformat() if document.date else None,
        "start_line": document.start_line,
        "end_line": document.end_line,
        "first_page": document.first_page,
        "last_page": document.last_page,
        "confidence": document.confidence,
        "needs_review": document.review == Document.Review.NEEDED,
        "patient": None if document.subject_id is None else place_of_subject[document.subject_id],
    }


def _describe_patients(
    segmentation: Segmentation, *, subjects: Sequence[Subject], place_of_document: dict[UUID, int]
) -> list[dict[str, Any]]:
    facts: dict[UUID, list[dict[str, Any]]] = {subject.pk: [] for subject in subjects}
    for fact in segmentation.facts.filter(retracted_at=None).order_by("position"):
        facts[fact.subject_id].append(_describe_fact(fact, place_of_document=place_of_document))
    return [{"name": subject.name or None, "facts": facts[subject.pk]} for subject in subjects]


def _describe_fact(fact: Fact, *, place_of_document: dict[UUID, int]) -> dict[str, Any]:
    return {
        "field": fact.field,
        "value": fact.value,
        "raw": fact.raw,
        "unit": fact.unit,
        "kg": fact.kg,
        "date": fact.date or None,
        "line": fact.line,
        "quote": fact.quote,
        "document": None if fact.document_id is None else place_of_document.get(fact.document_id),
        "current": fact.is_current,
        "also": fact.also,
        "flags": fact.flags,
        "suggestion": fact.suggestion or None,
        "parts": fact.parts,
    }
