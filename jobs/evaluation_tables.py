"""What `evaluate` prints for people."""

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from documents.domain.accuracy.intervals import LEVEL
from documents.domain.accuracy.metrics import Matches
from jobs.evaluation.comparing import Comparison, Difference, FileChange
from jobs.evaluation.figures import Figures, average, list_figures, pool, pool_fields
from jobs.evaluation.grouping import group_evaluations
from jobs.evaluation.measuring import Evaluation
from jobs.evaluation.spread import Intervals, Spread, spread_files
from jobs.terminal import show_plain

# Heading, name of the metric, digits behind the point.
_Column = tuple[str, str, int]
SEGMENTATION: tuple[_Column, ...] = (
    ("lines", "lines", 0),
    ("true", "true", 0),
    ("found", "found", 0),
    ("P", "boundary_p", 3),
    ("R", "boundary_r", 3),
    ("F1", "boundary_f1", 3),
    ("F1 ±1", "boundary_f1_within_1", 3),
    ("exact F1", "exact_f1", 3),
    ("STP", "stp", 2),
    ("RQ", "rq", 3),
    ("SQ", "sq", 3),
    ("PQ", "pq", 3),
    ("WinDiff", "windowdiff", 3),
    ("Pk", "pk", 3),
    ("uncovered", "coverage_violations", 0),
)
CONTENT: tuple[_Column, ...] = (
    ("type", "type_acc", 3),
    ("date", "date_acc", 3),
    ("title", "title_similarity", 3),
    ("fact P", "fact_p", 3),
    ("fact R", "fact_r", 3),
    ("facts", "facts", 0),
    ("no source", "facts_without_source", 0),
    ("calls", "calls", 0),
    ("in/1k lines", "input_tokens_per_1000_lines", 0),
    ("out/1k lines", "output_tokens_per_1000_lines", 0),
    ("$/1k lines", "cost_usd_per_1000_lines", 4),
    ("seconds", "seconds", 2),
)


def print_evaluations(evaluations: Sequence[Evaluation], *, console: Console) -> None:
    title = "Segmentation: boundaries (P, R, F1), segments, windows; at tolerance 0 unless said"
    console.print(_draw_figures(title, SEGMENTATION, evaluations))
    console.print(_draw_figures("Content of exact segments, facts by value, cost", CONTENT, evaluations))
    if fields := pool_fields(evaluations=evaluations):
        console.print(_draw_fields(fields))
    for tag, groups in group_evaluations(evaluations=evaluations).items():
        console.print(_draw_groups(tag, groups))
    console.print(_draw_spread(spread_files(evaluations), evaluations))


def _draw_figures(title: str, columns: Sequence[_Column], evaluations: Sequence[Evaluation]) -> Table:
    table = _table(title, "file", [heading for heading, _, _ in columns])
    for one in evaluations:
        if one.measured is None:
            table.add_row(Text(show_plain(one.file)), "none")
        else:
            cells = _cells(list_figures(measured=one.measured), columns)
            table.add_row(Text(show_plain(one.file)), *cells)
    table.add_section()
    table.add_row("mean over files", *_cells(average(evaluations=evaluations), columns))
    table.add_row("pooled", *_cells(pool(evaluations=evaluations), columns))
    return table


def _draw_fields(fields: Mapping[str, Matches]) -> Table:
    table = _table("Facts by value, all files", "field", ["true", "found", "right", "P", "R", "F1"])
    for field, one in fields.items():
        figures = (f"{share:.3f}" for share in (one.precision, one.recall, one.f1))
        table.add_row(field, str(one.true), str(one.found), str(one.matched), *figures)
    return table


