"""What no figure may fall below, as floors.toml keeps it: read, held against what was measured, proposed anew.

A group is a set (`layouts`) or a part of it (`layouts.layout.fax_packet`). Metrics are those of docs/evaluation.md; the
precision of a fact field is `precision.FIELD`. Counts that must be 0 are bounds above.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path

from jobs.evaluation.figures import COUNTED, all_measured, average, list_figures, pool_fields
from jobs.evaluation.grouping import group_evaluations
from jobs.evaluation.measuring import Evaluation
from tests.accuracy.sets import RecordSet

FLOORS = Path(__file__).parent / "floors.toml"
HELD = ("boundary_f1", "exact_f1", "type_acc", "date_acc", "title_similarity", "fact_p", "fact_r")
HELD_OF_GROUP = ("boundary_f1", "exact_f1")
MARGIN = 0.02  # by which a floor is proposed below what was measured
FEWEST_VALUES = 10  # of a field that were found, for its precision to have a floor
WORST_FILES = 3

Figures = Mapping[str, float]  # by metric
Floors = Mapping[str, Figures]  # by group


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """A group's figures, and each of its files' for telling which are the worst."""

    group: str
    figures: Figures
    files: Mapping[str, Figures]


@dataclass(frozen=True, kw_only=True, slots=True)
class Breach:
    """A figure on the wrong side of its bound, or one with a bound that nothing measures: None."""

    group: str
    metric: str
    bound: float
    value: float | None
    worst: Sequence[tuple[str, float]]  # files and their figures, the worst first

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.group}: nothing measures {self.metric}, which has the floor {self.bound:g}"
        side = "above" if self.metric in COUNTED else "under"
        away = abs(self.value - self.bound)
        told = f"{self.group}: {self.metric} {self.value:.4f} is {away:.4f} {side} its floor {self.bound:g}"
        files = ", ".join(f"{name} ({value:.3f})" for name, value in self.worst)
        return f"{told}; the worst: {files}" if files else told


def measure_groups(*, of: RecordSet, evaluations: Sequence[Evaluation]) -> Iterator[Measurement]:
    """The set as a whole, then its parts by the tags that it names."""
    yield _measure(of.name, evaluations, HELD, with_fields=True)
    groups = group_evaluations(evaluations=evaluations)
    for tag in of.by:
        for value, alike in groups.get(tag, {}).items():
            yield _measure(f"{of.name}.{tag}.{value}", alike, HELD_OF_GROUP, with_fields=False)


def _measure(
    group: str, evaluations: Sequence[Evaluation], metrics: Sequence[str], *, with_fields: bool
) -> Measurement:
    means = average(evaluations=evaluations)
    figures = {metric: value for metric in metrics if (value := means[metric]) is not None}
    of_files = {one.file: list_figures(measured=one.measured) for one in evaluations if one.measured}
    files: dict[str, dict[str, float]] = {
        name: {metric: value for metric in (*metrics, *COUNTED) if (value := one[metric]) is not None}
        for name, one in of_files.items()
    }
    if with_fields:
        figures |= {metric: max((one[metric] for one in files.values()), default=0) for metric in COUNTED}
        for field, matches in pool_fields(evaluations=evaluations).items():
            if matches.found >= FEWEST_VALUES:
                figures[f"precision.{field}"] = matches.precision
        for one in evaluations:
            if one.measured is not None:
                shares = {f"precision.{name}": each.precision for name, each in one.measured.fields.items()}
                files[one.file] |= shares
    return Measurement(group=group, figures=figures, files=files)


def count_unmeasured(*, evaluations: Sequence[Evaluation]) -> int:
    return len(evaluations) - len(all_measured(evaluations))


def find_breaches(*, measurements: Sequence[Measurement], floors: Floors) -> list[Breach]:
    """Every bound of the measured groups that is not kept."""
    breaches = []
    for one in measurements:
        for metric, bound in floors.get(one.group, {}).items():
            value = one.figures.get(metric)
            kept = value is not None and (value <= bound if metric in COUNTED else value >= bound)
            if not kept:
                worst = _list_worst(one.files, metric)
                breaches.append(Breach(group=one.group, metric=metric, bound=bound, value=value, worst=worst))
    return breaches


def _list_worst(files: Mapping[str, Figures], metric: str) -> list[tuple[str, float]]:
    values = [(name, figures[metric]) for name, figures in files.items() if metric in figures]
    return sorted(values, key=lambda pair: pair[1], reverse=metric in COUNTED)[:WORST_FILES]


def read_floors(*, path: Path = FLOORS) -> Floors:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def propose_floors(*, measurements: Sequence[Measurement]) -> dict[str, dict[str, float]]:
    """MARGIN below what was measured, to two digits. What must be 0 stays 0."""
    return {
        one.group: {
            metric: 0 if metric in COUNTED else max(0.0, floor((value - MARGIN) * 100) / 100)
            for metric, value in one.figures.items()
        }
        for one in measurements
    }


def write_floors(*, floors: Floors, path: Path = FLOORS) -> None:
    """Written by `make accuracy UPDATE=1`, to be read and committed by a person."""
    lines = [
        "# What no figure may fall below: `make accuracy` and, for quick sets, `make test` hold it.",
        f"# Written by `make accuracy UPDATE=1`, {MARGIN:g} below what was measured. A floor that goes down is",
        "# a choice: say why in the commit. coverage_violations and facts_without_source are the most of a file.",
    ]
    for group, figures in floors.items():
        lines += ["", f'["{group}"]', *(f'"{metric}" = {value:g}' for metric, value in figures.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
