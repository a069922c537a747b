"""`manage.py import_folder FOLDER`: submits each file of a folder, for workers to analyse. Run again, it goes on.

The files are one batch. It stays open where the command is broken off, so that `--resume` adds the others to it; the
reaper closes one that is forgotten.
"""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from documents.extraction.problems import ExtractionProblem
from jobs.domain.pacing import HOLD_WORDS
from jobs.domain.states import PRIORITIES, Priority
from jobs.llm.client import EngineChoice
from jobs.management.pace_arguments import add_pace_arguments, read_pace
from jobs.models import Batch
from jobs.operations.batch_items import BatchClosed, check_open
from jobs.operations.batching import close_batch, make_batch
from jobs.operations.limiting import UseLimitReached
from jobs.operations.pacing import Pacer, count_of_batch
from jobs.operations.submitting import Submitted, submit
from jobs.terminal import STOPPED, ending_quietly, show_plain
from pennie.accounts.acting import add_acting_arguments, find_principal
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing, Refusal

_SUBMITTING: Final = "submitting"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Import:
    """What one run of the command does."""

    paths: list[Path]
    principal: Principal
    batch: Batch
    priority: Priority
    engine: EngineChoice
    pacer: Pacer


class Command(BaseCommand):
    help = "Submit every file of a folder. Files that were sent before are passed over, so that it can be run again."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--recursive", action="store_true", help="folders within the folder too")
        parser.add_argument("--priority", choices=PRIORITIES, default="bulk", help="bulk (default), normal or urgent")
        parser.add_argument("--engine", choices=("auto", "rules", "openai"), default="auto")
        parser.add_argument("--resume", metavar="BATCH", type=UUID, help="go on with the batch that was broken off")
        add_pace_arguments(parser)
        add_acting_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{show_plain(str(folder))} is no folder that can be read.")
        principal = find_principal(email=options["email"], clinic=options["clinic"])
        paths = sorted(_list_files(folder, recursive=options["recursive"]))
        if not paths:
            raise CommandError(f"There is no file in {show_plain(str(folder))}.")
        batch = _find_batch(options["resume"], principal=principal, folder=folder)
        job = _Import(
            paths=paths,
            principal=principal,
            batch=batch,
            priority=options["priority"],
            engine=options["engine"],
            pacer=Pacer(pace=read_pace(options), count_under_way=lambda: count_of_batch(batch_id=batch.pk)),
        )
        counts: Counter[str] = Counter()
        try:
            self._import(job, counts=counts)
        except KeyboardInterrupt:
            self.stderr.write(f"Stopped after {counts.total():,} of {len(paths):,} files. {_say_resume(batch)}")
            sys.exit(STOPPED)
        self._tell(counts, batch=batch)

    def _tell(self, counts: Counter[str], *, batch: Batch) -> None:
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            self.stdout.write(
                f"{counts['new']:,} submitted, {counts['known']:,} on record before, {counts['refused']:,} refused."
            )
            if counts["left"]:
                self.stdout.write(f"{counts['left']:,} left, because of a limit of use. {_say_resume(batch)}")
        if counts["refused"] or counts["left"]:
            sys.exit(1)

    def _import(self, run: _Import, *, counts: Counter[str]) -> None:
        """Counts on the way what became of the files, and closes the batch where none is left."""
        console = Console(stderr=True, highlight=False)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task(_SUBMITTING, total=len(run.paths))
            for path in run.paths:
                run.pacer.wait(on_hold=lambda hold: progress.update(task, description=HOLD_WORDS[hold.why]))
                progress.update(task, description=_SUBMITTING)
                try:
                    counts["new" if self._submit(path, run=run).created else "known"] += 1
                except UseLimitReached as reached:
                    progress.console.print(show_plain(f"{path}: {reached.detail}"), markup=False, soft_wrap=True)
                    counts["left"] = len(run.paths) - counts.total()
                    return  # the rest would fare no better, and each would be read for it
                except Refusal as refusal:
                    counts["refused"] += 1
                    progress.console.print(show_plain(f"{path}: {refusal.detail}"), markup=False, soft_wrap=True)
                progress.advance(task)
        close_batch(principal=run.principal, batch_id=run.batch.pk, now=timezone.now())

    def _submit(self, path: Path, *, run: _Import) -> Submitted:
        try:
            with path.open("rb") as file:
                sent = submit(
                    principal=run.principal,
                    batch_id=run.batch.pk,
                    file=File(file),
                    name=path.name,
                    priority=run.priority,
                    engine=run.engine,
                    now=timezone.now(),
                )
        except OSError as error:
            raise ExtractionProblem("unreadable", found=error.strerror or type(error).__name__) from None
        if sent.created:
            run.pacer.submitted()
        return sent


def _find_batch(batch_id: UUID | None, *, principal: Principal, folder: Path) -> Batch:
    """A new one, or the open one that is to be gone on with. Raises CommandError."""
    if batch_id is None:
        # In full: "." has no name.
        return make_batch(principal=principal, name=folder.resolve().name, now=timezone.now())
    try:
        check_open(principal=principal, batch_id=batch_id)
        return Batch.objects.access(principal=principal, pk=batch_id)
    except Missing:
        raise CommandError(
            f"{principal.clinic.name} has no batch {batch_id}. Of another clinic: name it by --clinic."
        ) from None
    except BatchClosed:
        raise CommandError(
            f"Batch {batch_id} is closed. Run the command without --resume: what was sent is passed over, and the rest "
            "is a batch of its own."
        ) from None


def _say_resume(batch: Batch) -> str:
    return f"To go on, give the same command with: --resume {batch.pk}"


def _list_files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """Files that are no hidden ones and no links out of the folder."""
    for path in folder.rglob("*") if recursive else folder.iterdir():
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file() and not path.is_symlink():
            yield path
