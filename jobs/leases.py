"""Who works on a job: whoever claimed it last, for as long as the lease is renewed.

All times are the database's, so that no two clocks are compared. A worker that was paused past its lease finds, at its
next write, that the fence is no longer its own, and stops.
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Now

from jobs.domain.states import is_poison
from jobs.models import Job
from jobs.transitions import add_event

logger = logging.getLogger(__name__)

POISON = {
    "code": "poison",
    "title": "The job brought its workers down",
    "detail": "Three workers in a row ended without getting any further with this file. Look at the workers' log for "
    "memory or a crash, then retry the job, or discard it and split the file.",
}

# As SQL, since each call to the model needs it.
_LOCK_JOB = "SELECT created_by_id FROM jobs_job WHERE id = %s AND fence = %s AND state = 'processing' FOR UPDATE"

_BEATS = 3  # renewals within one lease
_MOST_BETWEEN_BEATS = 2.0  # seconds: a person who cancels does not wait for a third of a long lease


class LeaseLost(Exception):
    """Another worker has the job now: stop, and write nothing."""


@dataclass(slots=True)
class Noticed:
    """What the job has come to, as the worker tells it, and what people ask of it, as the heartbeat hears it."""

    stage: str = ""
    windows_done: int = 0
    windows_total: int | None = None
    documents_found: int = 0
    eta: datetime | None = None
    cancelled: bool = False
    lost: bool = False


class Lease:
    """The right to work on one job. As a context it renews itself, in a thread of its own, until it is left."""

    def __init__(self, *, job: Job, seconds: float) -> None:
        self.job = job
        self.fence = job.fence
        self.noticed = Noticed(cancelled=job.cancel_requested_at is not None)  # asked of a worker that is gone
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{job.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Raises LeaseLost where that is known already; costs no query."""
        if self.noticed.lost:
            raise LeaseLost

    def hold(self) -> Job:
        """The job's row, locked and still ours, within the caller's transaction. Raises LeaseLost."""
        held = Job.objects.select_for_update().filter(pk=self.job.pk, fence=self.fence, state="processing").first()
        if held is None:
            self.noticed.lost = True
            raise LeaseLost
        return held

    def lock(self) -> None:
        """As `hold`, but of the row only the sender is read, who may be deleted meanwhile. Raises LeaseLost."""
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_JOB, [self.job.pk, self.fence])
            held = cursor.fetchone()
        if held is None:
            self.noticed.lost = True
            raise LeaseLost
        self.job.created_by_id = held[0]

    def forget_crashes(self) -> None:
        """The row has none any more, as the job got on."""
        self.job.crashes = 0

    def _beat(self) -> None:
        every = min(self._seconds / _BEATS, _MOST_BETWEEN_BEATS)
        renewed = time.monotonic()
        try:
            while not self._ended.wait(every) and not self.noticed.lost:
                try:
                    self.renew()
                    renewed = time.monotonic()
                except DatabaseError as error:
                    logger.warning("A lease could not be renewed: %s.", type(error).__name__)
                    connection.close()
                    if time.monotonic() - renewed > self._seconds:
                        self.noticed.lost = True  # whatever the database says when it is back
        finally:
            connection.close()

    def renew(self) -> None:
        """Push the lease's end, write the progress, and hear whether the job is to be cancelled."""
        seen = self.noticed
        ours = Job.objects.filter(pk=self.job.pk, fence=self.fence, state="processing")
        renewed = ours.update(
            lease_until=from_now(self._seconds),
            stage=seen.stage,
            windows_done=seen.windows_done,
            windows_total=seen.windows_total,
            documents_found=seen.documents_found,
            eta=seen.eta,
        )
        if not renewed:
            seen.lost = True
        elif ours.exclude(cancel_requested_at=None).exists():
            seen.cancelled = True


def from_now(seconds: float) -> object:
    """So many seconds from now, as the database computes it."""
    return Now() + Value(timedelta(seconds=seconds))


def claim(*, job_id: UUID, worker: str, seconds: float, now: datetime) -> Lease | None:
    """The lease of a job that waits, is due, or whose worker is gone; None where there is nothing to do.

    A job whose workers died three times without getting any further is not tried a fourth time: it fails as poison.
    """
    job = Job.objects.filter(is_claimable(), pk=job_id).first()
    if job is None:
        return None
    crashed = job.state == "processing"
    unchanged = Job.objects.filter(is_claimable(), pk=job_id, version=job.version, fence=job.fence)
    if crashed and is_poison(crashes=job.crashes + 1):
        _fail_as_poison(job=job, unchanged=unchanged, now=now)
        return None
    with transaction.atomic():
        claimed = unchanged.update(
            state="processing",
            version=F("version") + 1,
            fence=F("fence") + 1,
            lease_until=from_now(seconds),
            worker=worker,
            crashes=F("crashes") + int(crashed),
            due_at=None,
            problem=None,
            started_at=job.started_at or now,
            updated_at=now,
        )
        if not claimed:
            return None
        before = job.state
        job.refresh_from_db()
        add_event(job=job, before=before, reason="taken_over" if crashed else "claimed", worker=worker, now=now)
    return Lease(job=job, seconds=seconds)


def _fail_as_poison(*, job: Job, unchanged: QuerySet[Job], now: datetime) -> None:
    with transaction.atomic():
        failed = unchanged.update(
            state="failed",
            version=F("version") + 1,
            fence=F("fence") + 1,
            lease_until=None,
            crashes=F("crashes") + 1,
            problem=POISON,
            finished_at=now,
            updated_at=now,
        )
        if failed:
            before = job.state
            job.refresh_from_db()
            add_event(job=job, before=before, reason="poison", now=now)


def is_claimable() -> Q:
    """Jobs that wait, are due, or whose worker is gone."""
    return Q(state="pending") | Q(state="retrying", due_at__lte=Now()) | Q(state="processing", lease_until__lt=Now())
