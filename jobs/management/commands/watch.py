"""`manage.py watch JOB`: follows a job to its end, with its steps and a bar."""

import sys
import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from jobs import progress as told
from jobs.models import JobEvent
from jobs.operations.watching import follow, list_steps
from jobs.terminal import ending_quietly, write_json
from pennie.accounts.acting import add_acting_arguments, find_principal
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing

_LOOK_SECONDS = 0.5


class Command(BaseCommand):
    help = "Follow a job to its end. Exit code 1: it failed or was cancelled. Ctrl-C ends the watching, not the job."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", metavar="JOB", type=UUID, help="the job's id, as the API and the admin show it")
        parser.add_argument(
            "--json", action="store_true", help="a JSON object a line for each change, and nothing else"
        )
        add_acting_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        principal = find_principal(email=options["email"], clinic=options["clinic"])
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            try:
                last = self._watch(options["job"], principal=principal, as_json=options["json"])
            except Missing:
                raise CommandError(
                    f"{principal.clinic.name} has no job {options['job']}. Jobs of another clinic: name it by --clinic."
                ) from None
        if last.state in ("failed", "cancelled"):
            sys.exit(1)

    def _watch(self, job_id: UUID, *, principal: Principal, as_json: bool) -> told.Progress:
        """The job's last moment. Raises Missing."""
        console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        version = 0
        moments = follow(principal=principal, job_id=job_id, pause=lambda: time.sleep(_LOOK_SECONDS))
        shows_bar = console.is_terminal and not as_json
        with Progress(*columns, console=console, transient=True, disable=not shows_bar) as bar:
            task = bar.add_task("", total=None)
            for last in moments:
                if as_json:
                    write_json(last.to_dict(), stream=self.stdout)
                    continue
                for step in list_steps(principal=principal, job_id=job_id, after=version):
                    version = step.version
                    bar.console.print(_describe_step(step), markup=False, soft_wrap=True)
                _draw(bar, task, last)
        if not as_json:
            self.stdout.write(_describe_end(last))
        return last


def _describe_step(step: JobEvent) -> str:
    at = timezone.localtime(step.at).strftime("%H:%M:%S")
    why = f" ({step.reason.replace('_', ' ')})" if step.reason else ""
    return f"{at}  {step.before or 'new'} to {step.after}{why}"


def _draw(bar: Progress, task: TaskID, moment: told.Progress) -> None:
    words = [moment.stage or moment.state, f"{moment.documents} documents"]
    if moment.known_cost_usd != "0":
        words.append(f"${moment.known_cost_usd}")
    if moment.eta:
        words.append(f"until about {timezone.localtime(datetime.fromisoformat(moment.eta)):%H:%M:%S}")
    bar.update(task, description=", ".join(words), completed=moment.windows_done, total=moment.windows_total)


def _describe_end(last: told.Progress) -> str:
    cost = "" if last.known_cost_usd == "0" else f", ${last.known_cost_usd} known to be spent"
    return f"The job is {last.state}: {last.documents:,} documents{cost}."
