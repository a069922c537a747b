"""A worker's way through one job.

    1. Claim it: a lease that renews itself, and a fence that every write is guarded by.
    2. Read the file's text, if that was not done when it was received.
    3. Ask about its windows; each answer is a checkpoint before the next step.
    4. Where nothing may be asked for a while, park the job: the reaper lets it go on.
    5. File what came of it and end the job, in one transaction.

A worker that loses its lease on the way stops and writes nothing more. One that is told to shut down hands the job
back. Either first keeps the answers to what it has asked, as far as they come in time: they are paid for.
"""

import logging
import threading
from contextlib import suppress
from dataclasses import replace
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone

from documents.domain import prompts
from documents.domain.lines import SourceText
from documents.extraction.confinement import ExtractionStopped
from documents.extraction.problems import ExtractionProblem
from documents.extraction.registry import extract
from documents.models import Upload
from documents.operations.filing import Run, file_segmentation
from documents.operations.texts import NoText, load_text, store_text
from jobs.configured_limits import extraction_limits
from jobs.domain.parking import MAX_IN_VAIN
from jobs.domain.remaining import expect_end
from jobs.domain.states import Priority
from jobs.estimates import estimate_file
from jobs.leases import Lease, LeaseLost, claim
from jobs.llm.admission import Admission
from jobs.llm.calling import share_call_places
from jobs.llm.client import EngineChoice, InvalidSetting, ModelClient
from jobs.llm.closed import Closed
from jobs.llm.configured import choose_engine, make_admission, share_openai_client
from jobs.llm.cuts import find_known_cuts, keep_cuts
from jobs.llm.gateway import Gateway, Interrupted, Interruption
from jobs.llm.limiter import Flow
from jobs.llm.rules import RulesClient
from jobs.llm.stored import StoredCheckpoints, StoredLedger
from jobs.models import Job
from jobs.operations.estimating import find_known_windows
from jobs.operations.run_ends import Cancelled, end_columns, end_job, hand_back, hold_uncancelled, park, try_again_later
from jobs.outages import is_outage, may_pass
from jobs.pipeline import Analysis, OnProgress, PreparedFile, Reached, analyze
from jobs.progress import Progress, tell_progress, tell_state, write_cost, write_moment
from jobs.transitions import move
from pennie.accounts.models import Clinic

logger = logging.getLogger(__name__)

shutting_down = threading.Event()  # set by the worker's process when it is asked to end

_PATIENCE = 0.6  # of the grace that a worker is given: for calls in flight, so that time is left to hand the job back


class _HandedBack(Exception):
    """The worker's process ends; another takes the job."""


def run_job(*, job_id: UUID, worker: str) -> bool:
    """Work on the job if it is to be worked on; returns when it has ended, waits, or is somebody else's.

    False: another worker was faster, or there is nothing to do.
    """
    if shutting_down.is_set():
        return True  # the message is lost, the job is not: the reaper sends it again
    try:
        lease = claim(job_id=job_id, worker=worker, seconds=settings.JOB_LEASE_SECONDS, now=timezone.now())
        if lease is None:
            return False
        tell_state(lease.job)
        with lease:
            _work(lease)
    except LeaseLost:
        logger.warning("Job %s is another worker's now.", job_id)
    except DatabaseError as error:
        if not may_pass(error):
            raise
        # Nothing can be written: the lease runs out, if there is one, and the reaper sends the job again.
        logger.error("Job %s: the database is away (%s).", job_id, type(error).__name__)
        connection.close()
    return True


def _work(lease: Lease) -> None:
    """Run, and write how it ended. A cancellation that was accepted is kept, whatever the job was about to become."""
    try:
        _run_to_an_end(lease)
    except Cancelled:
        end_job(lease, after="cancelled", reason="asked_for")


