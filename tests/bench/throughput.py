"""Lines per second and memory of extraction, rules and stitching, at three sizes."""

import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from tests.bench.figures import Figure, Section, at_least, at_most
from tests.bench.material import SIZES, Material
from tests.bench.processes import measure_apart

LINES_A_SECOND = 10_000  # at least, on one core
MEMORY_MB = 150  # at most over idle, at the largest size
SLOWDOWN = 1.5  # at most: how much faster a smaller file may go, line by line, where growth is linear
_SEGMENTING = ("extraction", "rules", "stitching")
_FACTS = ("claims", "filing")
_ROUNDS = 3
_ENOUGH_SECONDS = 60.0  # no further round is begun after so long
_SECONDS = 120.0  # of one run


def measure_throughput(material: Material) -> Section:
    """Medians of runs that are each a process of its own."""
    runs = _run_in_rounds(material)
    speeds = {size: _speed(runs[size], stages=_SEGMENTING) for size in SIZES}
    return Section(
        name="throughput",
        title="Extraction, rules and stitching, on one core",
        figures=(
            *(_tell_speed(size, runs=runs[size], speed=speeds[size]) for size in SIZES),
            Figure(
                name="fastest smaller size, beside 100,000 lines",
                value=_slowdown(runs),
                unit="times",
                bound=at_most(SLOWDOWN),
            ),
            *(_tell_memory(size, runs=runs[size]) for size in SIZES),
            *(figure for size in SIZES for figure in _tell_stages(size, runs=runs[size])),
        ),
        notes=(
            f"processor time; medians of {len(runs[SIZES[0]])} runs, each in a fresh process, vocabulary ready",
            "memory: highest resident size (VmHWM) less the resident size after imports; facts included in 'all'",
            "largest: {lines:,} lines, {windows} windows, {documents:,} documents, {facts:,} facts".format(
                **runs[SIZES[-1]][0]
            ),
        ),
    )


def _run_in_rounds(material: Material) -> Mapping[int, Sequence[Mapping[str, Any]]]:
    """Each size's runs. All sizes have their turn in each round, so that a busy minute falls on all of them."""
    runs: dict[int, list[Mapping[str, Any]]] = {size: [] for size in SIZES}
    started = time.monotonic()
    for _ in range(_ROUNDS):
        for size in SIZES:
            runs[size].append(_run(material, size=size))
        if time.monotonic() - started > _ENOUGH_SECONDS:
            break
    return runs


def _run(material: Material, *, size: int) -> dict[str, Any]:
    return measure_apart(module="tests.bench.stages", arguments=[str(material.generated[size])], seconds=_SECONDS)


def _seconds(run: Mapping[str, Any], *, stages: Sequence[str]) -> float:
    return float(sum(run["cpu_seconds"][stage] for stage in stages))


def _speed(runs: Sequence[Mapping[str, Any]], *, stages: Sequence[str]) -> float:
    return median(int(run["lines"]) / _seconds(run, stages=stages) for run in runs)


def _slowdown(runs: Mapping[int, Sequence[Mapping[str, Any]]]) -> float:
    """By each size's best run: a busy machine slows long runs more than short ones, and medians would pass it on."""
    best = {size: max(_speed([run], stages=_SEGMENTING) for run in runs[size]) for size in SIZES}
    return max(best.values()) / best[SIZES[-1]]


def _tell_speed(size: int, *, runs: Sequence[Mapping[str, Any]], speed: float) -> Figure:
    return Figure(name=f"{size:,} lines", value=speed, unit="lines/s", bound=at_least(LINES_A_SECOND))


def _tell_memory(size: int, *, runs: Sequence[Mapping[str, Any]]) -> Figure:
    bound = at_most(MEMORY_MB) if size == SIZES[-1] else None
    peak = median(run["peak_mb"]["stitching"] for run in runs)
    return Figure(name=f"memory over idle, {size:,} lines", value=peak, unit="MB", bound=bound)


def _tell_stages(size: int, *, runs: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Each stage apart, in microseconds a line, then all together."""
    figures = [
        Figure(name=f"{stage}, {size:,} lines", value=1e6 / _speed(runs, stages=(stage,)), unit="us/line")
        for stage in (*_SEGMENTING, *_FACTS)
    ]
    every = Figure(
        name=f"all, facts included, {size:,} lines", value=_speed(runs, stages=(*_SEGMENTING, *_FACTS)), unit="lines/s"
    )
    peak = median(run["peak_mb"]["filing"] for run in runs)
    return [*figures, every, Figure(name=f"memory of all, {size:,} lines", value=peak, unit="MB")]
