"""Two evaluations of the same records, record by record: what changed, and whether more than chance would change.

Both are objects of `evaluate --json`, of this run or of a file. The same draws of records are taken from both
(a paired bootstrap), so that what makes a record hard for either does not widen the interval of the difference.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from documents.domain.accuracy.intervals import Interval, bootstrap
from jobs.evaluation.figures import AVERAGED, COSTS, LESS_IS_BETTER
from jobs.evaluation.spread import as_columns, as_means, average_columns
from jobs.evaluation.tallies import Tally, add_tallies, as_field_figures, as_figures, tally_parts

Judgement = Literal["better", "worse", "unsure", "same"]

TOLD = (  # metrics that a comparison lists, where both measure them
    *("boundary_p", "boundary_r", "boundary_f1", "boundary_f1_within_1", "exact_f1", "stp", "pq", "windowdiff"),
    *("type_acc", "date_acc", "title_similarity", "fact_p", "fact_r", "fact_f1"),
    *("input_tokens_per_1000_lines", "output_tokens_per_1000_lines", "cost_usd_per_1000_lines", "seconds"),
)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class ScoredDocument(_Read):
    start_line: int
    end_line: int
    boundary: tuple[float, float, float]
    exact: tuple[float, float, float]
    overlap: tuple[float, float, float, float]
    types: tuple[float, float]
    dates: tuple[float, float]
    titles: tuple[float, float]


class FieldCounts(_Read):
    matched: int
    found: int
    true: int


class ScoredFile(_Read):
    file: str
    problem: str | None = None
    engine: str | None = None
    model: str | None = None
    documents: tuple[ScoredDocument, ...] = ()
    fields: dict[str, FieldCounts] = {}

    @model_validator(mode="after")
    def _is_measured(self) -> Self:
        if self.problem is None and not self.documents:
            raise ValueError("neither documents nor a problem")
        return self

    def figure(self, metric: str) -> float | None:
        value = (self.model_extra or {}).get(metric)
        return float(value) if isinstance(value, int | float) else None

    @property
    def spans(self) -> list[tuple[int, int]]:
        return [(each.start_line, each.end_line) for each in self.documents]


class Scored(_Read):
    """The object of `evaluate --json`, as far as it is compared."""

    files: tuple[ScoredFile, ...]


class MalformedFigures(ValueError):
    """The file is not what `evaluate --json` writes. The message names file and cure."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One metric before and after; the interval is that of the change."""

    metric: str
    before: float
    after: float
    interval: Interval | None

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def judgement(self) -> Judgement:
        """`unsure` where the interval holds 0, or where there is none."""
        if self.change == 0 and (self.interval is None or self.interval.low == self.interval.high == 0):
            return "same"
        if self.interval is None or self.interval.low <= 0 <= self.interval.high:
            return "unsure"
        return "better" if (self.change > 0) != (self.metric in LESS_IS_BETTER) else "worse"


@dataclass(frozen=True, kw_only=True)
class DocumentChange:
    """A true document of which something is right now that was not, or the other way round."""

    start_line: int
    end_line: int
    gained: tuple[str, ...]  # of: start, lines, type, date
    lost: tuple[str, ...]
    invented: int  # starts within it that are false, more (or fewer) than before


