"""The objects of `analyze --estimate --json` as one table for people."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobs.terminal import show_plain

_COLUMNS = ("lines", "windows", "calls", "input_tokens", "output_tokens")
_SHORT = {"windows": "parts", "input_tokens": "tokens in", "output_tokens": "tokens out"}


def print_estimates(answers: Sequence[Mapping[str, Any]], *, console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=len(answers) > 1)
    table.add_column("file", footer="together", overflow="fold", ratio=1)
    for name in _COLUMNS:
        total = f"{sum(each[name] for each in answers):,}"
        table.add_column(_SHORT.get(name, name), footer=total, justify="right", no_wrap=True)
    table.add_column("cost", footer=_money(_add_costs(answers)), justify="right", no_wrap=True)
    table.add_column("time", footer=_time(sum(each["seconds"] for each in answers)), justify="right", no_wrap=True)
    for each in answers:
        figures = [f"{each[name]:,}" for name in _COLUMNS]
        table.add_row(Text(show_plain(each["file"])), *figures, _money(each["cost_usd"]), _time(each["seconds"]))
    console.print(table)
    models = sorted({show_plain(each["model"]) for each in answers if each["model"]})
    reader = f"by {', '.join(models)}" if models else "by the rules engine, which asks nobody"
    console.print(f"Read {reader}. Nothing was asked; these are estimates.", style="dim", markup=False)


def _add_costs(answers: Sequence[Mapping[str, Any]]) -> float | None:
    costs = [each["cost_usd"] for each in answers]
    return None if None in costs else float(sum(map(Decimal, map(str, costs))))


def _money(cost: float | None) -> str:
    return "unknown" if cost is None else f"${cost:.4f}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
