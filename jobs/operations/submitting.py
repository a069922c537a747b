"""A file comes in: checked, read if that is quick, kept, and queued, all or nothing.

1. Its bytes are hashed. The clinic's upload of the same bytes, if there is one, is the answer.
2. Its kind is found and its text extracted, so that a file that cannot be read is refused to the one who sent it.
   What takes longer than somebody can wait for is left to the job.
3. What the model would cost to read it is estimated.
4. The bytes are stored, then upload, text, job and message are written in one transaction, if the limits of use let the
   file through. Where others send or purge the same at that moment, it is begun again.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from documents.domain.lines import SourceText
from documents.extraction.kinds import identify
from documents.extraction.problems import ExtractionProblem
from documents.extraction.registry import extract
from documents.models import Upload
from documents.operations.archiving import restore_upload
from documents.operations.filing import UploadPurged
from documents.operations.texts import NoText, load_text, store_text
from jobs.configured_limits import extraction_limits
from jobs.domain.states import ACTIVE, Priority
from jobs.llm.client import EngineChoice
from jobs.models import Backfill, Job
from jobs.operations.batch_items import add_job, hold_open
from jobs.operations.estimating import Plan, plan_reading
from jobs.operations.limiting import check_limits
from jobs.transitions import add_event, enqueue
from patients.models import Patient
from pennie.accounts.principal import Principal
from pennie.lib.ids import new_id
from pennie.lib.refusals import Missing, Refusal

WAIT_SECONDS = 10.0  # for the text of a file, while its sender waits for the answer
MAX_NAME = 200
_TRIES = 3  # against others that send or purge the same at the same moment
FOLDER = "uploads"  # of the storage; below it one for each clinic
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitted:
    """An upload with its latest job; `created` is False where the same file was there already."""

    upload: Upload
    job: Job
    created: bool
    restored: bool = False  # it was there, archived


class SentDifferently(Refusal):
    """The same file is there, under another patient or external id: one of the two is a mistake."""

    def __init__(self, *, upload: Upload, what: str) -> None:
        super().__init__(
            "upload_exists_differently",
            title="This file was sent before, with other data",
            detail=f"The same file is on record with another {what}. Correct the {what} there, or send it without one.",
            status=409,
            extra={"upload": str(upload.pk)},
        )


class ExternalIdTaken(Refusal):
    """Another file has this external id."""

    def __init__(self) -> None:
        super().__init__(
            "external_id_taken",
            title="The external id is taken",
            detail="Another file of this clinic has this external_id. Send it under another one, or without.",
            status=409,
        )


def submit(
    *,
    principal: Principal,
    file: "File[bytes]",
    name: str,
    now: datetime,
    engine: EngineChoice = "auto",
    priority: Priority = "normal",
    external_id: str = "",
    metadata: Mapping[str, Any] | None = None,
    patient_id: UUID | None = None,
    batch_id: UUID | None = None,
) -> Submitted:
    """Raises ExtractionProblem, SentDifferently, ExternalIdTaken, UseLimitReached, UploadOverLimit, and Missing for a
    patient or a batch that is not there, BatchClosed.

    What is sent at the moment in which it is purged is stored anew; UploadPurged where that happens each time.
    """
    content = read_content(file)
    upload = Upload(
        clinic=principal.clinic,
        sha256=hashlib.sha256(content).hexdigest(),
        name=clean_name(name),
        size=len(content),
        external_id=external_id,
        metadata=dict(metadata or {}),
        patient_id=patient_id,
        uploaded_by=principal.user,
        received_at=now,
        updated_at=now,
    )
    text: SourceText | None = None
    for left in reversed(range(_TRIES)):
        if patient_id is not None:
            Patient.objects.access(principal=principal, pk=patient_id, archived_at=None)
        sent_before = find_sent_before(principal, sha256=upload.sha256)
        if sent_before is not None:
            try:
                return _join(sent_before, sent=upload, principal=principal, batch_id=batch_id, now=now)
            except Missing as missing:
                if missing.what == "batch":
                    raise
                continue  # purged since it was found
        if not upload.kind:
            upload.kind = identify(content=content, name=upload.name)
            text = extract_quickly(content, name=upload.name)
        try:
            job = _keep(
                upload,
                principal=principal,
                content=content,
                text=text,
                engine=engine,
                priority=priority,
                batch_id=batch_id,
                now=now,
            )
            return Submitted(upload=upload, job=job, created=True)
        except IntegrityError:
            # The external id is taken, or somebody sent the same at the same moment, or both are gone again by now.
            if _is_external_id_taken(upload):
                raise ExternalIdTaken from None
            if not left:
                raise
    raise UploadPurged


def read_content(file: "File[bytes]") -> bytes:
    """All of it. Raises ExtractionProblem."""
    most = extraction_limits().max_bytes
    content: bytes = file.read(most + 1)
    if not content:
        raise ExtractionProblem("empty_file")
    if len(content) > most:
        raise ExtractionProblem("too_large", found=f"more than {most:,} bytes")
    return content


def clean_name(name: str) -> str:
    """A file's name as it is kept: the last part of a path, without what cannot be shown, its extension kept."""
    plain = unicodedata.normalize("NFC", _UNFIT.sub("", name.replace("\\", "/").rsplit("/", 1)[-1])).strip()
    if len(plain) > MAX_NAME:
        stem, dot, extension = plain.rpartition(".")
        plain = f"{stem[: MAX_NAME - 11]}{dot}{extension[:10]}" if dot and len(extension) <= 10 else plain[:MAX_NAME]
    return plain if plain.strip(".") else "file"


