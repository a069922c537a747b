"""Work put on a running stack, and what its processes use for it."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pennie.stack.processes import Child
from tests.chaos.rig import Crew, Rig, Sent, wait_for

_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What some jobs took, in seconds."""

    sent: Sequence[Sent]
    seconds: float  # from the first claim to the last end
    workers_cpu: float
    senders_cpu: float  # relay and reaper


def work_off(rig: Rig, crew: Crew, *, send: Callable[[], Sequence[Sent]], seconds: float = 180.0) -> Work:
    """Send while the relay is held, then let it go. Raises Stuck if the jobs are not done in `seconds`."""
    with held(rig):
        sent = send()
        workers, senders = cpu_seconds(crew.logs), cpu_seconds(rig.senders.values())
    jobs = [each.job for each in sent]
    done = "SELECT count(*) FROM jobs_job WHERE state = 'completed' AND id = ANY(%s::uuid[])"
    wait_for(
        "the end of the jobs", lambda: rig.database.value(done, jobs) == len(jobs), seconds=seconds, logs=crew.logs
    )
    taken = "SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM jobs_job WHERE id = ANY(%s::uuid[])"
    return Work(
        sent=sent,
        seconds=float(rig.database.value(taken, jobs)),
        workers_cpu=cpu_seconds(crew.logs) - workers,
        senders_cpu=cpu_seconds(rig.senders.values()) - senders,
    )


@contextmanager
def held(rig: Rig) -> Iterator[None]:
    """What is sent within the context no worker knows of until it ends: then of all at once."""
    relay = rig.senders["relay"]
    relay.send(signal.SIGSTOP)
    try:
        yield
    finally:
        relay.send(signal.SIGCONT)


def cpu_seconds(processes: Iterable[Child]) -> float:
    """Processor time that they have used since they were started (Linux)."""
    fields = [Path(f"/proc/{each.pid}/stat").read_text().rpartition(")")[2].split() for each in processes]
    return sum(int(each[11]) + int(each[12]) for each in fields) / _TICKS


def resident_mb(process: Child) -> float:
    """What it has in memory now, in MB of 10^6 bytes (Linux)."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
