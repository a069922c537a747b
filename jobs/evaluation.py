"""Analyses labelled records and measures the answers: file by file, as a mean over files, and pooled.

Each metric is defined in docs/evaluation.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, Protocol

from documents.domain.clinical_scores import score_clinical
from documents.domain.fact_scores import score_facts, total_facts
from documents.domain.lines import split_lines
from documents.domain.metrics import (
    Matches,
    Overlap,
    SegmentScore,
    Share,
    count_facts_without_source,
    score_segmentation,
)
from documents.domain.prediction import MalformedPrediction, Prediction, read_prediction
from documents.domain.truth import MalformedTruth, Truth, read_truth
from documents.extraction.problems import ExtractionProblem
from jobs.llm.client import EngineChoice

Figures = dict[str, float | int | None]  # by the name of the metric; None: not measured

TRUTH_SUFFIX = ".truth.json"
COUNTED = ("coverage_violations", "facts_without_source")  # one is too many: judged by the worst file
COSTS = ("input_tokens_per_1000_lines", "output_tokens_per_1000_lines", "cost_usd_per_1000_lines", "calls", "seconds")
LESS_IS_BETTER = frozenset({"windowdiff", "pk", *COUNTED, *COSTS})
AVERAGED = (
    *("boundary_p", "boundary_r", "boundary_f1", "boundary_p_within_1", "boundary_r_within_1", "boundary_f1_within_1"),
    *("exact_f1", "stp", "rq", "sq", "pq", "windowdiff", "pk", "type_acc", "date_acc", "title_similarity"),
    *("fact_p", "fact_r", "fact_f1", *COSTS),
)
JUDGED = (*AVERAGED, *COUNTED)  # what a gate may name


class Analyze(Protocol):
    def __call__(self, *, path: Path, engine: EngineChoice) -> Mapping[str, Any]:
        """The object of `analyze --json`. Raises ExtractionProblem."""
        ...


@dataclass(frozen=True, kw_only=True)
class Record:
    """A text with its truth."""

    path: Path
    lines: tuple[str, ...]
    truth: Truth


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One record's prediction against its truth."""

    segments: SegmentScore
    fields: Mapping[str, Matches]  # by fact field; empty where the truth labels no patient
    facts: int
    facts_without_source: int
    prediction: Prediction


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What came of one record: a measurement, or the problem for which there is none."""

    file: str
    measured: Measured | None
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A bound that a metric of JUDGED must keep: at least, or where less is better at most, `bound`."""

    metric: str
    bound: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    gate: Gate
    value: float | None  # None: no file measures it, which does not pass
    passed: bool


