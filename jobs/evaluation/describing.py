"""The object of `evaluate --json` (docs/evaluation.md)."""

from collections.abc import Mapping, Sequence
from typing import Any

from documents.domain.accuracy.intervals import LEVEL, ROUNDS, SEED, Interval
from documents.domain.accuracy.metrics import Matches
from jobs.evaluation.figures import average, list_figures, pool, pool_fields
from jobs.evaluation.gates import Verdict
from jobs.evaluation.grouping import count_confusions, group_evaluations
from jobs.evaluation.measuring import Evaluation, Measured
from jobs.evaluation.spread import spread_file, spread_files
from jobs.evaluation.tallies import list_parts


def describe_evaluations(*, evaluations: Sequence[Evaluation], verdicts: Sequence[Verdict] = ()) -> dict[str, Any]:
    spread = spread_files(evaluations)
    return {
        "files": [_describe_file(one) for one in evaluations],
        "mean": average(evaluations=evaluations),
        "pooled": pool(evaluations=evaluations),
        "fields": _describe_fields(pool_fields(evaluations=evaluations)),
        "intervals": {
            **{"method": "percentile bootstrap", "over": spread.over},
            **{"level": LEVEL, "rounds": ROUNDS, "seed": SEED},
            "mean": describe_intervals(spread.mean),
            "pooled": describe_intervals(spread.pooled),
            "fields": describe_intervals(spread.fields),
        },
        "groups": _describe_groups(evaluations),
        "confusions": [
            {"true": true, "found": found, "documents": count}
            for (true, found), count in sorted(count_confusions(evaluations=evaluations).items())
        ],
        "gates": [_describe_verdict(verdict) for verdict in verdicts],
    }


def describe_intervals(intervals: Mapping[str, Interval]) -> dict[str, list[float]]:
    return {metric: [interval.low, interval.high] for metric, interval in intervals.items()}


def _describe_groups(evaluations: Sequence[Evaluation]) -> dict[str, dict[str, Any]]:
    return {
        tag: {
            value: {"files": len(alike), "mean": average(evaluations=alike), "pooled": pool(evaluations=alike)}
            for value, alike in by_value.items()
        }
        for tag, by_value in group_evaluations(evaluations=evaluations).items()
    }


def _describe_verdict(verdict: Verdict) -> dict[str, Any]:
    gate = verdict.gate
    return {"metric": gate.metric, "bound": gate.bound, "value": verdict.value, "passed": verdict.passed}


def _describe_file(one: Evaluation) -> dict[str, Any]:
    if one.measured is None:
        return {"file": one.file, "problem": one.problem}
    answer = one.measured.prediction
    return {
        "file": one.file,
        **(one.tags or {}),
        "engine": answer.engine,
        "model": answer.model,
        **list_figures(measured=one.measured),
        "intervals": describe_intervals(spread_file(one.measured)),
        "fields": _describe_fields(one.measured.fields),
        "documents": _describe_documents(one.measured),
        "invented": [each.found for each in one.measured.boundaries if each.outcome in ("invented", "off")],
    }


def _describe_documents(measured: Measured) -> list[dict[str, Any]]:
    return [
        {"start_line": verdict.start_line, "end_line": verdict.end_line, **list_parts(verdict)}
        for verdict in measured.documents
    ]


def _describe_fields(fields: Mapping[str, Matches]) -> dict[str, Any]:
    return {
        field: {
            **{"matched": matches.matched, "found": matches.found, "true": matches.true},
            **{"precision": matches.precision, "recall": matches.recall, "f1": matches.f1},
        }
        for field, matches in fields.items()
    }