def _table(title: str, first: str, headings: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _cells(figures: Figures, columns: Sequence[_Column]) -> list[str]:
    """Figures as text: "-" where nothing was measured, empty where the row has no such figure."""
    cells = []
    for _, metric, digits in columns:
        value = figures.get(metric)
        if value is not None:
            cells.append(f"{value:.{digits}f}")
        else:
            cells.append("-" if metric in figures else "")
    return cells


def print_comparison(comparison: Comparison, *, console: Console) -> None:
    title = f"{show_plain(comparison.before)} -> {show_plain(comparison.after)}"
    console.print(f"{title}: {comparison.compared} files, drawing the same {comparison.over} from both", markup=False)
    for sentence in comparison.left_out:
        console.print(f"Not compared: {show_plain(sentence)}", markup=False)
    for heading, differences in (
        ("Mean over files", comparison.means),
        ("Pooled", comparison.pooled),
        ("Facts by field, pooled", [each for each in comparison.fields if each.change]),
    ):
        if differences:
            console.print(_draw_differences(heading, differences))
    if comparison.files:
        console.print(_draw_changes(comparison.files))
    else:
        console.print("No document changed.")


def _draw_differences(title: str, differences: Iterable[Difference]) -> Table:
    table = _table(title, "metric", ["before", "after", "change", "from", "to"])
    table.add_column("")
    for each in differences:
        bounds = ["-", "-"] if each.interval is None else [f"{each.interval.low:+.3f}", f"{each.interval.high:+.3f}"]
        cells = (f"{each.before:.3f}", f"{each.after:.3f}", f"{each.change:+.3f}")
        table.add_row(each.metric, *cells, *bounds, each.judgement)
    return table


def _draw_changes(files: Sequence[FileChange]) -> Table:
    """Each file that changed, with how many documents gained or lost what, and the lines of the first that lost."""
    table = _table("Files that changed", "file", ["F1", "then", "starts +", "-", "lines +", "-", "type +", "-"])
    table.add_column("documents that lost (first line)")
    for one in files:
        counts = [
            str(sum(name in getattr(each, side) for each in one.documents))
            for name in ("start", "lines", "type")
            for side in ("gained", "lost")
        ]
        lost = [str(each.start_line) for each in one.documents if each.lost or each.invented > 0]
        more = ", ..." if len(lost) > MOST_LINES else ""
        table.add_row(
            Text(show_plain(one.file)),
            *("-" if value is None else f"{value:.3f}" for value in (one.before, one.after)),
            *counts,
            ", ".join(lost[:MOST_LINES]) + more,
        )
    return table


MOST_LINES = 8  # that are told of one file

_SPREAD_METRICS = (
    *("boundary_p", "boundary_r", "boundary_f1", "exact_f1", "pq", "type_acc", "date_acc", "title_similarity"),
    *("fact_p", "fact_r", "fact_f1"),
)
_GROUPED: tuple[_Column, ...] = (
    ("P", "boundary_p", 3),
    ("R", "boundary_r", 3),
    ("F1", "boundary_f1", 3),
    ("exact F1", "exact_f1", 3),
    ("STP", "stp", 2),
    ("type", "type_acc", 3),
    ("date", "date_acc", 3),
    ("fact P", "fact_p", 3),
    ("fact R", "fact_r", 3),
)


def _draw_groups(tag: str, groups: Mapping[str, Sequence[Evaluation]]) -> Table:
    table = _table(f"By {tag}, mean over files", tag, ["files", *(heading for heading, _, _ in _GROUPED)])
    for value, alike in groups.items():
        table.add_row(Text(show_plain(value)), str(len(alike)), *_cells(average(evaluations=alike), _GROUPED))
    return table


def _draw_spread(spread: Spread, evaluations: Sequence[Evaluation]) -> Table:
    title = f"{LEVEL:.0%} intervals by drawing {spread.over} again"
    table = _table(title, "metric", ["mean", "from", "to", "pooled", "from", "to"])
    means, pooled = average(evaluations=evaluations), pool(evaluations=evaluations)
    for metric in _SPREAD_METRICS:
        table.add_row(metric, *_bounded(means, spread.mean, metric), *_bounded(pooled, spread.pooled, metric))
    return table


def _bounded(figures: Figures, intervals: Intervals, metric: str) -> list[str]:
    value, interval = figures.get(metric), intervals.get(metric)
    bounds = ["-", "-"] if interval is None else [f"{interval.low:.3f}", f"{interval.high:.3f}"]
    return ["-" if value is None else f"{value:.3f}", *bounds]
