"""The evaluation as one HTML file to look at: figures, confusions, facts, and each text with true and found boundaries.

Written file by file, so that hundreds of records need the memory of one. Nothing in it is loaded from elsewhere. It
holds the records' text: it is readable by its owner alone.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from documents.domain.accuracy.fact_verdicts import FactVerdict, judge_facts
from documents.domain.accuracy.intervals import LEVEL, Interval
from documents.domain.accuracy.truth import Truth
from documents.domain.lines import strip_invisible
from jobs.evaluation.comparing import Comparison
from jobs.evaluation.comparison_view import show_comparison
from jobs.evaluation.figures import Figures, average, list_figures, pool, pool_fields
from jobs.evaluation.grouping import count_confusions, group_evaluations
from jobs.evaluation.measuring import Evaluation, Measured
from jobs.evaluation.records import Record, read_lines
from jobs.evaluation.spread import Intervals, spread_file, spread_files
from jobs.evaluation.text_view import build_blocks, count_outcomes, draw_overview
from pennie.lib.private_files import writing_private

FILES_OPEN = 3  # with more, each file's text is folded until it is asked for
FACTS_LISTED = 200  # of a field

HEADLINES = (
    ("boundary_f1", "Boundary F1", "documents begin at the right line"),
    ("exact_f1", "Exact F1", "first and last line right"),
    ("type_acc", "Type", "of exact documents"),
    ("date_acc", "Date", "of exact documents"),
    ("fact_p", "Fact precision", "by value"),
    ("fact_r", "Fact recall", "by value"),
)
FILE_COLUMNS = ("boundary_p", "boundary_r", "exact_f1", "type_acc", "date_acc", "fact_p", "fact_r")
GROUP_COLUMNS = (
    *("boundary_p", "boundary_r", "boundary_f1", "exact_f1", "stp", "type_acc", "date_acc", "fact_p", "fact_r"),
)
COLUMN_NAMES = {
    **{"boundary_p": "P", "boundary_r": "R", "boundary_f1": "F1", "exact_f1": "exact F1", "stp": "perfect"},
    **{"type_acc": "type", "date_acc": "date", "fact_p": "fact P", "fact_r": "fact R"},
}


@dataclass(frozen=True, kw_only=True)
class Answers:
    """One engine's evaluations, in the order of the records."""

    name: str
    evaluations: Sequence[Evaluation]


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """A figure from 0 to 1 with its interval, as text and in per cent of a scale."""

    value: str
    percent: str | None = None
    interval: str | None = None
    from_percent: str | None = None
    width_percent: str | None = None


def write_report(
    *,
    path: Path,
    records: Sequence[Record],
    answers: Sequence[Answers],
    comparisons: Sequence[Comparison] = (),
    now: datetime,
) -> None:
    """Writes the report; without answers that of the comparisons alone. Raises OSError."""
    with writing_private(path=path) as file:
        for part in _render(records, answers, comparisons, now):
            file.write(part)


def _render(
    records: Sequence[Record], answers: Sequence[Answers], comparisons: Sequence[Comparison], now: datetime
) -> Iterator[str]:
    style, script = (render_to_string(f"evaluation/report.{kind}") for kind in ("css", "js"))
    numbers = {record.name: number for number, record in enumerate(records, start=1)}
    yield render_to_string(
        "evaluation/head.html",
        {
            "style_hash": _hash(style),
            "script_hash": _hash(script),
            "title": _title(answers, comparisons),
            "now": now,
            "level": f"{LEVEL:.0%}",
            "file_count": len(records),
            "comparisons": [show_comparison(each, numbers=numbers) for each in comparisons],
            "summaries": [_summarise(each, records) for each in answers],
            "column_names": [COLUMN_NAMES[column] for column in FILE_COLUMNS],
            "group_names": [COLUMN_NAMES[column] for column in GROUP_COLUMNS],
        },
    )
    if answers:
        yield render_to_string("evaluation/texts.html")
    for number, record in enumerate(records if answers else (), start=1):
        evaluations = [each.evaluations[number - 1] for each in answers]
        context = _show_file(record, number, evaluations, names=[each.name for each in answers])
        yield render_to_string("evaluation/file.html", context | {"is_open": len(records) <= FILES_OPEN})
    yield render_to_string("evaluation/foot.html", {"has_texts": bool(answers)})


