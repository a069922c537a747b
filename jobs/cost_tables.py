"""What the model cost as `manage.py costs` prints it: tables for people, JSON and CSV for programs. Ids and names of
clinics only, no words of files."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any
from uuid import UUID

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobs.costs import Breakdown, DearUpload
from jobs.domain.costs import Figures, show_usd
from jobs.domain.periods import Period
from jobs.terminal import show_plain

Names = Mapping[UUID, str]

NO_KEY = {"document": "(not filed)", "user": "(nobody)", "model": "(not told)"}
HEADERS = ("cost", "calls", "failed", "unknown", "in", "cached", "written", "out", "lines", "/1,000 lines")


def describe_figures(figures: Figures) -> dict[str, Any]:
    """The figures as JSON has them; money as text, so that no reader rounds it."""
    per_1000 = figures.cost_per_1000_lines
    return {
        "calls": figures.calls,
        "failed_calls": figures.failed_calls,
        "uncertain_calls": figures.uncertain_calls,
        "input_tokens": figures.input_tokens,
        "cached_input_tokens": figures.cached_input_tokens,
        "cache_write_tokens": figures.cache_write_tokens,
        "output_tokens": figures.output_tokens,
        "known_cost_usd": f"{figures.cost_usd:f}",
        "lines": figures.lines,
        "tokens_per_1000_lines": figures.tokens_per_1000_lines,
        "known_cost_usd_per_1000_lines": None if per_1000 is None else f"{per_1000:f}",
    }


def describe_breakdown(breakdown: Breakdown, *, clinics: Names) -> dict[str, Any]:
    return {
        "by": breakdown.by,
        **_describe_period(breakdown.period),
        "total": describe_figures(breakdown.total),
        "groups": breakdown.groups,
        "rows": [
            {
                breakdown.by: row.key or None,
                "clinic_id": str(row.clinic_id) if row.clinic_id else None,
                "clinic_name": clinics.get(row.clinic_id) if row.clinic_id else None,
                **describe_figures(row.figures),
            }
            for row in breakdown.rows
        ],
    }


def describe_dearest(uploads: Iterable[DearUpload], *, period: Period, clinics: Names) -> dict[str, Any]:
    return {
        **_describe_period(period),
        "rows": [
            {
                "upload": str(each.upload_id),
                "clinic_id": str(each.clinic_id),
                "clinic_name": clinics.get(each.clinic_id),
                "runs": each.costs.runs,
                **describe_figures(each.costs.figures),
                "causes": [
                    {
                        "code": cause.code,
                        "detail": cause.words,
                        "cost_usd": None if cause.cost_usd is None else f"{cause.cost_usd:f}",
                    }
                    for cause in each.causes
                ],
                "why": each.why,
            }
            for each in uploads
        ],
    }


def write_csv(described: Mapping[str, Any]) -> str:
    """The rows of either description; no rows, no header."""
    rows: Sequence[Mapping[str, Any]] = described["rows"]
    paper = StringIO()
    if rows:
        names = [name for name in rows[0] if name != "causes"]
        sheet = csv.DictWriter(paper, fieldnames=names, extrasaction="ignore", lineterminator="\n")
        sheet.writeheader()
        sheet.writerows(rows)
    return paper.getvalue()


def print_breakdown(breakdown: Breakdown, *, clinics: Names, console: Console) -> None:
    several = breakdown.by not in ("clinic", "model", "day") and len({row.clinic_id for row in breakdown.rows}) > 1
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column(breakdown.by, "in all", overflow="fold")
    if several:
        table.add_column("clinic", overflow="fold")
    for header, cell in zip(HEADERS, list_cells(breakdown.total), strict=True):
        table.add_column(header, cell, justify="right")
    for row in breakdown.rows:
        name = clinics.get(row.clinic_id, "") if row.clinic_id else ""
        key = (name or row.key) if breakdown.by == "clinic" else row.key or NO_KEY.get(breakdown.by, "")
        first = [key, name] if several else [key]
        table.add_row(*(Text(show_plain(cell)) for cell in first), *list_cells(row.figures))
    console.print(f"What the model cost, {_say_period(breakdown.period)}", style="bold")
    console.print(table)
    if breakdown.groups > len(breakdown.rows):
        console.print(f"The {len(breakdown.rows):,} dearest of {breakdown.groups:,} are shown; --limit shows more.")
    if breakdown.by == "document":
        console.print("An upload's cost is spread over its documents by their share of lines; its calls are not.")
    _print_doubt(breakdown.total, console=console)


def print_dearest(uploads: Sequence[DearUpload], *, period: Period, clinics: Names, console: Console) -> None:
    console.print(f"The dearest uploads, {_say_period(period)}", style="bold")
    for position, each in enumerate(uploads, start=1):
        name = show_plain(clinics.get(each.clinic_id, ""))
        console.print(f"\n{position}. {each.upload_id}  {name}", markup=False)
        console.print(f"   {each.why}", markup=False)
    if not uploads:
        console.print("No call was made.")


def list_cells(figures: Figures) -> list[str]:
    """Below HEADERS: money, then calls and tokens."""
    per_1000 = figures.cost_per_1000_lines
    counts = (
        figures.calls,
        figures.failed_calls,
        figures.uncertain_calls,
        figures.input_tokens,
        figures.cached_input_tokens,
        figures.cache_write_tokens,
        figures.output_tokens,
        figures.lines,
    )
    return [
        show_usd(figures.cost_usd),
        *(f"{count:,}" for count in counts),
        "" if per_1000 is None else show_usd(per_1000),
    ]


def _print_doubt(total: Figures, *, console: Console) -> None:
    if total.uncertain_calls:
        console.print(f"! {total.uncertain_calls:,} calls are of unknown cost: more may have been spent than is shown.")


def _describe_period(period: Period) -> dict[str, str]:
    return {"since": period.since.isoformat(), "until": period.until.isoformat()}


def _say_period(period: Period) -> str:
    return f"from {period.since} up to {period.until} (UTC, without that day)"