def _run_to_an_end(lease: Lease) -> None:
    """Raises Cancelled, LeaseLost, and what the database raises while it is away."""
    try:
        _analyze(lease)
    except (Cancelled, LeaseLost):
        raise
    except _HandedBack:
        hand_back(lease)
    except Closed as closed:
        park(lease, closed=closed)
    except ExtractionProblem as problem:
        end_job(lease, after="failed", reason=problem.code, problem=problem.to_dict())
    except InvalidSetting as invalid:
        problem_of_setting = {"code": invalid.kind, "title": "The model cannot be asked", "detail": str(invalid)}
        end_job(lease, after="failed", reason=invalid.kind, problem=problem_of_setting)
    except Exception as error:
        if is_outage(error):
            raise
        try_again_later(lease, error=error)


def _analyze(lease: Lease) -> None:
    upload = Upload.objects.select_related("clinic").get(pk=lease.job.upload_id)
    lease.noticed.stage = "reading"
    text = _read_text(lease, upload=upload)
    prepared = _prepare(lease, upload=upload, text=text)
    client = _choose_client(lease.job, upload=upload, prepared=prepared)
    if client.engine == "openai" and not lease.job.estimated_calls:
        _count_late(lease, upload=upload, prepared=prepared)
    ledger = StoredLedger(lease=lease, settings=client.settings)
    gateway = Gateway(
        client=client,
        ledger=ledger,
        checkpoints=StoredCheckpoints(lease=lease),
        concurrency=settings.OPENAI_CONCURRENCY,
        admission=_make_admission(lease),
        places=share_call_places(settings.OPENAI_CONCURRENCY),
        waits=_waits_for_model(lease.job, clinic=upload.clinic),
        interruption=Interruption(
            wanted=lambda: _is_to_stop(lease), patience_seconds=_PATIENCE * settings.JOB_GRACE_SECONDS
        ),
    )
    lease.noticed.stage = "asking"
    lease.noticed.windows_total = len(prepared.windows)
    _heed(lease)
    try:
        analysis = analyze(
            prepared=prepared,
            gateway=gateway,
            model_reads=client.engine != "rules",
            on_progress=_progress_teller(lease, ledger=ledger),
        )
    except Interrupted:
        _heed(lease)
        raise
    lease.noticed.stage = "filing"
    _heed(lease)
    _file(lease, upload=upload, text=text, client=client, analysis=analysis)


def _prepare(lease: Lease, *, upload: Upload, text: SourceText) -> PreparedFile:
    """Cut as it was cut before, or as an earlier file of the clinic was, where a model is asked about it."""
    if _is_for_rules(lease.job, upload=upload):
        return PreparedFile(text)
    prepared = PreparedFile(text, find_known=partial(find_known_cuts, clinic_id=upload.clinic_id, upload_id=upload.pk))
    with transaction.atomic():
        keep_cuts(lease=lease, cuts=prepared.cuts, now=timezone.now())
    return prepared


def _read_text(lease: Lease, *, upload: Upload) -> SourceText:
    """The upload's text; extracted now, under the full limits, where the one who sent it could not wait for that.

    That may take an hour, so it is ended as soon as the run is to stop. Raises why, as `_heed` does.
    """
    with suppress(NoText):
        return load_text(upload=upload)
    with upload.content.open() as file:
        content = file.read()
    limits = replace(extraction_limits(), is_unwanted=partial(_is_to_stop, lease))
    try:
        text = extract(content=content, name=upload.name, limits=limits)
    except ExtractionStopped:
        _heed(lease)
        raise
    with transaction.atomic():
        lease.hold()
        store_text(upload=upload, text=text, now=timezone.now())
    return text


def _count_late(lease: Lease, *, upload: Upload, prepared: PreparedFile) -> None:
    """What the job takes of its sender's limits of use, where that was not known when it was sent."""
    now = timezone.now()
    known = find_known_windows(prepared=prepared, clinic=upload.clinic, now=now)
    estimate = estimate_file(prepared=prepared, engine="openai", known=known, now=now)
    Job.objects.filter(pk=lease.job.pk, fence=lease.fence).update(
        estimated_calls=estimate.calls, estimated_tokens=estimate.tokens
    )