@dataclass(frozen=True, kw_only=True)
class FileChange:
    file: str
    before: float | None  # boundary F1
    after: float | None
    documents: tuple[DocumentChange, ...]

    @property
    def change(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    before: str
    after: str
    over: str  # what was drawn: files, or the documents of one
    compared: int  # files that both measured
    left_out: tuple[str, ...]  # sentences: what was not compared, and why
    means: tuple[Difference, ...]
    pooled: tuple[Difference, ...]
    fields: tuple[Difference, ...]
    files: tuple[FileChange, ...]  # those that changed, the greatest change first


def read_figures(*, path: Path) -> Scored:
    """What `evaluate --json` wrote to `path`. Raises MalformedFigures."""
    try:
        return as_scored(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise MalformedFigures(f"{path}: {error.strerror}. Name a file that evaluate --json has written.") from None
    except (ValidationError, ValueError):
        raise MalformedFigures(
            f"{path}: is not what evaluate --json writes (one engine, this version). Make it again."
        ) from None


def as_scored(described: Mapping[str, Any]) -> Scored:
    return Scored.model_validate(described)


def name_engine(scored: Scored) -> str:
    """What answered: `rules`, or `openai` with its model."""
    first = next((one for one in scored.files if one.engine), None)
    if first is None:
        return "nothing measured"
    return f"{first.engine} {first.model}" if first.model else str(first.engine)


def compare_evaluations(*, before: Scored, after: Scored, names: tuple[str, str]) -> Comparison:
    """`after` against `before`, over the files that both measured and whose labels agree."""
    earlier = {one.file: one for one in before.files}
    pairs: list[tuple[ScoredFile, ScoredFile]] = []
    left_out: list[str] = []
    for later in after.files:
        one = earlier.pop(later.file, None)
        reason = _find_obstacle(one, later)
        if one is not None and reason is None:
            pairs.append((one, later))
        else:
            left_out.append(f"{later.file}: {reason}")
    left_out += [f"{name}: is not among the second's" for name in earlier]
    one_file = len(pairs) == 1
    units = _pair_documents(*pairs[0]) if one_file else [(tally_file(one), tally_file(two)) for one, two in pairs]
    pooled = _compare(units, as_figures)
    return Comparison(
        before=names[0],
        after=names[1],
        over="documents" if one_file else "files",
        compared=len(pairs),
        left_out=tuple(left_out),
        means=_compare_one_file(pairs[0], pooled) if one_file else _compare_means(pairs),
        pooled=pooled,
        fields=_compare([(tally_file(one), tally_file(two)) for one, two in pairs], as_field_figures),
        files=tuple(sorted(_list_changes(pairs), key=lambda each: (-abs(each.change), each.file))),
    )


def tally_file(one: ScoredFile) -> Tally:
    documents = add_tallies(_tally(each) for each in one.documents)
    facts = {
        f"fact.{field}.{part}": float(getattr(counts, part))
        for field, counts in one.fields.items()
        for part in ("matched", "found", "true")
    }
    return {**documents, **facts}


def _tally(document: ScoredDocument) -> Tally:
    return tally_parts(
        {name: getattr(document, name) for name in ("boundary", "exact", "overlap", "types", "dates", "titles")}
    )


def _find_obstacle(one: ScoredFile | None, two: ScoredFile) -> str | None:
    if one is None:
        return "is not among the first's"
    if one.problem or two.problem:
        return f"could not be measured: {one.problem or two.problem}"
    if one.spans != two.spans:
        return "its labels changed between the two"
    return None


def _pair_documents(one: ScoredFile, two: ScoredFile) -> list[tuple[Tally, Tally]]:
    return [(_tally(first), _tally(second)) for first, second in zip(one.documents, two.documents, strict=True)]


def _compare(
    units: Sequence[tuple[Tally, Tally]], figure: Callable[[Tally], Mapping[str, float | None]]
) -> tuple[Difference, ...]:
    """Pooled figures of both sides, with the interval of their difference over the units."""
    sides = [[unit[side] for unit in units] for side in (0, 1)]
    figures = [figure(add_tallies(side)) for side in sides]
    columns: dict[str, list[float]] = {}
    for number, side in enumerate(sides):
        columns |= {f"{number}{name}": column for name, column in as_columns(side).items()}

    def change(sums: Mapping[str, float]) -> dict[str, float | None]:
        return _subtract(figure(_take_side(sums, 0)), figure(_take_side(sums, 1)))

    return _list_differences(figures[0], figures[1], bootstrap(columns=columns, figure=change))


def _compare_means(pairs: Sequence[tuple[ScoredFile, ScoredFile]]) -> tuple[Difference, ...]:
    """Means over the files that both measure, metric by metric."""
    rows: list[list[dict[str, float | None]]] = [[], []]
    for pair in pairs:
        both = {metric: [one.figure(metric) for one in pair] for metric in AVERAGED}
        for side in (0, 1):
            rows[side].append({metric: None if None in values else values[side] for metric, values in both.items()})
    columns: dict[str, list[float]] = {}
    for number, side_rows in enumerate(rows):
        columns |= {f"{number}{name}": column for name, column in average_columns(side_rows).items()}

    def change(sums: Mapping[str, float]) -> dict[str, float | None]:
        return _subtract(as_means(_take_side(sums, 0)), as_means(_take_side(sums, 1)))

    totals = {name: sum(column) for name, column in columns.items()}
    before, after = (as_means(_take_side(totals, number)) for number in (0, 1))
    return _list_differences(before, after, bootstrap(columns=columns, figure=change))


def _take_side(sums: Mapping[str, float], number: int) -> Tally:
    """What was added up of the first (0) or the second (1), by the names that it has alone."""
    return {name[1:]: value for name, value in sums.items() if name[0] == str(number)}


def _compare_one_file(pair: tuple[ScoredFile, ScoredFile], pooled: Sequence[Difference]) -> tuple[Difference, ...]:
    """Of one file: its figures; those that its documents make up have their interval."""
    intervals = {each.metric: each.interval for each in pooled if each.interval}
    before, after = ({metric: one.figure(metric) for metric in AVERAGED} for one in pair)
    return _list_differences(before, after, intervals)


def _subtract(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> dict[str, float | None]:
    changes: dict[str, float | None] = {}
    for metric, value in before.items():
        other = after.get(metric)
        changes[metric] = None if value is None or other is None else other - value
    return changes


def _list_differences(
    before: Mapping[str, float | None], after: Mapping[str, float | None], intervals: Mapping[str, Interval]
) -> tuple[Difference, ...]:
    differences = []
    for metric, value in before.items():
        other = after.get(metric)
        if value is None or other is None or (metric in COSTS and value == other == 0):
            continue
        if metric in TOLD or "." in metric:
            interval = intervals.get(metric)
            differences.append(Difference(metric=metric, before=value, after=other, interval=interval))
    return tuple(differences)


def _list_changes(pairs: Sequence[tuple[ScoredFile, ScoredFile]]) -> list[FileChange]:
    changes = []
    for one, two in pairs:
        documents = tuple(
            change
            for first, second in zip(one.documents, two.documents, strict=True)
            if (change := _compare_documents(first, second)) is not None
        )
        if documents:
            before, after = one.figure("boundary_f1"), two.figure("boundary_f1")
            changes.append(FileChange(file=one.file, before=before, after=after, documents=documents))
    return changes


def _compare_documents(first: ScoredDocument, second: ScoredDocument) -> DocumentChange | None:
    rights = [
        {
            "start": each.boundary[0] > 0,
            "lines": each.exact[0] > 0,
            "type": each.types[0] > 0,
            "date": each.dates[0] > 0,
        }
        for each in (first, second)
    ]
    gained = tuple(name for name in rights[0] if rights[1][name] and not rights[0][name])
    lost = tuple(name for name in rights[0] if rights[0][name] and not rights[1][name])
    false = [each.boundary[1] - each.boundary[0] for each in (first, second)]
    if not gained and not lost and false[0] == false[1]:
        return None
    return DocumentChange(
        start_line=first.start_line,
        end_line=first.end_line,
        gained=gained,
        lost=lost,
        invented=int(false[1] - false[0]),
    )


def describe_comparison(comparison: Comparison) -> dict[str, Any]:
    """As `evaluate --json` tells it."""
    return {
        **{"before": comparison.before, "after": comparison.after, "over": comparison.over},
        **{"compared": comparison.compared, "left_out": list(comparison.left_out)},
        "mean": [_describe(each) for each in comparison.means],
        "pooled": [_describe(each) for each in comparison.pooled],
        "fields": [_describe(each) for each in comparison.fields],
        "files": [
            {
                **{"file": one.file, "before": one.before, "after": one.after},
                "documents": [
                    {
                        **{"start_line": each.start_line, "end_line": each.end_line},
                        **{"gained": list(each.gained), "lost": list(each.lost), "invented": each.invented},
                    }
                    for each in one.documents
                ],
            }
            for one in comparison.files
        ],
    }


def _describe(difference: Difference) -> dict[str, Any]:
    interval = difference.interval
    return {
        **{"metric": difference.metric, "before": difference.before, "after": difference.after},
        **{"change": difference.change, "interval": None if interval is None else [interval.low, interval.high]},
        "judgement": difference.judgement,
    }