def extract_quickly(content: bytes, *, name: str) -> SourceText | None:
    """None where it takes too long for somebody who waits."""
    try:
        return extract(content=content, name=name, limits=extraction_limits(most_seconds=WAIT_SECONDS))
    except ExtractionProblem as problem:
        if problem.code == "too_slow":
            return None
        raise


def _keep(
    upload: Upload,
    *,
    principal: Principal,
    content: bytes,
    text: SourceText | None,
    engine: EngineChoice,
    priority: Priority,
    batch_id: UUID | None,
    now: datetime,
) -> Job:
    """Raises IntegrityError where the clinic has the file or its external id already, and what check_limits raises;
    then nothing is kept."""
    plan = plan_reading(text=text, engine=engine, clinic=principal.clinic, now=now, upload_id=upload.pk)
    path = default_storage.save(f"{FOLDER}/{upload.clinic_id}/{upload.pk}", ContentFile(content))
    upload.content.name = path
    try:
        with transaction.atomic():
            upload.save(force_insert=True)  # before the limits: a file that somebody just sent is never refused
            if text is not None:
                store_text(upload=upload, text=text, now=now)
            # Last: from here on others wait who are counted under the same limits.
            check_limits(principal=principal, need=plan.need, now=now)
            job = queue_job(upload, plan=plan, engine=engine, priority=priority, created_by=principal.user.pk, now=now)
            _add_to_batch(batch_id, job=job, principal=principal, now=now)
            return job
    except BaseException:
        with suppress(OSError):
            default_storage.delete(path)
        raise


def _add_to_batch(batch_id: UUID | None, *, job: Job, principal: Principal, now: datetime) -> None:
    """Raises Missing and BatchClosed; then nothing of the file is kept."""
    if batch_id is not None:
        add_job(batch=hold_open(principal=principal, batch_id=batch_id), job=job, now=now)


def queue_job(
    upload: Upload,
    *,
    plan: Plan,
    engine: str,
    priority: str,
    created_by: UUID | None,
    now: datetime,
    backfill: Backfill | None = None,
) -> Job:
    """In the caller's transaction, which has locked the upload and seen that no job is at it."""
    job = Job.objects.create(
        id=new_id(),
        clinic_id=upload.clinic_id,
        upload=upload,
        engine=engine,
        priority=priority,
        estimated_calls=plan.estimate.calls if plan.estimate else None,
        estimated_tokens=plan.estimate.tokens if plan.estimate else None,
        backfill=backfill,
        version=1,
        created_by_id=created_by,
        created_at=now,
        updated_at=now,
    )
    add_event(job=job, before="", reason="submitted", by_id=created_by, now=now)
    enqueue(job)
    return job


def find_sent_before(principal: Principal, *, sha256: str) -> Upload | None:
    return Upload.objects.of(principal).filter(sha256=sha256, purged_at=None).first()


def _is_external_id_taken(upload: Upload) -> bool:
    """By another file of the clinic."""
    if not upload.external_id:
        return False
    named = Upload.objects.filter(clinic=upload.clinic_id, external_id=upload.external_id, purged_at=None)
    return named.exclude(sha256=upload.sha256).exists()


def check_sent_alike(upload: Upload, *, external_id: str, patient_id: UUID | None) -> None:
    """Raises SentDifferently where the sender says of the upload what is not on record."""
    if patient_id is not None and patient_id != upload.patient_id:
        raise SentDifferently(upload=upload, what="patient")
    if external_id and external_id != upload.external_id:
        raise SentDifferently(upload=upload, what="external_id")


@transaction.atomic
def _join(found: Upload, *, sent: Upload, principal: Principal, batch_id: UUID | None, now: datetime) -> Submitted:
    """The upload that is there already, brought back if it was archived.

    Raises Missing where it was purged since, and what `hold_open` raises.
    """
    upload = Upload.objects.select_for_update(of=("self",), no_key=True).access(
        principal=principal, pk=found.pk, purged_at=None
    )
    check_sent_alike(upload, external_id=sent.external_id, patient_id=sent.patient_id)
    restored = upload.is_archived
    if restored:
        upload = restore_upload(principal=principal, upload_id=upload.pk, now=now)
    job = Job.objects.filter(upload=upload).order_by("-id").first()
    if job is None:
        raise RuntimeError("an upload without a job")  # they are written together
    _add_to_batch(batch_id, job=job, principal=principal, now=now)
    return Submitted(upload=upload, job=job, created=False, restored=restored)


def rerun(
    *,
    principal: Principal,
    upload_id: UUID,
    now: datetime,
    engine: EngineChoice = "auto",
    priority: Priority = "normal",
) -> Job:
    """Analyse an upload again; the job that is at it already, if there is one. What staff decided stays (I6).

    Raises Missing, UseLimitReached and UploadOverLimit.
    """
    rows = Upload.objects.filter(archived_at=None, purged_at=None)
    upload = rows.access(principal=principal, pk=upload_id)
    if running := find_running(upload):
        return running
    plan = plan_reading(text=find_text(upload), engine=engine, clinic=principal.clinic, now=now, upload_id=upload.pk)
    with transaction.atomic():
        upload = rows.select_for_update(no_key=True).access(principal=principal, pk=upload_id)
        if running := find_running(upload):
            return running
        check_limits(principal=principal, need=plan.need, now=now)
        return queue_job(upload, plan=plan, engine=engine, priority=priority, created_by=principal.user.pk, now=now)


def find_running(upload: Upload) -> Job | None:
    """The job that is at the upload, or is going to be."""
    return Job.objects.filter(upload=upload, state__in=ACTIVE).first()


def find_text(upload: Upload) -> SourceText | None:
    """None where no job has read it yet."""
    with suppress(NoText):
        return load_text(upload=upload)
    return None
