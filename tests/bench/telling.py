"""`python -m tests.bench.telling ROUNDS PAUSE JOB ...`: tells these jobs' progress as a worker does, then ends each.

A round tells of each job once, evenly over PAUSE seconds; at last each job is cancelled, one after the other over as
long. Prints {job: [[windows done, or null for the end, time of the clock before it was told]]}.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import django

_WINDOWS = 10_000  # in all: none of these jobs is near its end


def main(*, rounds: int, pause: float, jobs: list[str]) -> None:
    django.setup()
    from jobs.models import Job
    from jobs.progress import progress_of, tell_progress

    rows = {str(job.pk): job for job in Job.objects.filter(pk__in=jobs)}
    told: dict[str, list[list[Any]]] = {job: [] for job in jobs}
    for number in range(rounds):
        for job in _paced(jobs, pause=pause):
            row = rows[job]
            row.windows_done, row.windows_total = 10 + number, _WINDOWS
            told[job].append([row.windows_done, time.time()])
            tell_progress(progress_of(row))
    for job in _paced(jobs, pause=pause):
        told[job].append([None, time.time()])
        _end(rows[job].pk)
    json.dump(told, sys.stdout)


def _paced(jobs: list[str], *, pause: float) -> Iterator[str]:
    began = time.monotonic()
    for number, job in enumerate(jobs):
        time.sleep(max(0.0, began + pause * number / len(jobs) - time.monotonic()))
        yield job
    time.sleep(max(0.0, began + pause - time.monotonic()))


def _end(job_id: Any) -> None:
    from django.utils import timezone

    from jobs.models import Job
    from jobs.progress import tell_state
    from jobs.transitions import move

    now = timezone.now()
    job = Job.objects.get(pk=job_id)
    tell_state(move(job=job, after="cancelled", reason="asked_for", now=now, lease_until=None, finished_at=now))


if __name__ == "__main__":
    main(rounds=int(sys.argv[1]), pause=float(sys.argv[2]), jobs=sys.argv[3:])
