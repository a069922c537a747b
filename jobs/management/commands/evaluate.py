"""`manage.py evaluate DIR`: measures the engine on labelled records."""

from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich import box
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from documents.domain.metrics import Matches
from jobs import evaluation
from jobs.analysis import analyze_file
from jobs.evaluation import Evaluation, Figures, Gate, Record, Verdict
from jobs.llm.client import EngineChoice, InvalidSetting
from jobs.llm.configured import check_engine
from jobs.terminal import ending_quietly, show_plain, write_drawing, write_json

ENGINES = ("auto", "rules", "openai")
PIPED_WIDTH = 140  # columns, where no terminal tells its width

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


def _gate(text: str) -> Gate:
    try:
        return evaluation.read_gate(text)
    except evaluation.UnknownGate as unknown:
        raise ArgumentTypeError(str(unknown)) from None


class Command(BaseCommand):
    help = "Analyse labelled records (NAME.txt with NAME.truth.json) and measure the answers."
    stealth_options = ("analyze",)  # for tests: what answers instead of the pipeline

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="folder that holds the records")
        parser.add_argument("--engine", choices=ENGINES, default="auto", help="auto takes the rules without a key")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
        parser.add_argument(
            "--fail-under",
            metavar="METRIC=VALUE",
            type=_gate,
            action="append",
            default=[],
            help="exit with 1 if the mean over files is worse (less, or more where less is better); "
            "coverage_violations and facts_without_source: if the worst file has more. Repeatable",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            engine = check_engine(options["engine"])
            records = evaluation.find_records(folder=options["folder"])
        except InvalidSetting as invalid:
            raise CommandError(str(invalid)) from None
        except evaluation.UnfitRecords as unfit:
            raise CommandError(_show_lines(unfit.problems)) from None
        self._warn(records)
        analyze = options.get("analyze") or analyze_file
        gates: Sequence[Gate] = options["fail_under"]
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            evaluations = self._run(records, engine=engine, analyze=analyze)
            verdicts = [evaluation.judge(gate=gate, evaluations=evaluations) for gate in gates]
            self._print(evaluations, verdicts, as_json=options["json"])
        if failures := [*_tell_problems(evaluations), *_tell_failures(verdicts)]:
            raise CommandError(_show_lines(failures))

    def _print(self, evaluations: Sequence[Evaluation], verdicts: Sequence[Verdict], *, as_json: bool) -> None:
        if as_json:
            write_json(_as_object(evaluations, verdicts), stream=self.stdout)
            return
        write_drawing(lambda console: _draw(evaluations, console=console), stream=self.stdout, piped_width=PIPED_WIDTH)

    def _warn(self, records: Sequence[Record]) -> None:
        for record in records:
            for warning in record.truth.warnings:
                told = show_plain(f"{record.path.stem}{evaluation.TRUTH_SUFFIX}: {warning}")
                self.stderr.write(told, self.style.WARNING)

    def _run(self, records: Sequence[Record], *, engine: EngineChoice, analyze: evaluation.Analyze) -> list[Evaluation]:
        """Evaluate all, with progress on standard error where a person watches it."""
        console = Console(stderr=True)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        evaluations = []
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task(show_plain(records[0].path.name), total=len(records))
            following = (*(show_plain(record.path.name) for record in records[1:]), "done")
            answers = evaluation.evaluate(records=records, engine=engine, analyze=analyze)
            for answer, name in zip(answers, following, strict=True):
                evaluations.append(answer)
                progress.update(task, advance=1, description=name)
        return evaluations


def _show_lines(lines: Iterable[str]) -> str:
    return "\n".join(map(show_plain, lines))


def _tell_problems(evaluations: Iterable[Evaluation]) -> Iterator[str]:
    for one in evaluations:
        if one.problem is not None:
            yield f"{one.file}: {one.problem}"


def _tell_failures(verdicts: Iterable[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        gate = verdict.gate
        if verdict.passed:
            continue
        if verdict.value is None:
            yield f"{gate.metric}: no file measures it, so it cannot be held to {gate.bound:g}"
        else:
            side = "above" if gate.metric in evaluation.LESS_IS_BETTER else "under"
            yield f"{gate.metric}: {verdict.value:.6g} is {side} {gate.bound:g}"


def _as_object(evaluations: Sequence[Evaluation], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "files": [_file_object(one) for one in evaluations],
        "mean": evaluation.average(evaluations=evaluations),
        "pooled": evaluation.pool(evaluations=evaluations),
        "fields": _field_objects(evaluation.pool_fields(evaluations=evaluations)),
        "gates": [
            {
                "metric": verdict.gate.metric,
                "bound": verdict.gate.bound,
                "value": verdict.value,
                "passed": verdict.passed,
            }
            for verdict in verdicts
        ],
    }


def _file_object(one: Evaluation) -> dict[str, Any]:
    if one.measured is None:
        return {"file": one.file, "problem": one.problem}
    answer = one.measured.prediction
    return {
        "file": one.file,
        "engine": answer.engine,
        "model": answer.model,
        **evaluation.list_figures(measured=one.measured),
        "fields": _field_objects(one.measured.fields),
    }


def _field_objects(fields: Mapping[str, Matches]) -> dict[str, Any]:
    return {
        field: {
            "matched": matches.matched,
            "found": matches.found,
            "true": matches.true,
            "precision": matches.precision,
            "recall": matches.recall,
            "f1": matches.f1,
        }
        for field, matches in fields.items()
    }


def _draw(evaluations: Sequence[Evaluation], *, console: Console) -> None:
    title = "Segmentation: boundaries (P, R, F1), segments, windows; at tolerance 0 unless said"
    console.print(_draw_figures(title, SEGMENTATION, evaluations))
    console.print(_draw_figures("Content of exact segments, facts by value, cost", CONTENT, evaluations))
    if fields := evaluation.pool_fields(evaluations=evaluations):
        console.print(_draw_fields(fields))


def _draw_figures(title: str, columns: Sequence[_Column], evaluations: Sequence[Evaluation]) -> Table:
    table = _table(title, "file", [heading for heading, _, _ in columns])
    for one in evaluations:
        if one.measured is None:
            table.add_row(Text(show_plain(one.file)), "none")
        else:
            cells = _cells(evaluation.list_figures(measured=one.measured), columns)
            table.add_row(Text(show_plain(one.file)), *cells)
    table.add_section()
    table.add_row("mean over files", *_cells(evaluation.average(evaluations=evaluations), columns))
    table.add_row("pooled", *_cells(evaluation.pool(evaluations=evaluations), columns))
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
