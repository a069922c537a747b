"""The figures for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.bench.figures import Figure, Section

_WIDTH = 110  # where no terminal tells


def print_sections(*, sections: Sequence[Section], machine: Mapping[str, Any]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    console.print("{cores} cores, Python {python}, load {load_before} before and {load_after} after".format(**machine))
    for section in sections:
        console.print()
        console.print(_tabulate(section))
        for note in section.notes:
            console.print(f"  {note}", style="dim")
    failed = [figure.name for section in sections for figure in section.figures if figure.passed is False]
    console.print()
    console.print(f"FAIL: {'; '.join(failed)}" if failed else "PASS: every bound is kept", style="bold", markup=False)


def _tabulate(section: Section) -> Table:
    table = Table("", "", title=section.title, title_justify="left", show_header=True)
    table.columns[0].header, table.columns[1].header = "figure", "measured"
    table.add_column("bound")
    table.add_column("")
    table.columns[1].justify = "right"
    for figure in section.figures:
        table.add_row(
            figure.name, f"{_show(figure.value)} {figure.unit}".strip(), _show_bound(figure), _verdict(figure)
        )
    return table


def _show(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def _show_bound(figure: Figure) -> str:
    return f"{figure.bound.side} {_show(figure.bound.limit)}" if figure.bound else ""


def _verdict(figure: Figure) -> Text:
    if figure.passed is None:
        return Text("")
    return Text("PASS", style="green") if figure.passed else Text("FAIL", style="bold red")