def _choose_client(job: Job, *, upload: Upload, prepared: PreparedFile) -> ModelClient:
    """The engine that was asked for; the rules where the clinic lets nothing leave the house. Raises InvalidSetting."""
    if _is_for_rules(job, upload=upload):
        return RulesClient(reading=prepared.reading, claims=prepared.claims)
    return share_openai_client()


def _is_for_rules(job: Job, *, upload: Upload) -> bool:
    """Raises NoKey."""
    asked: EngineChoice = job.engine  # type: ignore[assignment]  # checked when it was submitted
    return not upload.clinic.model_allowed or choose_engine(asked) == "rules"


def _make_admission(lease: Lease) -> Admission:
    priority: Priority = lease.job.priority  # type: ignore[assignment]  # as the column's constraint has it
    flow = Flow(clinic=str(lease.job.clinic_id), priority=priority)
    return make_admission(flow=flow, waiter=f"{lease.job.pk}-{lease.fence}")


def _waits_for_model(job: Job, *, clinic: Clinic) -> bool:
    """Whether the job waits while the model may not be asked; not for ever for one that never answers about it.

    Nobody waits for what a backfill reads again: it is not read worse than before because it could be sooner.
    """
    goes_on = job.goes_on_without_model or (clinic.rules_when_model_away and job.backfill_id is None)
    return not goes_on and job.parked_in_vain < MAX_IN_VAIN


def _progress_teller(lease: Lease, *, ledger: StoredLedger) -> OnProgress:
    begun = timezone.now()

    def tell(reached: Reached) -> None:
        noticed, done, total = lease.noticed, reached.windows_done, reached.windows_total
        noticed.windows_done, noticed.windows_total, noticed.documents_found = done, total, reached.documents
        noticed.eta = expect_end(begun=begun, now=timezone.now(), done=done, total=total)
        tell_progress(
            Progress(
                job=str(lease.job.pk),
                state="processing",
                version=lease.job.version,
                stage=noticed.stage,
                windows_done=done,
                windows_total=total,
                documents=reached.documents,
                known_cost_usd=write_cost(ledger.known_cost_usd),
                eta=write_moment(noticed.eta),
            )
        )

    return tell


def _is_to_stop(lease: Lease) -> bool:
    return lease.noticed.lost or lease.noticed.cancelled or shutting_down.is_set()


def _heed(lease: Lease) -> None:
    """Raises why the run is to stop, if it is."""
    lease.check()
    if lease.noticed.cancelled:
        raise Cancelled
    if shutting_down.is_set():
        raise _HandedBack


def _file(lease: Lease, *, upload: Upload, text: SourceText, client: ModelClient, analysis: Analysis) -> None:
    """Everything that was found, and the job's end, or nothing."""
    now = timezone.now()
    unread: list[dict[str, object]] = [
        {"start_line": each.window.owned_first, "end_line": each.window.owned_last, "failure": each.failure}
        for each in analysis.unread
    ]
    run = Run(
        job_id=lease.job.pk,
        engine=client.engine,
        model=client.model,
        prompt_version=prompts.VERSION,
        unread=unread,
        warnings=list(analysis.warnings),
        yields_to_whole=lease.job.backfill_id is not None,
    )
    lease.noticed.documents_found = len(analysis.segmentation.documents)
    with transaction.atomic():
        job = hold_uncancelled(lease)
        segmentation = file_segmentation(
            upload=upload, run=run, segmentation=analysis.segmentation, filing=analysis.filing, text=text, now=now
        )
        job = move(
            job=job,
            after="partial" if unread else "completed",
            reason="unread_windows" if unread else "",
            worker=job.worker,
            now=now,
            **end_columns(lease, now=now),
            segmentation=segmentation,
        )
    tell_state(job)
