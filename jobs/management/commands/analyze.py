"""`manage.py analyze FILE...`: a file's documents and facts, for people or as JSON. Keeps nothing."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from documents.extraction.problems import ExtractionProblem
from jobs.analysis import NoKey, analyze_file, choose_engine
from jobs.analysis_tables import print_analysis
from jobs.pipeline import OnProgress

PIPED_WIDTH = 160  # columns of a table that no terminal shows


class Command(BaseCommand):
    help = "Split records into documents and read the patients' data, with the words it was read from."
    requires_system_checks = ()  # nothing of the project is needed but its settings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="text, PDF with a text layer, or .eml")
        parser.add_argument("--json", action="store_true", help="one JSON object a file, a line each")
        parser.add_argument(
            "--engine",
            choices=("auto", "rules", "openai"),
            default="auto",
            help="auto (default): the model if OPENAI_API_KEY is set, else the rules",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            engine = choose_engine(options["engine"])
        except NoKey as error:
            raise CommandError(str(error)) from None
        errors = Console(stderr=True, highlight=False)
        if options["engine"] == "auto" and engine == "rules":
            errors.print("No OPENAI_API_KEY is set: the rules engine does the work, and its results are for review.")
        refused = 0
        for path in options["files"]:
            answer = self._analyze(path, engine=engine, console=errors)
            refused += "problem" in answer
            self._print(answer, as_json=options["json"], errors=errors)
        if refused:
            sys.exit(1)

    def _analyze(self, path: Path, *, engine: Any, console: Console) -> Mapping[str, Any]:
        try:
            with show_progress(path, console=console) as on_progress:
                return analyze_file(path=path, engine=engine, on_progress=on_progress)
        except ExtractionProblem as problem:
            return {"file": str(path), "problem": problem.to_dict()}
        except OSError as error:
            return {"file": str(path), "problem": describe_unreadable(error)}

    def _print(self, answer: Mapping[str, Any], *, as_json: bool, errors: Console) -> None:
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        elif "problem" in answer:
            errors.print(f"{answer['file']}: {answer['problem']['detail']}", style="red", soft_wrap=True, markup=False)
        else:
            width = None if sys.stdout.isatty() else PIPED_WIDTH
            print_analysis(answer, console=Console(file=sys.stdout, width=width, highlight=False))


def describe_unreadable(error: OSError) -> dict[str, Any]:
    """A path that cannot be opened, as a problem like those of extraction."""
    reason = error.strerror or type(error).__name__
    cures = {
        FileNotFoundError: "Check the path.",
        IsADirectoryError: "Name the files in it.",
        PermissionError: "Ask for the right to read it.",
    }
    cure = next((text for kind, text in cures.items() if isinstance(error, kind)), "Check the file and its disk.")
    return {"code": "unreadable", "title": "The file cannot be opened", "detail": f"{reason}. {cure}", "status": 422}


@contextmanager
def show_progress(path: Path, *, console: Console) -> Iterator[OnProgress]:
    """A progress bar on standard error, gone when done; nothing where no terminal shows it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("windows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(path.name, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
