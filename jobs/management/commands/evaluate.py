"""`manage.py evaluate DIR`: measures the engine on labelled records."""

from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Sequence
from os import sched_getaffinity
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from jobs.analysis import analyze_file
from jobs.evaluation.describing import describe_evaluations
from jobs.evaluation.figures import LESS_IS_BETTER
from jobs.evaluation.gates import Gate, UnknownGate, Verdict, judge, read_gate
from jobs.evaluation.measuring import Analyze, Evaluation, evaluate
from jobs.evaluation.records import TRUTH_SUFFIX, Record, UnfitRecords, find_records
from jobs.evaluation.report import Answers, write_report
from jobs.evaluation_tables import print_evaluations
from jobs.llm.client import EngineChoice, InvalidSetting
from jobs.llm.configured import check_engine
from jobs.terminal import ending_quietly, show_plain, write_drawing, write_json

ENGINES = ("auto", "rules", "openai")
MANY = 16  # files from which the start of more processes is worth while
PIPED_WIDTH = 140  # columns, where no terminal tells its width


def _gate(text: str) -> Gate:
    try:
        return read_gate(text)
    except UnknownGate as unknown:
        raise ArgumentTypeError(str(unknown)) from None


class Command(BaseCommand):
    help = "Analyse labelled records (NAME.txt with NAME.truth.json) and measure the answers."
    stealth_options = ("analyze",)  # for tests: what answers instead of the pipeline

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="folder that holds the records")
        parser.add_argument("--engine", choices=ENGINES, default="auto", help="auto takes the rules without a key")
        parser.add_argument("--html", metavar="FILE", type=Path, help="write a report to look at; it holds the texts")
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
            records = find_records(folder=options["folder"])
        except InvalidSetting as invalid:
            raise CommandError(str(invalid)) from None
        except UnfitRecords as unfit:
            raise CommandError(_show_lines(unfit.problems)) from None
        self._warn(records)
        gates: Sequence[Gate] = options["fail_under"]
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            evaluations = self._run(records, engine=engine, given=options.get("analyze"))
            verdicts = [judge(gate=gate, evaluations=evaluations) for gate in gates]
            if options["html"]:
                self._write_report(options["html"], records, [Answers(name=engine, evaluations=evaluations)])
            self._print(evaluations, verdicts, as_json=options["json"])
        if failures := [*_tell_problems(evaluations), *_tell_failures(verdicts)]:
            raise CommandError(_show_lines(failures))

    def _print(self, evaluations: Sequence[Evaluation], verdicts: Sequence[Verdict], *, as_json: bool) -> None:
        if as_json:
            write_json(describe_evaluations(evaluations=evaluations, verdicts=verdicts), stream=self.stdout)
        else:
            write_drawing(
                lambda console: print_evaluations(evaluations, console=console),
                stream=self.stdout,
                piped_width=PIPED_WIDTH,
            )

    def _write_report(self, path: Path, records: Sequence[Record], answers: Sequence[Answers]) -> None:
        try:
            write_report(path=path, records=records, answers=answers, now=timezone.now())
        except OSError as error:
            raise CommandError(f"{show_plain(str(path))}: {error.strerror}. Name a file that can be written.") from None
        self.stderr.write(f"The report is in {show_plain(str(path))}.")

    def _warn(self, records: Sequence[Record]) -> None:
        for record in records:
            for warning in record.truth.warnings:
                told = show_plain(f"{record.path.stem}{TRUTH_SUFFIX}: {warning}")
                self.stderr.write(told, self.style.WARNING)

    def _run(self, records: Sequence[Record], *, engine: EngineChoice, given: Analyze | None) -> list[Evaluation]:
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
            processes = 1 if given else _count_processes(records, engine=engine)
            answers = evaluate(records=records, engine=engine, analyze=given or analyze_file, processes=processes)
            for answer, name in zip(answers, following, strict=True):
                evaluations.append(answer)
                progress.update(task, advance=1, description=name)
        return evaluations


def _count_processes(records: Sequence[Record], *, engine: EngineChoice) -> int:
    """All cores for many files. With a model its own limits are the bound, and they hold for one process."""
    return len(sched_getaffinity(0)) if engine == "rules" and len(records) >= MANY else 1


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
            side = "above" if gate.metric in LESS_IS_BETTER else "under"
            yield f"{gate.metric}: {verdict.value:.6g} is {side} {gate.bound:g}"
