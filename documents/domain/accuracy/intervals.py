"""Bootstrap intervals: how far a figure would move if other records of the same kind had been taken.

Efron and Tibshirani 1993, chapter 13, the percentile interval. Units (files, or the documents of one file) are drawn
with replacement, as many as there are; what is divided is added up first. The same seed draws the same units, so that
two answers on the same units are compared draw by draw.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from random import Random

SEED = 20_240_117
ROUNDS = 1_000
LEVEL = 0.95

Columns = Mapping[str, Sequence[float]]  # what is added up, by name: one number a unit
Sums = Mapping[str, float]
Figures = Mapping[str, float | None]  # None: nothing was measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """Bounds within which LEVEL of the draws lie."""

    low: float
    high: float


def bootstrap(
    *, columns: Columns, figure: Callable[[Sums], Figures], rounds: int = ROUNDS, seed: int = SEED
) -> dict[str, Interval]:
    """Intervals of the figures that `figure` makes of the columns' sums.

    A figure that half of the draws or more do not measure has none; with fewer than two units none has.
    """
    count = len(next(iter(columns.values()), ()))
    if count < 2:
        return {}
    random, units = Random(seed), range(count)
    drawn: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        picks = random.choices(units, k=count)
        sums = {name: sum(map(column.__getitem__, picks)) for name, column in columns.items()}
        for name, value in figure(sums).items():
            if value is not None:
                drawn[name].append(value)
    return {name: _bounds(values) for name, values in drawn.items() if len(values) * 2 > rounds}


def _bounds(values: list[float]) -> Interval:
    values.sort()
    tail = (1 - LEVEL) / 2
    last = len(values) - 1
    return Interval(low=values[floor(tail * last)], high=values[ceil((1 - tail) * last)])
