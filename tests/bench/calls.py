"""What a call costs a worker in processor time, beside a bare loop over the SDK that asks the same of the same fake."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench.figures import Figure, Section, at_most
from tests.bench.load import work_off
from tests.bench.material import Material
from tests.bench.processes import measure_apart
from tests.bench.provider import Provider, running_provider
from tests.chaos.rig import Crew, Rig, Sent, Stuck, running_rig
from tests.chaos.undisturbed import make_record
from tests.fake_openai import Limits
from tests.records.generator import Order

MOST_MS: Final = 15.0
RATIO: Final = 4.0  # at most
_LINES: Final = 10_000
_RECORDS: Final = 4
_ROUNDS: Final = 6
_JOBS_AT_ONCE: Final = 4  # as the stack runs them
_CALLS_AT_ONCE: Final = 16
_SEED: Final = 8_000
_UNREACHED: Final = Limits(requests_per_minute=10_000_000, tokens_per_minute=900_000_000)
_SECONDS: Final = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Round:
    """Processor time in seconds, a call."""

    calls: int
    worker: float
    files: float  # the same files once more, with every answer known: all but the asking
    bare: float

    @property
    def of_call(self) -> float:
        return self.worker - self.files


def measure_calls(_: Material) -> Section:
    """In each round the records are asked about, analysed again without a call, and asked about by the SDK alone."""
    orders: list[Order] = [{"seed": _SEED + number, "lines": _LINES} for number in range(_RECORDS + _JOBS_AT_ONCE)]
    with (
        tempfile.TemporaryDirectory(prefix="pennie-bench-calls-") as folder,
        running_rig(folder=Path(folder), settings={}) as rig,
        running_provider(latency_seconds=0.0, orders=orders, limits=_UNREACHED) as provider,
    ):
        records = [make_record(folder=rig.folder, seed=order["seed"], lines=_LINES) for order in orders]
        crew = Crew(rig=rig, provider=provider, calls_at_once=_CALLS_AT_ONCE, jobs_at_once=_JOBS_AT_ONCE)
        try:
            crew.hire(1)
            work_off(rig, crew, send=lambda: rig.send(*records[_RECORDS:]), seconds=_SECONDS)  # until all is warm
            rounds = [_measure_round(rig, crew, provider, records[:_RECORDS]) for _ in range(_ROUNDS)]
        finally:
            crew.dismiss()
    return _tell(rounds)


def _measure_round(rig: Rig, crew: Crew, provider: Provider, records: Sequence[Path]) -> _Round:
    provider.forget()
    asking = work_off(rig, crew, send=lambda: rig.send(*records), seconds=_SECONDS)
    calls = int(provider.totals()["calls"])
    again = work_off(rig, crew, send=lambda: _send_again(rig, asking.sent), seconds=_SECONDS)
    if provider.totals()["calls"] != calls:
        raise Stuck("what was answered was asked again")
    bare = measure_apart(module="tests.bench.sdk", arguments=[provider.base_url, *map(str, records)], seconds=_SECONDS)
    return _Round(
        calls=calls,
        worker=asking.workers_cpu / calls,
        files=again.workers_cpu / calls,
        bare=bare["cpu_seconds"] / bare["answered"],
    )


def _send_again(rig: Rig, sent: Sequence[Sent]) -> list[Sent]:
    printed = rig.call("-m", "tests.bench.again", *(each.upload for each in sent))
    return [Sent(**each) for each in json.loads(printed)]


def _tell(rounds: Sequence[_Round]) -> Section:
    ratios = [each.of_call / each.bare for each in rounds]
    return Section(
        name="calls",
        title=f"Calls: {_RECORDS} records of {_LINES:,} lines, fake at zero latency, 1 worker",
        figures=(
            Figure(name="calls of a round", value=median(each.calls for each in rounds)),
            Figure(name="CPU of the worker, a call", value=1e3 * median(each.worker for each in rounds), unit="ms"),
            Figure(
                name="of it the file itself, all answers known",
                value=1e3 * median(each.files for each in rounds),
                unit="ms",
            ),
            Figure(
                name="CPU of asking, a call",
                value=1e3 * median(each.of_call for each in rounds),
                unit="ms",
                bound=at_most(MOST_MS),
            ),
            Figure(name="bare loop over the SDK, a call", value=1e3 * median(each.bare for each in rounds), unit="ms"),
            Figure(name="asking / bare", value=median(ratios), unit="times", bound=at_most(RATIO)),
            Figure(name="asking / bare, worst round", value=max(ratios), unit="times"),
        ),
        notes=(f"medians of {_ROUNDS} rounds; starts of processes, first files and first calls are left out, of both",),
    )
