"""What would become of a file that is sent in, before anything is kept: the same checks, and what it would take."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.core.files import File

from documents.extraction.kinds import identify
from documents.models import Upload
from jobs.domain.estimating import Estimate
from jobs.domain.use_limits import Need
from jobs.llm.client import EngineChoice
from jobs.operations.batch_items import check_open
from jobs.operations.estimating import plan_in_full, plan_reading
from jobs.operations.limiting import find_refusal
from jobs.operations.submitting import (
    ExternalIdTaken,
    check_sent_alike,
    clean_name,
    extract_quickly,
    find_sent_before,
    read_content,
)
from patients.models import Patient
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """A file as it would be taken. Of one that is on record nothing is read, and nothing would be asked."""

    name: str
    size: int  # bytes
    sha256: str
    kind: str
    upload: Upload | None  # the clinic's upload of the same bytes
    line_count: int | None  # None: not read within the time that a sender can wait
    page_count: int | None
    estimate: Estimate | None  # None: the same, or on record already
    need: Need
    refusal: Refusal | None  # of a limit of use


def preview(
    *,
    principal: Principal,
    file: "File[bytes]",
    name: str,
    now: datetime,
    engine: EngineChoice = "auto",
    external_id: str = "",
    patient_id: UUID | None = None,
    batch_id: UUID | None = None,
    besides: Need | None = None,
) -> Preview:
    """What `submit` would do with the file, `besides` what others sent just before it would take.

    Raises what `submit` raises but for the limits of use, which are told.
    """
    if patient_id is not None:
        Patient.objects.access(principal=principal, pk=patient_id, archived_at=None)
    if batch_id is not None:
        check_open(principal=principal, batch_id=batch_id)
    content = read_content(file)
    sha256 = hashlib.sha256(content).hexdigest()
    upload = find_sent_before(principal, sha256=sha256)
    if upload is not None:
        check_sent_alike(upload, external_id=external_id, patient_id=patient_id)
        return _preview_known(upload)
    name = clean_name(name)
    kind = identify(content=content, name=name)
    text = extract_quickly(content, name=name)
    if external_id and Upload.objects.of(principal).filter(external_id=external_id, purged_at=None).exists():
        raise ExternalIdTaken
    if text is None:
        plan = replace(plan_reading(text=None, engine=engine, clinic=principal.clinic, now=now), estimate=None)
    else:
        plan = plan_in_full(text=text, engine=engine, clinic=principal.clinic, now=now)
    return Preview(
        name=name,
        size=len(content),
        sha256=sha256,
        kind=kind,
        upload=None,
        line_count=None if text is None else plan.need.lines,
        page_count=None if text is None else plan.need.pages,
        estimate=plan.estimate,
        need=plan.need,
        refusal=find_refusal(principal=principal, need=plan.need, now=now, besides=besides or Need()),
    )


def _preview_known(upload: Upload) -> Preview:
    return Preview(
        name=upload.name,
        size=upload.size,
        sha256=upload.sha256,
        kind=upload.kind,
        upload=upload,
        line_count=upload.line_count,
        page_count=upload.page_count,
        estimate=None,
        need=Need(),
        refusal=None,
    )
