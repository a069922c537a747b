"""The figures of a file, their mean over files, and all files pooled. Each is defined in docs/evaluation.md."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

from documents.domain.accuracy.fact_scores import total_facts
from documents.domain.accuracy.metrics import Matches, Overlap, SegmentScore, Share
from documents.domain.accuracy.prediction import Prediction
from jobs.evaluation.measuring import Evaluation, Measured

Figures = dict[str, float | int | None]  # by the name of the metric; None: not measured

COUNTED = ("coverage_violations", "facts_without_source")  # one is too many: judged by the worst file
COSTS = ("input_tokens_per_1000_lines", "output_tokens_per_1000_lines", "cost_usd_per_1000_lines", "calls", "seconds")
LESS_IS_BETTER = frozenset({"windowdiff", "pk", *COUNTED, *COSTS})
AVERAGED = (
    *("boundary_p", "boundary_r", "boundary_f1", "boundary_p_within_1", "boundary_r_within_1", "boundary_f1_within_1"),
    *("exact_f1", "stp", "rq", "sq", "pq", "windowdiff", "pk", "type_acc", "date_acc", "title_similarity"),
    *("fact_p", "fact_r", "fact_f1", *COSTS),
)
JUDGED = (*AVERAGED, *COUNTED)  # what a gate may name


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
    figures = [list_figures(measured=measured) for measured in all_measured(evaluations)]
    means: Figures = {}
    for metric in AVERAGED:
        values = [value for row in figures if (value := row[metric]) is not None]
        means[metric] = sum(values) / len(values) if values else None
    return means


def pool(*, evaluations: Sequence[Evaluation]) -> Figures:
    """All files as one: counts added before they are divided. WindowDiff, Pk and STP have no such sum."""
    measured = all_measured(evaluations)
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
    for measured in all_measured(evaluations):
        for field, matches in measured.fields.items():
            fields[field] = fields[field] + matches if field in fields else matches
    return dict(sorted(fields.items()))


def all_measured(evaluations: Sequence[Evaluation]) -> list[Measured]:
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