class UnfitRecords(Exception):
    """The folder cannot be evaluated. `problems` has one sentence a file, each naming the file and the cure."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class UnknownGate(ValueError):
    """What was asked for is not METRIC=VALUE with a metric of JUDGED."""


def find_records(*, folder: Path) -> tuple[Record, ...]:
    """The records of `folder`, by name. All truth is read before anything is analysed, so no call is paid in vain.

    Raises UnfitRecords: no folder, no text in it, or a text whose truth is missing or malformed.
    """
    if not folder.is_dir():
        raise UnfitRecords([f"{folder} is not a folder. Name the folder that holds NAME.txt with NAME{TRUTH_SUFFIX}."])
    paths = sorted(path for path in folder.glob("*.txt") if path.is_file())
    if not paths:
        raise UnfitRecords([f"{folder} holds no records. A record is NAME.txt with NAME{TRUTH_SUFFIX} beside it."])
    records: list[Record] = []
    problems: list[str] = []
    for path in paths:
        try:
            records.append(_read_record(path))
        except UnfitRecords as unfit:
            problems += unfit.problems
    if problems:
        raise UnfitRecords(problems)
    return tuple(records)


def _read_record(path: Path) -> Record:
    labels = path.with_name(path.stem + TRUTH_SUFFIX)
    if not labels.is_file():
        raise UnfitRecords([f"{path.name}: its truth is missing. Add {labels.name}, or move the text elsewhere."])
    lines = split_lines(_decode(path))
    if not lines:
        raise UnfitRecords([f"{path.name}: the text is empty. Remove it, or put the text in."])
    try:
        return Record(path=path, lines=lines, truth=read_truth(_decode(labels), line_count=len(lines)))
    except MalformedTruth as malformed:
        raise UnfitRecords([f"{labels.name}: {malformed}"]) from None


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnfitRecords([f"{path.name}: is not UTF-8. Labelled records are; convert it."]) from None


def evaluate(*, records: Sequence[Record], engine: EngineChoice, analyze: Analyze) -> Iterator[Evaluation]:
    """An evaluation of each record, in order. One that cannot be measured has a problem; the others go on."""
    for record in records:
        try:
            prediction = read_prediction(analyze(path=record.path, engine=engine))
        except (ExtractionProblem, MalformedPrediction) as problem:
            yield Evaluation(file=record.path.name, measured=None, problem=str(problem))
        else:
            yield _evaluate_one(record, prediction)


def _evaluate_one(record: Record, prediction: Prediction) -> Evaluation:
    counted, labelled = prediction.lines, len(record.lines)
    if counted is not None and counted != labelled:
        problem = f"the analysis counts {counted} lines where the text has {labelled}: their numbers mean other lines"
        return Evaluation(file=record.path.name, measured=None, problem=problem)
    return Evaluation(file=record.path.name, measured=measure(record=record, prediction=prediction))


def measure(*, record: Record, prediction: Prediction) -> Measured:
    return Measured(
        segments=score_segmentation(lines=record.lines, truth=record.truth.documents, prediction=prediction),
        fields=score_facts(truth=record.truth.patients, found=prediction.patients)
        | score_clinical(
            truth=record.truth.clinical, patients=record.truth.patients, found=prediction.patients
        ),
        facts=sum(len(patient.facts) for patient in prediction.patients),
        facts_without_source=count_facts_without_source(lines=record.lines, patients=prediction.patients),
        prediction=prediction,
    )


def list_figures(*, measured: Measured) -> Figures:
    """All metrics of one file, in the order in which they are shown."""
    segments, answer = measured.segments, measured.prediction
    return {
        **{"lines": segments.lines, "true": segments.true, "found": segments.found},
        **_boundary_figures(segments.boundary, segments.boundary_near, segments.exact),
        "stp": float(segments.perfect),
        **_overlap_figures(segments.overlap),
        **{"windowdiff": segments.windowdiff, "pk": segments.pk},
        **_share_figures(segments.types, segments.dates, segments.titles),
        "coverage_violations": segments.coverage_violations,
        **{"facts": measured.facts, "facts_without_source": measured.facts_without_source},
        **_fact_figures(measured.fields),
        **_cost_figures([answer], lines=segments.lines),
    }


def average(*, evaluations: Sequence[Evaluation]) -> Figures:
    """The mean of each metric of AVERAGED over the files that measure it."""
    figures = [list_figures(measured=measured) for measured in _all_measured(evaluations)]
    means: Figures = {}
    for metric in AVERAGED:
        values = [value for row in figures if (value := row[metric]) is not None]
        means[metric] = sum(values) / len(values) if values else None
    return means


def pool(*, evaluations: Sequence[Evaluation]) -> Figures:
    """All files as one: counts added before they are divided. WindowDiff, Pk and STP have no such sum."""
    measured = _all_measured(evaluations)
    if not measured:
        return {}
    segments = [one.segments for one in measured]
    lines = sum(one.lines for one in segments)

    def total(pick: Callable[[SegmentScore], Any]) -> Any:
        return reduce(add, map(pick, segments))

    return {
        **{"lines": lines, "true": total(lambda one: one.true), "found": total(lambda one: one.found)},
        **_boundary_figures(
            total(lambda one: one.boundary), total(lambda one: one.boundary_near), total(lambda one: one.exact)
        ),
        **_overlap_figures(total(lambda one: one.overlap)),
        **_share_figures(total(lambda one: one.types), total(lambda one: one.dates), total(lambda one: one.titles)),
        "coverage_violations": total(lambda one: one.coverage_violations),
        "facts": sum(one.facts for one in measured),
        "facts_without_source": sum(one.facts_without_source for one in measured),
        **_fact_figures(pool_fields(evaluations=evaluations)),
        **_cost_figures([one.prediction for one in measured], lines=lines),
    }


def pool_fields(*, evaluations: Sequence[Evaluation]) -> dict[str, Matches]:
    """Matches of each fact field over all files, by name of the field."""
    fields: dict[str, Matches] = {}
    for measured in _all_measured(evaluations):
        for field, matches in measured.fields.items():
            fields[field] = fields[field] + matches if field in fields else matches
    return dict(sorted(fields.items()))


def read_gate(text: str) -> Gate:
    """`boundary_f1=0.95` as a gate. Raises UnknownGate."""
    metric, _, bound = text.partition("=")
    if metric not in JUDGED:
        raise UnknownGate(f"{metric!r} is no metric that can be judged. Name one of: {', '.join(JUDGED)}.")
    try:
        return Gate(metric=metric, bound=float(bound))
    except ValueError:
        raise UnknownGate(f"{text!r} lacks a number. Write {metric}=0.95, for example.") from None


def judge(*, gate: Gate, evaluations: Sequence[Evaluation]) -> Verdict:
    """Whether the mean over files, or for COUNTED the worst file, keeps the gate's bound."""
    value: float | None
    if gate.metric in COUNTED:
        counts = [list_figures(measured=measured)[gate.metric] or 0 for measured in _all_measured(evaluations)]
        value = max(counts, default=None)
    else:
        value = average(evaluations=evaluations)[gate.metric]
    if value is None:
        return Verdict(gate=gate, value=None, passed=False)
    passed = value <= gate.bound if gate.metric in LESS_IS_BETTER else value >= gate.bound
    return Verdict(gate=gate, value=value, passed=passed)


