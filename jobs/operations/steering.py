"""What people do with a job: cancel it, retry or discard one that failed, or many."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet

from documents.models import Upload
from jobs.domain.state_words import say_state
from jobs.domain.states import ForbiddenTransition, Priority
from jobs.llm.client import EngineChoice
from jobs.models import Job
from jobs.operations.reaping import let_go_on
from jobs.operations.submitting import rerun
from jobs.progress import tell_state
from jobs.transitions import Outrun, enqueue, move
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing, Refusal

_TRIES = 5  # against workers that change the job at the same moment
MOST_AT_ONCE = 500  # jobs of one request


@dataclass(frozen=True, kw_only=True, slots=True)
class Steered:
    """What came of doing the same to many jobs."""

    done: int
    refused: Mapping[str, int]  # by the code of the refusal
    left: int  # not looked at: they were more than MOST_AT_ONCE


class NotInThisState(Refusal):
    """The job has gone on, or never was where this can be done."""

    def __init__(self, *, state: str, action: str) -> None:
        super().__init__(
            "job_state_conflict",
            title="Not in this state",
            detail=f"The job is {say_state(state)}; it cannot be {action}. Read it again.",
            status=409,
            extra={"state": state},
        )


class AnotherJobRuns(Refusal):
    """The upload is being analysed already."""

    def __init__(self) -> None:
        super().__init__(
            "another_job_runs",
            title="Another job is at this file",
            detail="A newer job analyses the same file. Wait for it, or cancel it first.",
            status=409,
        )


def cancel(*, principal: Principal, job_id: UUID, now: datetime) -> Job:
    """At once while it waits; between two windows while it runs. A cancelled job stays cancelled, without complaint.

    Raises Missing, NotInThisState.
    """
    return cancel_one(jobs=Job.objects.of(principal), job_id=job_id, by_id=principal.user.pk, now=now)


def cancel_one(*, jobs: QuerySet[Job], job_id: UUID, by_id: UUID, now: datetime) -> Job:
    """The same with one of `jobs`, which are those that the user with `by_id` may cancel."""
    for _ in range(_TRIES):
        job = jobs.filter(pk=job_id).first()
        if job is None:
            raise Missing("job")
        if job.state == "cancelled":
            return job
        try:
            if job.state == "processing":
                asked = Job.objects.filter(pk=job.pk, state="processing", version=job.version)
                asked_by = {"cancel_requested_at": now, "cancel_requested_by_id": by_id}
                if not asked.update(**asked_by, updated_at=now):
                    continue
                job.refresh_from_db()
                return job
            job = move(
                job=job,
                after="cancelled",
                reason="asked_for",
                by_id=by_id,
                now=now,
                finished_at=now,
                due_at=None,
                problem=None,  # it told what the job waited for
                parked_for="",
            )
        except Outrun:
            continue
        except ForbiddenTransition:
            raise NotInThisState(state=job.state, action="cancelled") from None
        tell_state(job)
        return job
    raise NotInThisState(state="changed meanwhile", action="cancelled")


def retry(*, principal: Principal, job_id: UUID, now: datetime) -> Job:
    """Let a job that failed begin anew; what it has paid for stays. Of a job that is partial a new one asks about the
    lines that were not read, and about no others.

    Raises Missing, NotInThisState, AnotherJobRuns; UseLimitReached and UploadOverLimit for the new one.
    """
    job = Job.objects.access(principal=principal, pk=job_id)
    if job.state == "partial":
        engine: EngineChoice = job.engine  # type: ignore[assignment]  # checked when it was submitted
        priority: Priority = job.priority  # type: ignore[assignment]  # as the column's constraint has it
        return rerun(principal=principal, upload_id=job.upload_id, now=now, engine=engine, priority=priority)
    if job.state != "failed":
        raise NotInThisState(state=job.state, action="retried")
    try:
        with transaction.atomic():
            # Locked, so that it is not purged before the job is seen to be active again.
            uploads = Upload.objects.select_for_update(of=("self",), no_key=True)
            uploads.access(principal=principal, pk=job.upload_id, archived_at=None, purged_at=None)
            job = move(
                job=job,
                after="pending",
                reason="retried",
                by_id=principal.user.pk,
                now=now,
                crashes=0,
                failures=0,
                parked_in_vain=0,
                problem=None,
                finished_at=None,
                cancel_requested_at=None,
                cancel_requested_by=None,
                discarded_at=None,
                discarded_by=None,
                discard_reason="",
                sent_at=None,
            )
            enqueue(job)
    except IntegrityError:
        raise AnotherJobRuns from None
    except Outrun:
        raise NotInThisState(state="changed meanwhile", action="retried") from None
    tell_state(job)
    return job


def resume(*, principal: Principal, job_id: UUID, without_model: bool, now: datetime) -> Job:
    """Let a parked job go on now. `without_model`: where the model still may not be asked, the rules read what is left.

    Raises Missing, NotInThisState.
    """
    job = Job.objects.access(principal=principal, pk=job_id)
    goes_on = job.goes_on_without_model or without_model
    with transaction.atomic():
        if job.state != "parked" or not let_go_on(
            job=job,
            reason="resumed",
            by_id=principal.user.pk,
            now=now,
            parked_in_vain=0,
            goes_on_without_model=goes_on,
        ):
            raise NotInThisState(state=job.state, action="resumed")
    job.refresh_from_db()
    tell_state(job)
    return job


@transaction.atomic
def discard(*, principal: Principal, job_id: UUID, reason: str, now: datetime) -> Job:
    """Take a dead letter off the list; it stays on record. Raises Missing, NotInThisState.

    Of a job whose upload was purged the reason is not kept: it may tell what the purge erased.
    """
    job = Job.objects.access(principal=principal, pk=job_id)
    # Locked, so that a purge sees the reason, or the reason the purge.
    upload = Upload.objects.select_for_update(of=("self",), no_key=True).access(principal=principal, pk=job.upload_id)
    kept = "" if upload.purged_at is not None else reason[:500]
    discarded = Job.objects.filter(pk=job.pk, state="failed", discarded_at=None).update(
        discarded_at=now, discarded_by=principal.user, discard_reason=kept, updated_at=now
    )
    job.refresh_from_db()
    if not discarded and not job.discarded_at:
        raise NotInThisState(state=job.state, action="discarded")
    return job


def retry_many(*, principal: Principal, jobs: QuerySet[Job], now: datetime) -> Steered:
    """Retry the oldest of the failed `jobs`, each for itself: one that is refused hinders no other."""
    rows = jobs.of(principal).filter(state="failed")  # type: ignore[attr-defined]
    return _steer(rows, act=lambda job_id: retry(principal=principal, job_id=job_id, now=now))


def discard_many(*, principal: Principal, jobs: QuerySet[Job], reason: str, now: datetime) -> Steered:
    """Discard the oldest of the dead letters among `jobs`, all for the same reason."""
    rows = jobs.of(principal).filter(state="failed", discarded_at=None)  # type: ignore[attr-defined]
    return _steer(rows, act=lambda job_id: discard(principal=principal, job_id=job_id, reason=reason, now=now))


def _steer(rows: QuerySet[Job], *, act: Callable[[UUID], Job]) -> Steered:
    done, refused = 0, Counter[str]()
    matching = rows.count()
    ids = list(rows.order_by("id").values_list("pk", flat=True)[:MOST_AT_ONCE])
    for job_id in ids:
        try:
            act(job_id)
            done += 1
        except Refusal as refusal:
            refused[refusal.code] += 1
        except Missing:  # purged since
            refused["not_found"] += 1
    return Steered(done=done, refused=refused, left=max(0, matching - len(ids)))


def count_kinds(*, principal: Principal) -> list[tuple[str, int]]:
    """The dead letters by the code of their problem, the most frequent first."""
    rows = Job.objects.of(principal).filter(state="failed", discarded_at=None).order_by()
    counted = rows.values_list("problem__code").annotate(jobs=Count("id")).order_by("-jobs", "problem__code")
    return [(str(code), jobs) for code, jobs in counted]
