"""Measures the sets, and holds the floors."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from django.utils import timezone
from rich.console import Console
from rich.table import Table

from jobs.evaluation.measuring import Evaluation, evaluate
from jobs.evaluation.records import Record
from jobs.evaluation.report import Answers, write_report
from pennie.lib.cores import count_cores
from tests.accuracy.floors import (
    FLOORS,
    Floors,
    Measurement,
    count_unmeasured,
    find_breaches,
    measure_groups,
    propose_floors,
    read_floors,
    write_floors,
)
from tests.accuracy.sets import ROOT, RecordSet, lay_out, read_sets

FOLDER = ROOT / "var/accuracy"
_PIPED_WIDTH = 130


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    if options.update and os.environ.get("CI"):
        sys.stderr.write("Floors are set by a person: make accuracy UPDATE=1 is refused where CI is set.\n")
        return 2
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=_PIPED_WIDTH)
    measurements: list[Measurement] = []
    advice: list[str] = []
    for one in read_sets():
        if not options.only or one.name in options.only:
            measurements += _measure_set(one, console, report=options.report, advice=advice)
    floors = read_floors()
    _print_table(measurements, floors, console)
    if options.update:
        measured = {one.group.split(".")[0] for one in measurements}
        kept = {group: figures for group, figures in floors.items() if group.split(".")[0] not in measured}
        write_floors(floors={**kept, **propose_floors(measurements=measurements)})
        console.print(f"Floors written to {FLOORS.relative_to(ROOT)}. Look at the difference before you commit it.")
        return 0
    breaches = find_breaches(measurements=measurements, floors=floors)
    for breach in breaches:
        console.print(f"BROKEN {breach}", style="bold red", markup=False)
    for line in advice if breaches else ():
        console.print(line, markup=False, soft_wrap=True)
    console.print("FAIL" if breaches else "PASS: every floor is kept", style="bold")
    return 1 if breaches else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy")
    parser.add_argument("--only", nargs="+", default=[], choices=[one.name for one in read_sets()])
    parser.add_argument("--update", action="store_true", help="write the floors anew from what is measured")
    parser.add_argument("--report", action="store_true", help="write var/accuracy/SET.html for each set")
    return parser.parse_args(arguments)


def _measure_set(one: RecordSet, console: Console, *, report: bool, advice: list[str]) -> list[Measurement]:
    _, records = lay_out(of=one, under=FOLDER)
    evaluations = list(evaluate(records=records, engine="rules", processes=count_cores()))
    page = FOLDER / f"{one.name}.html"
    advice.append(tell_how_to_see(of=one))
    console.print(f"{one.name}: {one.about}; {len(records)} records", markup=False)
    if unmeasured := count_unmeasured(evaluations=evaluations):
        raise SystemExit(f"{one.name}: {unmeasured} records could not be measured")
    if report:
        _write(page, records, evaluations)
        console.print(f"  {page.relative_to(ROOT)}", markup=False)
    return list(measure_groups(of=one, evaluations=evaluations))


def tell_how_to_see(*, of: RecordSet) -> str:
    """The command that draws the report of a set, and where to get its records."""
    folder = of.folder or FOLDER.relative_to(ROOT) / of.name
    page = FOLDER.relative_to(ROOT) / f"{of.name}.html"
    composed = "" if of.folder else f"make accuracy ONLY={of.name}; "
    return f"To see {of.name}: {composed}.venv/bin/python manage.py evaluate {folder} --engine rules --html {page}"


def _write(page: Path, records: Sequence[Record], evaluations: Sequence[Evaluation]) -> None:
    page.parent.mkdir(parents=True, exist_ok=True)
    answers = [Answers(name="rules", evaluations=evaluations)]
    write_report(path=page, records=records, answers=answers, now=timezone.now())


def _print_table(measurements: Sequence[Measurement], floors: Floors, console: Console) -> None:
    table = Table("group", "metric", "measured", "floor", title="Accuracy", title_justify="left")
    for column in table.columns[2:]:
        column.justify = "right"
    for one in measurements:
        if ".layout." in one.group:  # hundreds; the reports have them, and one that broke is told
            continue
        for metric, value in one.figures.items():
            bound = floors.get(one.group, {}).get(metric)
            table.add_row(one.group, metric, f"{value:.3f}", "none" if bound is None else f"{bound:g}")
        table.add_section()
    console.print(table)
