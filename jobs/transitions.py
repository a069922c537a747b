"""The one way in which a job's state changes: by a conditional update, with an event for each change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs.announcing import announce_job
from jobs.domain.states import State, check_transition
from jobs.models import Job, JobEvent, Outbox


class Outrun(Exception):
    """Somebody else changed the job first: read it again, or let it be."""


def move(
    *,
    job: Job,
    after: State,
    reason: str,
    now: datetime,
    worker: str = "",
    by_id: UUID | None = None,
    **changes: Any,
) -> Job:
    """Change the state of `job` as it was read, together with `changes`, in the caller's transaction or one of its own.

    `by_id`: of the user who asked for it. The job is brought up to date with what was written.
    Raises ForbiddenTransition; Outrun where the row is no longer as it was read.
    """
    before: State = job.state  # type: ignore[assignment]  # a column's choices are no Literal
    check_transition(before=before, after=after)
    unchanged = Job.objects.filter(pk=job.pk, state=before, version=job.version, fence=job.fence)
    with transaction.atomic():
        if not unchanged.update(state=after, version=F("version") + 1, updated_at=now, **changes):
            raise Outrun
        job.refresh_from_db()
        add_event(job=job, before=before, reason=reason, worker=worker, by_id=by_id, now=now)
    return job


def add_event(
    *, job: Job, before: str, reason: str, now: datetime, worker: str = "", by_id: UUID | None = None
) -> None:
    """What every change of state leaves, in its transaction: an event, and a message to who wants to be told.

    `job` is as the change has left it.
    """
    after: State = job.state  # type: ignore[assignment]  # a column's choices are no Literal
    JobEvent.objects.create(
        clinic_id=job.clinic_id,
        job=job,
        version=job.version,
        before=before,
        after=after,
        reason=reason,
        worker=worker,
        by_id=by_id,
        fence=job.fence,
        due_at=job.due_at,
        problem=job.problem,
        windows_done=job.windows_done,
        windows_total=job.windows_total,
        at=now,
    )
    announce_job(job=job, after=after, version=job.version, now=now)


def enqueue(job: Job) -> None:
    """Let the relay publish the job, if the caller's transaction commits."""
    Outbox.objects.create(job=job, queue=job.priority)


def enqueue_again(jobs: Sequence[tuple[UUID, str]]) -> None:
    """The same for many that wait, by id and queue. None is taken for lost before it is published."""
    Outbox.objects.bulk_create(Outbox(job_id=job_id, queue=queue) for job_id, queue in jobs)
    Job.objects.filter(pk__in=[job_id for job_id, _ in jobs]).update(sent_at=Now())
