"""Whether a worker's memory stays flat over as much work as an hour brings at the account's limits.

The work is that of an hour, not its length: without limits and latency it is done in minutes.
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, Section, at_least, at_most
from tests.bench.load import resident_mb, work_off
from tests.bench.material import Material
from tests.bench.provider import running_provider
from tests.chaos.rig import Crew, running_rig
from tests.chaos.undisturbed import make_record
from tests.fake_openai import Limits

CALLS: Final = 60 * 48  # what 600,000 tokens a minute let through in an hour, as `limit` measures it
MEMORY_GROWTH: Final = 1.1  # at most, of the worker that grew most, from the first sixth of the calls on
_LINES: Final = 10_000
_FIRST_SEED: Final = 9_000
_RECORDS: Final = 112
_AT_ONCE: Final = 8  # records of a batch
_WORKERS: Final = 2
_UNLIMITED: Final = Limits(requests_per_minute=10**6, tokens_per_minute=10**9)
_SECONDS: Final = 300.0  # for a batch
_LIFETIME_SECONDS: Final = 1_800.0  # of the fake, should nobody end it


def measure_hour(_: Material) -> Section:
    with (
        tempfile.TemporaryDirectory(prefix="pennie-bench-hour-") as folder,
        running_rig(folder=Path(folder), settings={}) as rig,
    ):
        seeds = range(_FIRST_SEED, _FIRST_SEED + _RECORDS)
        records = [make_record(folder=rig.folder, seed=seed, lines=_LINES) for seed in seeds]
        with running_provider(
            latency_seconds=0.0, records=records, limits=_UNLIMITED, lifetime_seconds=_LIFETIME_SECONDS
        ) as provider:
            crew = Crew(rig=rig, provider=provider, calls_at_once=16, jobs_at_once=4)
            try:
                crew.hire(_WORKERS)
                early: list[float] = []
                for start in range(0, _RECORDS, _AT_ONCE):
                    batch: Sequence[Path] = records[start : start + _AT_ONCE]
                    work_off(rig, crew, send=partial(rig.send, *batch), seconds=_SECONDS)
                    calls = int(provider.totals()["calls"])
                    if not early and calls >= CALLS / 6:
                        early = [resident_mb(worker) for worker in crew.logs]
                    if calls >= CALLS:
                        break
                late = [resident_mb(worker) for worker in crew.logs]
            finally:
                crew.dismiss()
    growth = [end / begin for begin, end in zip(early, late, strict=True)]
    return Section(
        name="hour",
        title=f"Memory over the calls of an hour at the limit, {_WORKERS} workers",
        figures=(
            Figure(name="calls", value=calls, bound=at_least(CALLS)),
            Figure(name="memory of the largest worker at the end", value=max(late), unit="MB"),
            Figure(
                name="memory at the end / after a sixth, worst worker",
                value=max(growth),
                unit="times",
                bound=at_most(MEMORY_GROWTH),
            ),
        ),
        notes=("an hour's calls, done in minutes: what leaks by the call is seen, what leaks by the clock is not",),
    )
