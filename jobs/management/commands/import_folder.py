"""`manage.py import_folder FOLDER`: submits each file of a folder, for workers to analyse. Run again, it goes on."""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from documents.extraction.problems import ExtractionProblem
from jobs.domain.states import PRIORITIES
from jobs.models import Batch
from jobs.operations.batching import close_batch, make_batch
from jobs.operations.limiting import UseLimitReached
from jobs.operations.submitting import Submitted, submit
from jobs.terminal import ending_quietly, show_plain
from pennie.accounts.acting import add_acting_arguments, find_principal
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal


class Command(BaseCommand):
    help = "Submit every file of a folder. Files that were sent before are passed over, so that it can be run again."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--recursive", action="store_true", help="folders within the folder too")
        parser.add_argument("--priority", choices=PRIORITIES, default="bulk", help="bulk (default), normal or urgent")
        parser.add_argument("--engine", choices=("auto", "rules", "openai"), default="auto")
        add_acting_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{show_plain(str(folder))} is no folder that can be read.")
        principal = find_principal(email=options["email"], clinic=options["clinic"])
        paths = sorted(_list_files(folder, recursive=options["recursive"]))
        if not paths:
            raise CommandError(f"There is no file in {show_plain(str(folder))}.")
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            # In full: "." has no name.
            batch = make_batch(principal=principal, name=folder.resolve().name, now=timezone.now())
            try:
                counts = self._import(
                    paths, principal=principal, batch=batch, priority=options["priority"], engine=options["engine"]
                )
            finally:
                close_batch(principal=principal, batch_id=batch.pk, now=timezone.now())
        self.stdout.write(
            f"{counts['new']:,} submitted, {counts['known']:,} on record before, {counts['refused']:,} refused."
        )
        if counts["left"]:
            self.stdout.write(f"{counts['left']:,} left, because of a limit of use: run the same command again later.")
        if counts["refused"] or counts["left"]:
            sys.exit(1)

    def _import(
        self, paths: list[Path], *, principal: Principal, batch: Batch, priority: Any, engine: Any
    ) -> Counter[str]:
        counts: Counter[str] = Counter()
        console = Console(stderr=True, highlight=False)
        columns = (TextColumn("Submitting"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            for path in progress.track(paths):
                try:
                    sent = self._submit(path, principal=principal, batch=batch, priority=priority, engine=engine)
                    counts["new" if sent.created else "known"] += 1
                except UseLimitReached as reached:
                    progress.console.print(show_plain(f"{path}: {reached.detail}"), markup=False, soft_wrap=True)
                    counts["left"] = len(paths) - counts.total()
                    break  # the rest would fare no better, and each would be read for it
                except Refusal as refusal:
                    counts["refused"] += 1
                    progress.console.print(show_plain(f"{path}: {refusal.detail}"), markup=False, soft_wrap=True)
        return counts

    def _submit(self, path: Path, *, principal: Principal, batch: Batch, priority: Any, engine: Any) -> Submitted:
        try:
            with path.open("rb") as file:
                return submit(
                    principal=principal,
                    batch_id=batch.pk,
                    file=File(file),
                    name=path.name,
                    priority=priority,
                    engine=engine,
                    now=timezone.now(),
                )
        except OSError as error:
            raise ExtractionProblem("unreadable", found=error.strerror or type(error).__name__) from None


def _list_files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """Files that are no hidden ones and no links out of the folder."""
    for path in folder.rglob("*") if recursive else folder.iterdir():
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file() and not path.is_symlink():
            yield path
