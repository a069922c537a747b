"""`manage.py analyze FILE...`: a file's documents and facts, for people or as JSON. Keeps nothing without `--save`."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from jobs.analysis import analyze_file, estimate_path, explain_path
from jobs.analysis_tables import print_analysis
from jobs.estimate_tables import print_estimates
from jobs.explain_tables import print_explanation
from jobs.llm.client import InvalidSetting
from jobs.llm.configured import ChosenEngine, check_engine
from jobs.operations.saving import save_file
from jobs.pipeline import OnProgress
from jobs.terminal import ending_quietly, show_plain, write_drawing, write_json
from pennie.accounts.acting import add_acting_arguments, find_principal
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

PIPED_WIDTH = 160  # columns of a table that no terminal shows


class Command(BaseCommand):
    help = "Split records into documents and read the patients' data, with the words it was read from."
    requires_system_checks = ()  # nothing of the project is needed but its settings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files",
            metavar="FILE",
            nargs="+",
            type=Path,
            help="text, PDF, scan, picture, Word, HTML, .eml or ZIP; /dev/stdin reads standard input",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a file, a line each")
        parser.add_argument(
            "--engine",
            choices=("auto", "rules", "openai"),
            default="auto",
            help="auto (default): the model if OPENAI_API_KEY is set, else the rules",
        )
        parser.add_argument("--save", action="store_true", help="keep file and result on record, for a clinic")
        parser.add_argument(
            "--estimate",
            action="store_true",
            help="tell parts of the text, calls, tokens, cost and time beforehand; nothing is asked",
        )
        parser.add_argument(
            "--explain",
            action="store_true",
            help="tell line by line why the rules see a beginning there, or nearly do; nothing is asked",
        )
        add_acting_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["estimate"] and options["save"]:
            raise CommandError("--estimate keeps nothing: leave out --save.")
        if options["explain"] and (options["save"] or options["estimate"]):
            raise CommandError("--explain does nothing but explain: leave out --save and --estimate.")
        try:
            engine = check_engine(options["engine"])
        except InvalidSetting as invalid:
            raise CommandError(str(invalid)) from None
        if options["engine"] == "auto" and engine == "rules" and not options["explain"]:
            notice = "No OPENAI_API_KEY is set: the rules engine does the work, and its results are for review."
            self.stderr.write(notice, self.style.NOTICE)
        principal = find_principal(email=options["email"], clinic=options["clinic"]) if options["save"] else None
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            if options["explain"]:
                refused = self._explain(options["files"], as_json=options["json"])
            elif options["estimate"]:
                refused = self._estimate(options["files"], engine=engine, as_json=options["json"])
            else:
                refused = self._run(options["files"], engine=engine, as_json=options["json"], principal=principal)
        if refused:
            sys.exit(1)

    def _run(self, paths: list[Path], *, engine: ChosenEngine, as_json: bool, principal: Principal | None) -> int:
        """Analyse and print each file; how many could not be read."""
        console = Console(stderr=True, highlight=False)
        refused = 0
        for path in paths:
            try:
                if principal is not None:
                    answer = save_file(principal=principal, path=path, engine=engine, now=timezone.now())
                else:
                    with show_progress(path, console=console) as on_progress:
                        answer = analyze_file(path=path, engine=engine, on_progress=on_progress)
            except Refusal as problem:
                refused += 1
                self._print_problem(path, problem, as_json=as_json)
            else:
                self._print(answer, as_json=as_json)
        return refused

    def _explain(self, paths: list[Path], *, as_json: bool) -> int:
        """Print why each file's documents begin where they do; how many could not be read."""
        refused = 0
        for path in paths:
            try:
                answer = explain_path(path=path)
            except Refusal as problem:
                refused += 1
                self._print_problem(path, problem, as_json=as_json)
                continue
            if as_json:
                write_json(answer, stream=self.stdout)
            else:
                write_drawing(partial(print_explanation, answer), stream=self.stdout, piped_width=PIPED_WIDTH)
        return refused

    def _estimate(self, paths: list[Path], *, engine: ChosenEngine, as_json: bool) -> int:
        """Print what each file would take; how many could not be read."""
        answers: list[dict[str, Any]] = []
        for path in paths:
            try:
                answer = estimate_path(path=path, engine=engine, now=timezone.now())
            except Refusal as problem:
                self._print_problem(path, problem, as_json=as_json)
                continue
            answers.append(answer)
            if as_json:
                write_json(answer, stream=self.stdout)
                self.stdout.flush()
        if answers and not as_json:
            write_drawing(
                lambda console: print_estimates(answers, console=console), stream=self.stdout, piped_width=PIPED_WIDTH
            )
        return len(paths) - len(answers)

    def _print(self, answer: Mapping[str, Any], *, as_json: bool) -> None:
        if as_json:
            write_json(answer, stream=self.stdout)
        else:
            write_drawing(
                lambda console: print_analysis(answer, console=console), stream=self.stdout, piped_width=PIPED_WIDTH
            )
        self.stdout.flush()

    def _print_problem(self, path: Path, problem: Refusal, *, as_json: bool) -> None:
        if as_json:
            write_json({"file": str(path), "problem": problem.to_dict()}, stream=self.stdout)
        else:
            self.stderr.write(show_plain(f"{path}: {problem.detail}"))


@contextmanager
def show_progress(path: Path, *, console: Console) -> Iterator[OnProgress]:
    """A progress bar on standard error, gone when done; nothing where no terminal shows it."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("parts of the text"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(show_plain(path.name), total=None)
        yield lambda reached: progress.update(task, completed=reached.windows_done, total=reached.windows_total)
