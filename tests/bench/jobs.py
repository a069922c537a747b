"""Jobs a minute through the whole machinery, and what they cost a worker beside bare `analyze` of the same files."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.bench.figures import Figure, Section, at_most
from tests.bench.load import work_off
from tests.bench.material import Material
from tests.chaos.rig import Provider, Rig, running_rig, working
from tests.chaos.undisturbed import make_record
from tests.fake_openai import API_KEY

COST_RATIO: Final = 2.0  # at most
_LINES: Final = 900
_JOBS: Final = 40  # of one round
_ROUNDS: Final = 3
_WORKERS: Final = 2  # processes: one a core
_JOBS_AT_ONCE: Final = 4  # of a worker, as the stack runs them
_CALLS_AT_ONCE: Final = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class _Round:
    """CPU is processor time in seconds, a file."""

    jobs_a_minute: float
    bare_files_a_minute: float
    worker_cpu: float
    senders_cpu: float  # relay and reaper
    bare_cpu: float


def measure_jobs(material: Material) -> Section:
    """Rounds of distinct records; in each the same files are worked on by jobs, then by bare `analyze`."""
    with (
        tempfile.TemporaryDirectory(prefix="pennie-bench-jobs-") as folder,
        running_rig(folder=Path(folder), settings={}) as rig,
    ):
        rounds = [_measure_round(rig, number=number) for number in range(_ROUNDS)]
    ratios = [each.worker_cpu / each.bare_cpu for each in rounds]
    return Section(
        name="jobs",
        title=f"Jobs: {_JOBS} records of {_LINES} lines, fake at zero latency, {_WORKERS} workers",
        figures=(
            Figure(name="jobs a minute", value=median(each.jobs_a_minute for each in rounds), unit="jobs/min"),
            Figure(
                name="bare analyze, one process",
                value=median(each.bare_files_a_minute for each in rounds),
                unit="files/min",
            ),
            Figure(name="CPU of the workers, a job", value=1e3 * median(each.worker_cpu for each in rounds), unit="ms"),
            Figure(name="CPU of bare analyze, a file", value=1e3 * median(each.bare_cpu for each in rounds), unit="ms"),
            Figure(name="workers / bare", value=median(ratios), unit="times", bound=at_most(COST_RATIO)),
            Figure(name="workers / bare, worst round", value=max(ratios), unit="times"),
            Figure(
                name="CPU of relay and reaper, a job",
                value=1e3 * median(each.senders_cpu for each in rounds),
                unit="ms",
            ),
        ),
        notes=(
            f"medians of {_ROUNDS} rounds; starts of processes and their first files are left out, of both",
            "jobs a minute: from the first claim to the last end; fake, PostgreSQL and Redis (durable) share the cores",
        ),
    )


def _measure_round(rig: Rig, *, number: int) -> _Round:
    first = 1_000 * (number + 1)
    records = [make_record(folder=rig.folder, seed=first + each, lines=_LINES) for each in range(_JOBS)]
    warm = [make_record(folder=rig.folder, seed=first + _JOBS + each, lines=_LINES) for each in range(2 * _WORKERS)]
    with working(
        rig,
        records=[*records, *warm],
        latency_seconds=0,
        calls_at_once=_CALLS_AT_ONCE,
        workers=_WORKERS,
        jobs_at_once=_JOBS_AT_ONCE,
    ) as (provider, crew):
        work_off(rig, crew, send=lambda: rig.send(*warm))
        jobs = work_off(rig, crew, send=lambda: rig.send(*records))
        bare = _analyze(rig, provider, [warm[0], *records])
    return _Round(
        jobs_a_minute=60 * _JOBS / jobs.seconds,
        bare_files_a_minute=60 * _JOBS / bare["wall_seconds"],
        worker_cpu=jobs.workers_cpu / _JOBS,
        senders_cpu=jobs.senders_cpu / _JOBS,
        bare_cpu=bare["cpu_seconds"] / _JOBS,
    )


def _analyze(rig: Rig, provider: Provider, records: Sequence[Path]) -> dict[str, Any]:
    printed = rig.call(
        "-m",
        "tests.bench.bare",
        *records,
        OPENAI_API_KEY=API_KEY,
        OPENAI_BASE_URL=provider.base_url,
        OPENAI_API="responses",
        OPENAI_CONCURRENCY=_CALLS_AT_ONCE,
    )
    told: dict[str, Any] = json.loads(printed)
    return told