def _title(answers: Sequence[Answers], comparisons: Sequence[Comparison]) -> str:
    if answers:
        return "Evaluation of " + " and ".join(each.name for each in answers)
    return "Comparison of " + ", ".join(f"{each.before} and {each.after}" for each in comparisons)


def _hash(text: str) -> str:
    """As a content security policy names a style or a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _summarise(answers: Answers, records: Sequence[Record]) -> dict[str, Any]:
    evaluations = answers.evaluations
    spread = spread_files(evaluations)
    means, pooled = average(evaluations=evaluations), pool(evaluations=evaluations)
    measured = [one for one in evaluations if one.measured]
    return {
        "name": answers.name,
        "cards": [
            {"label": label, "note": note, "gauge": _gauge(means, spread.mean, metric)}
            for metric, label, note in HEADLINES
        ],
        "over": spread.over,
        "measured": len(measured),
        "perfect": sum(one.measured.segments.perfect for one in measured if one.measured),
        "pooled": pooled,
        "documents": pooled.get("true"),
        "uncovered": pooled.get("coverage_violations"),
        "without_source": pooled.get("facts_without_source"),
        "rows": [_row(number, one) for number, one in enumerate(evaluations, start=1)],
        "mean_cells": [_number(means.get(column)) for column in FILE_COLUMNS],
        "mean_f1": _gauge(means, spread.mean, "boundary_f1"),
        "pooled_cells": [_number(pooled.get(column)) for column in FILE_COLUMNS],
        "pooled_f1": _gauge(pooled, spread.pooled, "boundary_f1"),
        "groups": _show_groups(evaluations),
        "confusions": _show_confusions(evaluations),
        "fields": _show_fields(evaluations, records, spread.fields),
    }


def _row(number: int, one: Evaluation) -> dict[str, Any]:
    if one.measured is None:
        return {"number": number, "file": strip_invisible(one.file), "problem": one.problem}
    figures = list_figures(measured=one.measured)
    return {
        "number": number,
        "file": strip_invisible(one.file),
        "tags": [strip_invisible(tag) for tag in (one.tags or {}).values()],
        "lines": figures["lines"],
        "true": figures["true"],
        "found": figures["found"],
        "outcomes": count_outcomes(boundaries=one.measured.boundaries),
        "f1": _gauge(figures, spread_file(one.measured), "boundary_f1"),
        "cells": [_number(figures[column]) for column in FILE_COLUMNS],
        "uncovered": figures["coverage_violations"],
    }


def _show_groups(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    groups = group_evaluations(evaluations=evaluations)
    return [
        {
            "tag": tag,
            "rows": [
                {
                    "value": strip_invisible(value),
                    "files": len(alike),
                    "cells": [_number(average(evaluations=alike)[column]) for column in GROUP_COLUMNS],
                }
                for value, alike in by_value.items()
            ],
        }
        for tag, by_value in groups.items()
    ]


def _show_confusions(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """A row a true type, a column a type that was found; the more of a row, the stronger the colour."""
    counts = count_confusions(evaluations=evaluations)
    types = sorted({name for pair in counts for name in pair})
    rows = []
    for true in types:
        whole = sum(counts.get((true, found), 0) for found in types)
        cells = [
            {
                "count": counts.get((true, found), 0),
                "is_right": true == found,
                "found": found,
                "strength": _level(counts.get((true, found), 0), whole),
            }
            for found in types
        ]
        if whole:
            right = counts.get((true, true), 0)
            rows.append({"type": true, "cells": cells, "whole": whole, "share": _number(right / whole)})
    return {"types": types, "rows": rows}


def _level(count: int, whole: int) -> int:
    """From 0, none, to 5, nearly all: what the style sheet has colours for."""
    return 0 if not count else min(5, 1 + int(4.999 * count / whole))


def _show_fields(
    evaluations: Sequence[Evaluation], records: Sequence[Record], intervals: Intervals
) -> list[dict[str, Any]]:
    listed: dict[str, list[dict[str, Any]]] = {}
    for number, (record, one) in enumerate(zip(records, evaluations, strict=True), start=1):
        if one.measured is None:
            continue
        for verdict in _judge_all(record.truth, one.measured):
            if verdict.outcome != "found":
                listed.setdefault(verdict.field, []).append(
                    {"number": number, "file": strip_invisible(one.file), "fact": _show_fact(verdict)}
                )
    fields = []
    for field, matches in pool_fields(evaluations=evaluations).items():
        errors = listed.get(field, [])
        figures: Figures = {"precision": matches.precision, "recall": matches.recall}
        own = {name: intervals[f"{field}.{name}"] for name in figures if f"{field}.{name}" in intervals}
        fields.append(
            {
                "field": field,
                "matches": matches,
                "missed": matches.true - matches.matched,
                "wrong": matches.found - matches.matched,
                "precision": _gauge(figures, own, "precision") if matches.found else None,
                "recall": _gauge(figures, own, "recall") if matches.true else None,
                "errors": errors[:FACTS_LISTED],
                "left_out": max(0, len(errors) - FACTS_LISTED),
            }
        )
    return fields


def _judge_all(truth: Truth, measured: Measured) -> list[FactVerdict]:
    return judge_facts(truth=truth.patients, found=measured.prediction.patients, clinical=truth.clinical)


def _show_fact(verdict: FactVerdict) -> dict[str, Any]:
    return {
        "patient": strip_invisible(verdict.patient),
        "field": verdict.field,
        "outcome": verdict.outcome,
        "value": strip_invisible(verdict.value),
        "line": verdict.line,
        "quote": strip_invisible(verdict.quote or ""),
    }


def _show_file(record: Record, number: int, evaluations: Sequence[Evaluation], *, names: list[str]) -> dict[str, Any]:
    """Blocks, overview and facts of one record beside the answers that could be measured."""
    measured = [(name, one.measured) for name, one in zip(names, evaluations, strict=True) if one.measured]
    context: dict[str, Any] = {
        "number": number,
        "file": strip_invisible(record.name),
        "tags": [(tag, strip_invisible(value)) for tag, value in record.truth.tags.items()],
        "problems": [(name, one.problem) for name, one in zip(names, evaluations, strict=True) if one.problem],
        "names": [name for name, _ in measured],
    }
    if not measured:
        return context
    predictions = [one.prediction for _, one in measured]
    blocks = build_blocks(lines=read_lines(path=record.path), truth=record.truth, predictions=predictions)
    return context | {
        "blocks": blocks,
        "errors": sum(block.error is not None for block in blocks),
        "lines": record.line_count,
        "documents": len(record.truth.documents),
        "overview": [
            ("truth", draw_overview(blocks=blocks)),
            *((name, draw_overview(blocks=blocks, side=side)) for side, (name, _) in enumerate(measured)),
        ],
        "answers": [_show_answer(name, one, record.truth) for name, one in measured],
    }


def _show_answer(name: str, measured: Measured, truth: Truth) -> dict[str, Any]:
    figures = list_figures(measured=measured)
    facts = _judge_all(truth, measured)
    return {
        "name": name,
        "found": figures["found"],
        "f1": _number(figures["boundary_f1"]),
        "exact_f1": _number(figures["exact_f1"]),
        "outcomes": count_outcomes(boundaries=measured.boundaries),
        "uncovered": figures["coverage_violations"],
        "facts_found": sum(each.outcome == "found" for each in facts),
        "facts_wrong": [_show_fact(each) for each in facts if each.outcome == "wrong"],
        "facts_missed": [_show_fact(each) for each in facts if each.outcome == "missed"],
    }


def _gauge(figures: Figures, intervals: Mapping[str, Interval], metric: str) -> Gauge:
    value, interval = figures.get(metric), intervals.get(metric)
    if value is None:
        return Gauge(value=_number(None))
    bounds: dict[str, str] = {}
    if interval is not None:
        bounds = {
            "interval": f"{_number(interval.low)} to {_number(interval.high)}",
            "from_percent": f"{100 * interval.low:.2f}",
            "width_percent": f"{100 * (interval.high - interval.low):.2f}",
        }
    return Gauge(value=_number(value), percent=f"{100 * value:.2f}", **bounds)


def _number(value: float | int | None) -> str:
    return "\u2013" if value is None else f"{value:.3f}"
