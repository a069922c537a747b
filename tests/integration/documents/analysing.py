"""What the rules engine finds in a text, filed as a job would file it."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from documents.domain import segmentation as found
from documents.domain.facts.filing import Filing
from documents.domain.lines import SourceText, from_text
from documents.models import Segmentation, Upload
from documents.operations.filing import Run, file_segmentation
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.gateway import Gateway
from jobs.llm.ledger import InMemoryLedger
from jobs.llm.rules import RulesClient
from jobs.pipeline import Analysis, PreparedFile, analyze
from pennie.lib.ids import new_id
from tests.factories import UploadFactory

RECORDS = Path(__file__).parents[2] / "records"


@lru_cache(maxsize=4)
def read_record(name: str) -> str:
    return (RECORDS / f"{name}.txt").read_text()


@lru_cache(maxsize=4)
def analyse(text: str) -> tuple[SourceText, Analysis]:
    source = from_text(text)
    prepared = PreparedFile(source)
    gateway = Gateway(
        client=RulesClient(reading=prepared.reading, claims=prepared.claims),
        ledger=InMemoryLedger(),
        checkpoints=InMemoryCheckpoints(),
        concurrency=1,
    )
    return source, analyze(prepared=prepared, gateway=gateway, model_reads=False)


def make_run(*, job_id: UUID | None = None) -> Run:
    return Run(job_id=job_id or new_id(), engine="rules", model=None, prompt_version="v1", unread=[], warnings=[])


def file_found(
    upload: Upload,
    *,
    segmentation: found.Segmentation,
    filing: Filing,
    text: SourceText,
    run: Run | None = None,
    now: datetime | None = None,
) -> Segmentation:
    with transaction.atomic():
        return file_segmentation(
            upload=upload,
            run=run or make_run(),
            segmentation=segmentation,
            filing=filing,
            text=text,
            now=now or timezone.now(),
        )


def file_record(name: str, **fields: object) -> Segmentation:
    """A sample record, uploaded, analysed by the rules and filed."""
    source, analysis = analyse(read_record(name))
    upload = UploadFactory(text=read_record(name), **fields)
    return file_found(upload, segmentation=analysis.segmentation, filing=analysis.filing, text=source)
