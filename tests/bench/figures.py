"""What a benchmark reports: figures, some with the bound that they must keep."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

_KEPT: Mapping[str, Callable[[float, float], bool]] = {"at least": operator.ge, "at most": operator.le}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """A limit that a figure keeps by being equal to it or better."""

    side: Literal["at least", "at most"]
    limit: float

    def is_kept_by(self, value: float) -> bool:
        return _KEPT[self.side](value, self.limit)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str = ""
    bound: Bound | None = None

    @property
    def passed(self) -> bool | None:
        """None where nothing is asked of it."""
        return None if self.bound is None else self.bound.is_kept_by(self.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """The figures of one benchmark, in the order in which they are read."""

    name: str  # as --only takes it
    title: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return all(figure.passed is not False for figure in self.figures)

    def to_dict(self) -> dict[str, Any]:
        figures = [{**asdict(figure), "passed": figure.passed} for figure in self.figures]
        return {"name": self.name, "title": self.title, "figures": figures, "notes": self.notes, "passed": self.passed}


def at_least(limit: float) -> Bound:
    return Bound(side="at least", limit=limit)


def at_most(limit: float) -> Bound:
    return Bound(side="at most", limit=limit)
