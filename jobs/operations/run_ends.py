"""How a worker's run of a job ends: for good, handed back, parked, or to be tried again. Each in one transaction, under
the lease; a cancellation that was accepted comes first.
"""

import logging
import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.defects import find_place
from jobs.domain.parking import describe_waiting, pause_seconds
from jobs.domain.states import MAX_FAILURES, State, backoff_seconds
from jobs.leases import Lease, from_now
from jobs.llm.budget import OverBudget, was_changed
from jobs.llm.closed import Closed
from jobs.models import Job
from jobs.outages import is_busy
from jobs.progress import tell_state
from jobs.transitions import enqueue, move

logger = logging.getLogger(__name__)

_SPREAD_SECONDS = 5.0  # over which jobs that were parked together come back


class Cancelled(Exception):
    """Somebody asked for the job to be cancelled."""


def end_columns(lease: Lease, *, now: datetime) -> dict[str, Any]:
    """What every end writes: no lease any more, and how far it came."""
    return {**_pause_columns(lease), "finished_at": now, "stage": ""}


def _pause_columns(lease: Lease) -> dict[str, Any]:
    """What every run writes that ends: no lease any more, and how far it came."""
    return {
        "lease_until": None,
        "windows_done": lease.noticed.windows_done,
        "windows_total": lease.noticed.windows_total,
        "documents_found": lease.noticed.documents_found,
        "eta": None,
    }


def end_job(lease: Lease, *, after: State, reason: str, problem: Mapping[str, Any] | None = None) -> None:
    now = timezone.now()
    with transaction.atomic():
        job = lease.hold()
        job = move(
            job=job,
            after=after,
            reason=reason,
            worker=job.worker,
            by_id=job.cancel_requested_by_id if after == "cancelled" else None,
            now=now,
            problem=problem,
            **end_columns(lease, now=now),
        )
    tell_state(job)


def hold_uncancelled(lease: Lease) -> Job:
    """As `Lease.hold`; raises Cancelled where somebody asked for that since the lease was last renewed."""
    job = lease.hold()
    if job.cancel_requested_at is not None:
        raise Cancelled
    return job


def hand_back(lease: Lease) -> None:
    with transaction.atomic():
        job = hold_uncancelled(lease)
        job = move(
            job=job,
            after="pending",
            reason="handed_back",
            worker=job.worker,
            now=timezone.now(),
            **_pause_columns(lease),
        )
        enqueue(job)
    tell_state(job)


def park(lease: Lease, *, closed: Closed) -> None:
    """Let the job wait in the database. What was answered is kept, and found when it goes on."""
    # Who only found the breaker open has not asked: it counts neither for the file nor against it.
    in_vain = 0 if closed.in_vain is False else lease.job.parked_in_vain + bool(closed.in_vain)
    seconds = pause_seconds(reason=closed.reason, in_vain=max(1, in_vain), told=closed.seconds)
    with transaction.atomic():
        job = hold_uncancelled(lease)
        if isinstance(closed, OverBudget) and was_changed(refusal=closed):
            seconds = 0.0  # while the calls in flight were waited for: whoever did that found no job parked
        spread = random.random() * min(seconds, _SPREAD_SECONDS)  # not all that wait at the same moment
        job = move(
            job=job,
            after="parked",
            reason=closed.reason,
            worker=job.worker,
            now=timezone.now(),
            **_pause_columns(lease),
            due_at=from_now(seconds + spread),
            parked_for=closed.reason,
            problem=describe_waiting(reason=closed.reason, found=closed.detail),
            parked_in_vain=in_vain,
        )
    tell_state(job)


def try_again_later(lease: Lease, *, error: Exception) -> None:
    """What was not foreseen may pass: a few more tries, later and later, then a dead letter."""
    problem = _describe(error, job=lease.job)
    if lease.job.failures + 1 >= MAX_FAILURES:
        end_job(lease, after="failed", reason=problem["code"], problem=problem)
        return
    delay = backoff_seconds(failures=lease.job.failures + 1, jitter=random.random())
    with transaction.atomic():
        job = hold_uncancelled(lease)
        job = move(
            job=job,
            after="retrying",
            reason=problem["code"],
            worker=job.worker,
            now=timezone.now(),
            **_pause_columns(lease),
            due_at=from_now(delay),  # by the clock that it is compared with
            failures=job.failures + 1,
            problem=problem,
        )
    tell_state(job)


def _describe(error: Exception, *, job: Job) -> dict[str, str]:
    """Neither message nor traceback: an exception of unforeseen type may quote the document."""
    place = find_place(error)
    logger.error("Job %s met %s at %s.", job.pk, type(error).__qualname__, place)
    if is_busy(error):
        return {
            "code": "database_busy",
            "title": "The database was too busy",
            "detail": "What was found could not be written in time, because of much other work on the database or on "
            "this clinic's records. Retry the job when there is less.",
        }
    return {
        "code": "defect",
        "title": "The job met a defect of PennieAI",
        "detail": f"{type(error).__qualname__} at {place}. Please report it with this line, which holds nothing of the "
        "file. Once it is mended, retry the job.",
    }
