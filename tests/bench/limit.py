"""How much of the account's limit the product uses, and how often it is refused, beside a pool without a limiter.

Told by the provider's own log. The limits are held by the provider, so that a call too many is a 429.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from tests.bench.figures import Figure, Section, at_least, at_most
from tests.bench.load import held, resident_mb
from tests.bench.material import Material
from tests.bench.processes import measure_apart
from tests.bench.provider import ACCOUNT, Provider, running_provider
from tests.chaos.rig import Crew, Rig, running_rig, wait_for
from tests.chaos.undisturbed import make_record
from tests.fake_openai import Limits
from tests.records.generator import Order

USED: Final = 0.95  # at least, of the limit that binds, after the first minute
MEMORY_GROWTH: Final = 1.1  # at most, of a worker from the end of the first minute on
_RECORDS: Final = 40
_LINES: Final = 10_000
_FIRST_SEED: Final = 7_000
_WORKERS: Final = 4
_JOBS_AT_ONCE: Final = 4  # of a worker, as the stack runs them
_CALLS_AT_ONCE: Final = 16  # of a worker, the default
_LATENCY_SECONDS: Final = 2.0
_MINUTE: Final = 60.0
_MINUTES: Final = 3
_MINUTES_AGAIN: Final = 2  # of the others: the first minute is no figure
_AFTER_SECONDS: Final = 2 * _LATENCY_SECONDS  # until what began in the last minute has ended and is in the log
_LIFETIME_SECONDS: Final = 1_200.0  # of a fake, should nobody end it


@dataclass(frozen=True, kw_only=True, slots=True)
class _Load:
    """What the provider's log tells, and how each worker's memory grew."""

    totals: Mapping[str, Any]
    minutes: int
    memory_growth: float  # of the worker that grew most
    memory_mb: float  # of the largest, in the end

    @property
    def shares(self) -> list[float]:
        """Of the limit that binds, in each minute after the first."""
        return list(_shares(self.totals, minutes=self.minutes))


def measure_limit(_: Material) -> Section:
    with (
        tempfile.TemporaryDirectory(prefix="pennie-bench-limit-") as folder,
        running_rig(folder=Path(folder), settings={}) as rig,
    ):
        records = [make_record(folder=rig.folder, seed=each["seed"], lines=_LINES) for each in _orders()]
        with _providing(ACCOUNT) as provider:
            even = _put_on(rig, provider, records=records, minutes=_MINUTES)
            provider.forget()
            pool = _ask_without_limiter(provider, records=records)
            pool_totals = provider.totals()
        with _providing(replace(ACCOUNT, counting="sliding")) as provider:
            sliding = _put_on(rig, provider, records=records, minutes=_MINUTES_AGAIN)
    return Section(
        name="limit",
        title=f"Limit: {_RECORDS} records of {_LINES:,} lines at once, {_WORKERS} workers, "
        f"{ACCOUNT.requests_per_minute} requests and {ACCOUNT.tokens_per_minute:,} tokens a minute",
        figures=(
            *_tell_load("even refill", even),
            Figure(name="memory of the largest worker at the end", value=even.memory_mb, unit="MB"),
            Figure(
                name="memory at the end / after 1 minute, worst worker",
                value=even.memory_growth,
                unit="times",
                bound=at_most(MEMORY_GROWTH),
            ),
            *_tell_load("last 60 s count", sliding),
            *_tell_pool(pool, totals=pool_totals),
        ),
        notes=(
            f"by the provider's log; {_LATENCY_SECONDS:g} s a call; {_MINUTES} minutes, the others "
            f"{_MINUTES_AGAIN}; a share is of the limit that binds, here tokens, each call charged its most output",
            f"the pool: {_WORKERS * _CALLS_AT_ONCE} threads of one process over the SDK, which tries twice again; the "
            "same windows, provider and limits, right after; its first minute began with a bucket nearly full",
            f"memory over {_MINUTES - 1} minutes says nothing of an hour; nothing here runs for one",
        ),
    )


def _orders() -> list[Order]:
    return [{"seed": _FIRST_SEED + number, "lines": _LINES} for number in range(_RECORDS)]


@contextmanager
def _providing(limits: Limits) -> Iterator[Provider]:
    with running_provider(
        latency_seconds=_LATENCY_SECONDS, orders=_orders(), limits=limits, lifetime_seconds=_LIFETIME_SECONDS
    ) as provider:
        yield provider


def _put_on(rig: Rig, provider: Provider, *, records: Sequence[Path], minutes: int) -> _Load:
    """All records at once to new workers, for so many minutes from the first call on; what is left is dropped."""
    crew = Crew(rig=rig, provider=provider, calls_at_once=_CALLS_AT_ONCE, jobs_at_once=_JOBS_AT_ONCE)
    try:
        crew.hire(_WORKERS)
        with held(rig):
            rig.send(*records)
        wait_for("a first call", lambda: provider.totals()["calls"] > 0, logs=crew.logs)
        began = float(provider.totals()["since"])
        _sleep_until(began + _MINUTE)
        early = [resident_mb(worker) for worker in crew.logs]
        _sleep_until(began + minutes * _MINUTE)
        late = [resident_mb(worker) for worker in crew.logs]
        _sleep_until(began + minutes * _MINUTE + _AFTER_SECONDS)
        totals = provider.totals()
    finally:
        crew.dismiss()
        rig.drop_what_is_left()
    growth = max(end / begin for begin, end in zip(early, late, strict=True))
    return _Load(totals=totals, minutes=minutes, memory_growth=growth, memory_mb=max(late))


def _ask_without_limiter(provider: Provider, *, records: Sequence[Path]) -> Mapping[str, Any]:
    seconds = _MINUTES_AGAIN * _MINUTE + _AFTER_SECONDS
    arguments = ["--threads", str(_WORKERS * _CALLS_AT_ONCE), "--seconds", str(seconds), provider.base_url]
    return measure_apart(
        module="tests.bench.sdk", arguments=[*arguments, *map(str, records)], seconds=seconds + 4 * _MINUTE
    )


def _tell_load(name: str, load: _Load) -> list[Figure]:
    return [
        *(
            Figure(name=f"{name}: used in minute {number}", value=100 * share, unit="%")
            for number, share in enumerate(load.shares, start=2)
        ),
        Figure(
            name=f"{name}: used after the first minute",
            value=100 * fmean(load.shares),
            unit="%",
            bound=at_least(100 * USED),
        ),
        Figure(name=f"{name}: answers of 429", value=load.totals["answers_of_429"], bound=at_most(0)),
        Figure(name=f"{name}: calls", value=load.totals["calls"]),
        Figure(name=f"{name}: most calls in flight", value=load.totals["most_in_flight"]),
    ]


def _tell_pool(pool: Mapping[str, Any], *, totals: Mapping[str, Any]) -> list[Figure]:
    return [
        *(
            Figure(name=f"pool over the SDK: used in minute {number}", value=100 * share, unit="%")
            for number, share in enumerate(_shares(totals, minutes=_MINUTES_AGAIN), start=2)
        ),
        Figure(name="pool over the SDK: answers of 429", value=totals["answers_of_429"]),
        Figure(name="pool over the SDK: calls", value=totals["calls"]),
        Figure(name="pool over the SDK: windows answered", value=pool["answered"]),
        Figure(name="pool over the SDK: windows given up", value=pool["given_up"]),
    ]


def _shares(totals: Mapping[str, Any], *, minutes: int) -> Iterator[float]:
    for minute in totals["minutes"][1:minutes]:
        yield max(minute["requests_share"], minute["tokens_share"])


def _sleep_until(moment: float) -> None:
    """Unix time."""
    time.sleep(max(0.0, moment - time.time()))
