"""`manage.py reprocess`: reads files again, chosen by prompt, model, type or days, and tells first what it costs."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from documents.domain.findings import DOCUMENT_TYPES
from jobs.backfill_tables import describe_forecasts, describe_run, print_backfills, print_forecasts
from jobs.domain.backfills import BACKFILL_WORDS, Criteria, describe_criteria
from jobs.domain.pacing import Pace
from jobs.llm.client import EngineChoice, InvalidSetting
from jobs.llm.configured import check_engine
from jobs.management.backfill_run import BackfillRun
from jobs.management.pace_arguments import add_pace_arguments
from jobs.models import Backfill
from jobs.operations.backfill_choice import OLDER, name_versions
from jobs.operations.backfill_forecast import Forecast, compare_budgets, forecast
from jobs.operations.backfill_progress import read_progress
from jobs.operations.backfilling import begin, find_backfills, reopen
from jobs.terminal import STOPPED, ending_quietly, write_drawing, write_json
from pennie.accounts.acting import find_clinic
from pennie.accounts.models import Clinic
from pennie.lib.refusals import Missing

_WIDTH: Final = 160  # columns where there is no terminal
_PER_MINUTE: Final = 60.0
_AT_MOST: Final = 20
_LISTED: Final = 50
_NOBODY_ASKED: Final = (
    "Nobody can be asked, as there is no standard input. Nothing was submitted. Give --yes to submit the files, "
    "or --dry-run to be told the cost alone."
)


def read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a day as YYYY-MM-DD is needed") from None


class Command(BaseCommand):
    help = (
        "Read files again, at a pace, after telling what that costs. What staff confirmed or corrected stays. "
        "Prints ids, figures and clinics' names, nothing of the files."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_argument_group("which files: by how they were read last, all of what is said")
        older = f"'{OLDER}': any but today's; may be repeated"
        what.add_argument("--prompt-version", metavar="V", action="append", default=[], help=f"such as v1; {older}")
        what.add_argument(
            "--model", metavar="NAME", action="append", default=[], help=f"'rules': the rules engine; {older}"
        )
        what.add_argument(
            "--stitching", metavar="V", action="append", default=[], help=f"by these rules, such as v1/r3; {older}"
        )
        what.add_argument(
            "--type",
            action="append",
            default=[],
            choices=DOCUMENT_TYPES,
            metavar="TYPE",
            help="a document of the file has it; may be repeated",
        )
        for name, words in (("received", "the file was sent"), ("read", "it was read last")):
            what.add_argument(f"--{name}-since", metavar="YYYY-MM-DD", type=read_day, help=f"{words}, in UTC")
            what.add_argument(f"--{name}-until", metavar="YYYY-MM-DD", type=read_day, help="the day after the last")
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument("--clinic", metavar="NAME_OR_ID", help="files of this clinic alone")
        whose.add_argument("--all-clinics", action="store_true", help="files of all clinics")
        parser.add_argument("--engine", choices=("auto", "rules", "openai"), default="auto")
        do = parser.add_mutually_exclusive_group()
        do.add_argument("--dry-run", action="store_true", help="tell the cost, and end")
        do.add_argument("--yes", action="store_true", help="do not ask")
        do.add_argument("--resume", metavar="ID", type=UUID, help="go on with a backfill, or a series of them")
        do.add_argument("--list", action="store_true", help="show the newest backfills, and end")
        parser.add_argument("--in-full", action="store_true", help="look at every file to tell the cost, not at some")
        parser.add_argument("--no-wait", action="store_true", help="end when all files are submitted")
        parser.add_argument("--json", action="store_true", help="with --dry-run: print one JSON object")
        add_pace_arguments(parser, per_minute=_PER_MINUTE, at_most=_AT_MOST)
        parser.set_defaults(per_minute=None, at_most=None)  # a backfill that is resumed keeps its own

    def handle(self, *args: Any, **options: Any) -> None:
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            if options["list"]:
                self._list(options)
            elif options["resume"]:
                self._run(_reopen(options), waits=not options["no_wait"])
            else:
                self._begin(options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = Backfill.objects.select_related("clinic").order_by("-id")
        if options["clinic"]:
            rows = rows.filter(clinic=find_clinic(name_or_id=options["clinic"]))
        backfills = list(rows[:_LISTED])
        progress = read_progress(backfills=backfills)
        write_drawing(
            lambda console: print_backfills(backfills, progress=progress, console=console),
            stream=self.stdout,
            piped_width=_WIDTH,
        )

    def _begin(self, options: dict[str, Any]) -> None:
        if options["json"] and not options["dry_run"]:
            raise CommandError("--json goes with --dry-run only.", returncode=2)
        clinics, criteria = _find_clinics(options), name_versions(_read_criteria(options))
        pace = Pace(per_minute=options["per_minute"] or _PER_MINUTE, at_most=options["at_most"] or _AT_MOST)
        forecasts = _forecast(clinics, criteria=criteria, options=options)
        files = sum(each.files for each in forecasts)
        self._tell(forecasts, criteria=criteria, pace=pace, as_json=options["json"])
        if options["dry_run"] or not files:
            if files and not options["json"]:
                self.stdout.write("Nothing was submitted, as --dry-run asks.")
            return
        if not (options["yes"] or self._ask(files)):
            self.stdout.write("Nothing was submitted.")
            return
        self._run(begin(forecasts=forecasts, pace=pace, now=timezone.now()), waits=not options["no_wait"])

    def _tell(self, forecasts: Sequence[Forecast], *, criteria: Criteria, pace: Pace, as_json: bool) -> None:
        budgets = compare_budgets(forecasts=forecasts, now=timezone.now())
        if as_json:
            write_json(describe_forecasts(forecasts, budgets=budgets), stream=self.stdout)
            return
        if not any(each.files for each in forecasts):
            self.stdout.write(f"There is no file to read again: {describe_criteria(criteria)}.")
        if forecasts:
            write_drawing(
                lambda console: print_forecasts(forecasts, budgets=budgets, pace=pace, console=console),
                stream=self.stdout,
                piped_width=_WIDTH,
            )

    def _ask(self, files: int) -> bool:
        """Raises CommandError where nobody answers."""
        self.stdout.flush()
        self.stderr.write(f"Submit {'this file' if files == 1 else f'these {files:,} files'}? [y/N] ", ending="")
        self.stderr.flush()
        try:
            answer = sys.stdin.readline() if sys.stdin else ""
        except (OSError, ValueError):  # it is closed
            answer = ""
        if not answer:
            self.stderr.write("")
            raise CommandError(_NOBODY_ASKED)
        return answer.strip().lower() in ("y", "yes")

    def _run(self, backfills: Sequence[Backfill], *, waits: bool) -> None:
        series, console = backfills[0].series, Console(stderr=True, highlight=False)
        run = BackfillRun(backfills=backfills, console=console)
        try:
            run.submit_all()
            if waits:
                run.wait_for_jobs()
        except KeyboardInterrupt:
            self.stderr.write(f"Stopped. {_say_left(run, series=series)}")
            sys.exit(STOPPED)
        self._tell_end(run, series=series)

    def _tell_end(self, run: BackfillRun, *, series: UUID) -> None:
        for line in describe_run(run.read()):
            self.stdout.write(line)
        if run.has_open:
            self.stdout.write(_say_left(run, series=series))
            sys.exit(1)


def _say_left(run: BackfillRun, *, series: UUID) -> str:
    if not run.has_open:
        return "All files are submitted; what is queued goes on."
    return f"What is queued goes on. To submit the other files: manage.py reprocess --resume {series}"


def _find_clinics(options: dict[str, Any]) -> list[Clinic]:
    """Raises CommandError."""
    if options["clinic"]:
        return [find_clinic(name_or_id=options["clinic"])]
    if not options["all_clinics"]:
        raise CommandError("Say of whom: --clinic NAME_OR_ID, or --all-clinics.", returncode=2)
    return list(Clinic.objects.order_by("name", "pk"))


def _read_criteria(options: dict[str, Any]) -> Criteria:
    """Raises CommandError."""
    for name in ("received", "read"):
        since, until = options[f"{name}_since"], options[f"{name}_until"]
        if since and until and since >= until:
            raise CommandError(
                f"From {since} up to {until} there is no day: --{name}-until is the day after the last.", returncode=2
            )
    return Criteria(
        prompt_versions=tuple(options["prompt_version"]),
        models=tuple(options["model"]),
        stitching_versions=tuple(options["stitching"]),
        document_types=tuple(options["type"]),
        received_since=options["received_since"],
        received_until=options["received_until"],
        read_since=options["read_since"],
        read_until=options["read_until"],
    )


def _forecast(clinics: Sequence[Clinic], *, criteria: Criteria, options: dict[str, Any]) -> list[Forecast]:
    """Raises CommandError where the engine that was asked for cannot work."""
    engine: EngineChoice = options["engine"]
    try:
        check_engine(engine)
    except InvalidSetting as invalid:
        raise CommandError(str(invalid)) from None
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("finding what it costs"), TextColumn("{task.completed} files"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        return forecast(
            clinics=clinics,
            criteria=criteria,
            engine=engine,
            now=timezone.now(),
            in_full=options["in_full"],
            on_file=lambda: progress.advance(task),
        )


def _reopen(options: dict[str, Any]) -> list[Backfill]:
    """Raises CommandError."""
    named, now = options["resume"], timezone.now()
    try:
        found = find_backfills(named=named)
    except Missing:
        raise CommandError(f"There is no backfill {named}. See all with: manage.py reprocess --list") from None
    left = [each for each in found if each.state in ("open", "paused")]
    if not left:
        state = BACKFILL_WORDS[found[0].state]
        raise CommandError(f"Nothing is left to be submitted: this backfill is {state}. Begin another one.")
    return [
        reopen(
            backfill_id=each.pk,
            pace=Pace(per_minute=options["per_minute"] or each.per_minute, at_most=options["at_most"] or each.at_most),
            now=now,
        )
        for each in left
    ]
