"""A job followed to its end by somebody at a terminal."""

from collections.abc import Callable, Iterator
from uuid import UUID

from jobs.models import Job, JobEvent
from jobs.progress import Progress, read_progress
from pennie.accounts.principal import Principal


def follow(*, principal: Principal, job_id: UUID, pause: Callable[[], None]) -> Iterator[Progress]:
    """The job as it is now, and each time that it has changed; ends after its end. `pause` waits between two looks.

    Raises Missing, also once the job is no longer theirs to see.
    """
    last: Progress | None = None
    while last is None or not last.is_last:
        if last is not None:
            pause()
        moment = read_progress(job=Job.objects.access(principal=principal, pk=job_id))
        if last is None or moment.follows(last):
            last = moment
            yield moment


def list_steps(*, principal: Principal, job_id: UUID, after: int) -> list[JobEvent]:
    """What changed the job's state since its version `after`, in order. Raises Missing."""
    job = Job.objects.access(principal=principal, pk=job_id)
    return list(JobEvent.objects.filter(job=job, version__gt=after).order_by("version"))
