"""How sure the figures are: bootstrap intervals over files or, of one file, over its documents (docs/evaluation.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from documents.domain.accuracy.intervals import Interval, bootstrap
from documents.domain.accuracy.metrics import Matches
from jobs.evaluation.figures import AVERAGED, all_measured, list_figures
from jobs.evaluation.measuring import Evaluation, Measured
from jobs.evaluation.tallies import (
    Tally,
    add_tallies,
    as_field_figures,
    as_figures,
    list_parts,
    tally_fields,
    tally_parts,
)

Intervals = Mapping[str, Interval]  # by the name of the metric


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Intervals of the figures of several files. `over` says what was drawn."""

    over: str  # "files", or "documents" where there is one file
    mean: Intervals = field(default_factory=dict)
    pooled: Intervals = field(default_factory=dict)
    fields: Intervals = field(default_factory=dict)  # `weight.precision` and the like


def spread_file(measured: Measured) -> dict[str, Interval]:
    """Intervals of one file's figures, over its documents; those of its facts over their values."""
    documents = [tally_parts(list_parts(verdict)) for verdict in measured.documents]
    intervals = bootstrap(columns=as_columns(documents), figure=as_figures)
    return intervals | _only_facts(bootstrap(columns=as_columns(_list_values(measured.fields)), figure=as_figures))


def spread_files(evaluations: Sequence[Evaluation]) -> Spread:
    """Intervals over the files that were measured."""
    measured = all_measured(evaluations)
    if len(measured) == 1:
        own = spread_file(measured[0])
        values = as_columns(_list_values(measured[0].fields))
        return Spread(over="documents", mean=own, pooled=own, fields=bootstrap(columns=values, figure=as_field_figures))
    tallies = as_columns([tally_file(one) for one in measured])
    averaged = average_columns([list_figures(measured=one) for one in measured])
    return Spread(
        over="files",
        mean=bootstrap(columns=averaged, figure=as_means),
        pooled=bootstrap(columns=tallies, figure=as_figures),
        fields=bootstrap(columns=tallies, figure=as_field_figures),
    )


def tally_file(measured: Measured) -> Tally:
    documents = add_tallies(tally_parts(list_parts(verdict)) for verdict in measured.documents)
    return {**documents, **tally_fields(measured.fields)}


def as_columns(tallies: Sequence[Tally]) -> dict[str, list[float]]:
    """A column for each name that any of them has; who lacks it adds nothing."""
    names = dict.fromkeys(name for tally in tallies for name in tally)
    return {name: [tally.get(name, 0) for tally in tallies] for name in names}


def average_columns(figures: Sequence[Mapping[str, float | None]]) -> dict[str, list[float]]:
    """For each metric of AVERAGED its values, and which files measure it."""
    columns: dict[str, list[float]] = {}
    for metric in AVERAGED:
        values = [row.get(metric) for row in figures]
        columns[f"sum {metric}"] = [value or 0.0 for value in values]
        columns[f"count {metric}"] = [float(value is not None) for value in values]
    return columns


def as_means(sums: Tally) -> dict[str, float | None]:
    counts = {metric: sums[f"count {metric}"] for metric in AVERAGED}
    return {metric: sums[f"sum {metric}"] / count if count else None for metric, count in counts.items()}


def _list_values(fields: Mapping[str, Matches]) -> list[Tally]:
    """One tally for each value of a fact: right, missed or false."""
    values: list[Tally] = []
    for name, matches in fields.items():
        right = tally_fields({name: Matches(matched=1, found=1, true=1)})
        false = tally_fields({name: Matches(matched=0, found=1, true=0)})
        missed = tally_fields({name: Matches(matched=0, found=0, true=1)})
        values += [right] * matches.matched
        values += [false] * (matches.found - matches.matched)
        values += [missed] * (matches.true - matches.matched)
    return values


def _only_facts(intervals: Intervals) -> dict[str, Interval]:
    return {metric: interval for metric, interval in intervals.items() if metric.startswith("fact_")}
