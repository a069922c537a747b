"""How far a job is: told through Redis while it runs, by the database when Redis does not know.

Nothing depends on Redis here: what it loses is at most two seconds of progress.
"""

import json
import logging
import time
from dataclasses import asdict, dataclass
from uuid import UUID

import redis
from django.conf import settings

from jobs.domain.states import ENDS
from jobs.models import Job
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
        return f"{self.version}-{self.stage}-{self.windows_done}-{self.windows_total}"

    def follows(self, other: "Progress") -> bool:
        """Whether it tells something that `other` does not, and is not the older of the two."""
        is_older = (self.version, self.windows_done) < (other.version, other.windows_done)
        return self.mark != other.mark and not is_older

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def channel_of(job_id: UUID | str) -> str:
    """The Redis channel on which a job's progress is told."""
    return f"{settings.REDIS_PREFIX}:progress:{job_id}"


def progress_of(job: Job) -> Progress:
    """As the database has it."""
    return Progress(
        job=str(job.pk),
        state=job.state,
        version=job.version,
        stage=job.stage,
        windows_done=job.windows_done,
        windows_total=job.windows_total,
    )


def read_progress(*, job: Job) -> Progress:
    """The newest that Redis or the row knows. Never fails."""
    stored = progress_of(job)
    if job.state != "processing":
        return stored
    told = _ask_redis(job.pk)
    if told is None or told.version < stored.version or told.windows_done < stored.windows_done:
        return stored
    return told


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