def _all_measured(evaluations: Sequence[Evaluation]) -> list[Measured]:
    return [evaluation.measured for evaluation in evaluations if evaluation.measured is not None]


def _boundary_figures(boundary: Matches, near: Matches, exact: Matches) -> Figures:
    return {
        **{"boundary_p": boundary.precision, "boundary_r": boundary.recall, "boundary_f1": boundary.f1},
        "boundary_p_within_1": near.precision,
        "boundary_r_within_1": near.recall,
        "boundary_f1_within_1": near.f1,
        "exact_f1": exact.f1,
    }


def _overlap_figures(overlap: Overlap) -> Figures:
    return {"rq": overlap.rq, "sq": overlap.sq, "pq": overlap.pq}


def _share_figures(types: Share, dates: Share, titles: Share) -> Figures:
    return {
        **{"type_acc": types.value, "typed": types.whole},
        **{"date_acc": dates.value, "dated": dates.whole},
        **{"title_similarity": titles.value, "titled": titles.whole},
    }


def _fact_figures(fields: Mapping[str, Matches]) -> Figures:
    if not fields:
        return {"fact_p": None, "fact_r": None, "fact_f1": None}
    total = total_facts(fields)
    return {"fact_p": total.precision, "fact_r": total.recall, "fact_f1": total.f1}


def _cost_figures(answers: Sequence[Prediction], *, lines: int) -> Figures:
    """Sums; a price or a time that one answer does not know makes the sum unknown."""
    thousands = lines / 1000
    sent, got = sum(one.input_tokens for one in answers), sum(one.output_tokens for one in answers)
    cost = _add_known([one.cost_usd for one in answers])
    return {
        "calls": sum(one.calls for one in answers),
        **{"input_tokens": sent, "output_tokens": got},
        **{"input_tokens_per_1000_lines": sent / thousands, "output_tokens_per_1000_lines": got / thousands},
        **{"cost_usd": cost, "cost_usd_per_1000_lines": None if cost is None else cost / thousands},
        "seconds": _add_known([one.seconds for one in answers]),
    }


def _add_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
