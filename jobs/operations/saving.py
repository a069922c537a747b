"""A file analysed and kept in one go, for a person at a terminal: no worker needs to run."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from documents.models import Upload
from jobs.analysis import read_bytes
from jobs.domain.state_words import say_state
from jobs.llm.client import EngineChoice
from jobs.models import Job
from jobs.operations.running import run_job
from jobs.operations.submitting import Submitted, submit
from jobs.stored_analysis import describe_stored
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

_LOOK_AGAIN_SECONDS = 0.5


class JobFailed(Refusal):
    """The job came to no result, or has to wait for it."""

    def __init__(self, job: Job) -> None:
        said = job.problem or {}
        super().__init__(
            str(said.get("code", "job_" + job.state)),
            title=str(said.get("title", f"The job is {say_state(job.state)}")),
            detail=str(said.get("detail", f"The job {job.pk} is {say_state(job.state)}.")),
            status=422,
        )


def save_file(*, principal: Principal, path: Path, engine: EngineChoice, now: datetime) -> dict[str, Any]:
    """What is on record of the file, as `jobs.stored_analysis` describes it; a file sent before is not read again.

    A worker of the running stack may take the job first; then this waits for it. Raises Refusal, also where the job
    waits for the model.
    """
    sent = submit(
        principal=principal,
        file=ContentFile(read_bytes(path)),
        name=path.name,
        engine=engine,
        priority="urgent",
        now=now,
    )
    job = _finish(sent)
    if job.state not in ("completed", "partial"):
        raise JobFailed(job)
    upload = Upload.objects.get(pk=sent.upload.pk)
    return describe_stored(upload=upload, job=job)


def _finish(sent: Submitted) -> Job:
    job = sent.job
    while not job.is_ended and job.state != "parked":
        run_job(job_id=job.pk, worker="command line")
        job.refresh_from_db()
        if not job.is_ended:
            time.sleep(_LOOK_AGAIN_SECONDS)
    return job
