"""How far a job is: told through Redis while it runs, by the database when Redis does not know.

Nothing depends on Redis here: what it loses is at most two seconds of progress.
"""

import json
import logging
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.db import Error as DatabaseError

from jobs.domain.states import ENDS
from jobs.models import Job
from jobs.queries import JobTotals, sum_attempts
from pennie.lib.made_once import made_once

logger = logging.getLogger(__name__)

_KEPT_SECONDS = 3600
_QUIET_SECONDS = 5.0  # after a failure, before Redis is tried again: a worker must not wait for it at each window
_quiet_until = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """A moment of a job. Ids, states and numbers only: it goes through Redis."""

    job: str
    state: str
    version: int  # of the state: it grows with each change
    stage: str  # reading, asking, filing; empty before and after
    windows_done: int
    windows_total: int | None  # None: not known yet
    documents: int = 0  # found so far; once it has ended, filed
    known_cost_usd: str = "0"  # of its calls whose cost is known, as a decimal number
    eta: str | None = None  # when its last window is likely to be answered, ISO 8601; None: nobody can say

    @property
    def percent(self) -> int:
        """0 to 100; 100 only for a job that has ended well."""
        if self.state in ("completed", "partial"):
            return 100
        if not self.windows_total:
            return 0
        return min(99, 100 * self.windows_done // self.windows_total)

    @property
    def is_last(self) -> bool:
        return self.state in ENDS

    @property
    def mark(self) -> str:
        """What tells this moment of the job from every other that can be told."""
        told = (self.version, self.stage, self.windows_done, self.windows_total, self.documents, self.known_cost_usd)
        return "-".join(map(str, told))

    def follows(self, other: "Progress") -> bool:
        """Whether it tells something that `other` does not, and is not the older of the two."""
        is_older = (self.version, self.windows_done) < (other.version, other.windows_done)
        return self.mark != other.mark and not is_older

    def to_dict(self) -> dict[str, Any]:
        """For programs, with what is computed of it."""
        return {**asdict(self), "percent": self.percent, "is_ended": self.is_last}

    def to_json(self) -> str:
        """As it goes through Redis."""
        return json.dumps(asdict(self))


def channel_of(job_id: UUID | str) -> str:
    """The Redis channel on which a job's progress is told."""
    return f"{settings.REDIS_PREFIX}:progress:{job_id}"


def version_of(mark: str) -> int | None:
    """The version of the job that a mark is of; None for what is no mark."""
    version = mark.partition("-")[0]
    return int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else None


def progress_of(job: Job, *, known_cost_usd: Decimal = Decimal(0)) -> Progress:
    """As the job's row has it; what its calls cost does not stand there."""
    return Progress(
        job=str(job.pk),
        state=job.state,
        version=job.version,
        stage=job.stage,
        windows_done=job.windows_done,
        windows_total=job.windows_total,
        documents=job.documents_found,
        known_cost_usd=write_cost(known_cost_usd),
        eta=write_moment(job.eta),
    )


def write_cost(cost_usd: Decimal) -> str:
    """As it goes through Redis and into JSON: no exponent, no zeros behind."""
    plain = f"{cost_usd:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def write_moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def read_progress(*, job: Job) -> Progress:
    """The newest that Redis or the row knows. Never fails."""
    told = _ask_redis(job.pk) if job.state == "processing" else None
    if told is not None and told.version >= job.version and told.windows_done >= job.windows_done:
        return told
    return read_stored(job=job)


def read_stored(*, job: Job) -> Progress:
    """As row and ledger have it: a query."""
    totals = sum_attempts(job_ids=[job.pk]).get(job.pk, JobTotals())
    return progress_of(job, known_cost_usd=totals.known_cost_usd)


def tell_state(job: Job) -> None:
    """Tell what has become of the job. Never fails: it has become so, told or not."""
    try:
        moment = read_stored(job=job)
    except DatabaseError as error:
        logger.warning("Progress could not be told: %s.", type(error).__name__)
        return
    tell_progress(moment)


def tell_progress(progress: Progress) -> None:
    """Publish and keep for those who ask later. Never fails."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    channel, message = channel_of(progress.job), progress.to_json()
    try:
        with progress_redis().pipeline(transaction=False) as pipe:
            pipe.set(channel, message, ex=_KEPT_SECONDS)
            pipe.publish(channel, message)
            pipe.execute()
    except redis.RedisError as error:
        _quiet_until = time.monotonic() + _QUIET_SECONDS
        logger.warning("Progress could not be told: %s.", type(error).__name__)


def _ask_redis(job_id: UUID) -> Progress | None:
    try:
        said = progress_redis().get(channel_of(job_id))
    except redis.RedisError:
        return None
    try:
        return Progress(**json.loads(said)) if isinstance(said, (str, bytes)) else None
    except (TypeError, ValueError):  # of an older release
        return None


@made_once(most=4)
def _connect(address: str, timeout: float) -> redis.Redis:
    return redis.Redis.from_url(
        address, socket_timeout=timeout, socket_connect_timeout=timeout, max_connections=100, decode_responses=True
    )


def progress_redis() -> redis.Redis:
    """The connection pool of this process."""
    return _connect(settings.REDIS_URL, settings.REDIS_TIMEOUT_SECONDS)
