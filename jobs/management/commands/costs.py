"""`manage.py costs`: what the model cost, by document, upload, user, clinic, model or day; the dearest uploads."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from jobs.cost_tables import describe_breakdown, describe_dearest, print_breakdown, print_dearest, write_csv
from jobs.costs import break_down_costs, list_dearest, name_clinics
from jobs.domain.costs import GROUPINGS
from jobs.domain.periods import Period, UnfitPeriod, read_period
from jobs.terminal import ending_quietly, write_drawing, write_json, write_text
from pennie.accounts.acting import find_clinic

_WIDTH = 160  # columns where there is no terminal
_MOST = 10_000


def read_count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise ArgumentTypeError(f"a whole number from 1 to {_MOST:,} is needed")
    return int(text)


class Command(BaseCommand):
    help = "Tell what calls to the model cost. Prints ids and clinics' names, nothing of the files."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--by", choices=GROUPINGS, default="day", help="what to add up by (default: day)")
        what.add_argument("--dearest", metavar="N", type=read_count, help="the N dearest uploads, and why")
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="the first day, in UTC (default: of this month)")
        parser.add_argument("--until", metavar="YYYY-MM-DD", help="the day after the last (default: of next month)")
        parser.add_argument("--clinic", metavar="NAME_OR_ID", help="of this clinic alone (default: of all)")
        parser.add_argument(
            "--limit", metavar="N", type=read_count, default=100, help="rows at the most (default: 100)"
        )
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="print one JSON object")
        form.add_argument("--csv", action="store_true", help="print comma-separated values")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            period = read_period(since=options["since"], until=options["until"], today=timezone.now().date())
        except UnfitPeriod as unfit:
            raise CommandError(f"--{unfit.field}: {unfit}", returncode=2) from None
        clinic_id = find_clinic(name_or_id=options["clinic"]).pk if options["clinic"] else None
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            if options["dearest"]:
                self._tell_dearest(period=period, clinic_id=clinic_id, options=options)
            else:
                self._tell_breakdown(period=period, clinic_id=clinic_id, options=options)

    def _tell_breakdown(self, *, period: Period, clinic_id: UUID | None, options: dict[str, Any]) -> None:
        breakdown = break_down_costs(by=options["by"], period=period, clinic_id=clinic_id, limit=options["limit"])
        clinics = name_clinics([row.clinic_id for row in breakdown.rows])
        if options["json"] or options["csv"]:
            self._write(describe_breakdown(breakdown, clinics=clinics), as_csv=options["csv"])
        else:
            write_drawing(
                lambda console: print_breakdown(breakdown, clinics=clinics, console=console),
                stream=self.stdout,
                piped_width=_WIDTH,
            )

    def _tell_dearest(self, *, period: Period, clinic_id: UUID | None, options: dict[str, Any]) -> None:
        uploads = list_dearest(period=period, clinic_id=clinic_id, limit=options["dearest"])
        clinics = name_clinics([each.clinic_id for each in uploads])
        if options["json"] or options["csv"]:
            self._write(describe_dearest(uploads, period=period, clinics=clinics), as_csv=options["csv"])
        else:
            write_drawing(
                lambda console: print_dearest(uploads, period=period, clinics=clinics, console=console),
                stream=self.stdout,
                piped_width=_WIDTH,
            )

    def _write(self, described: dict[str, Any], *, as_csv: bool) -> None:
        if as_csv:
            write_text(write_csv(described), stream=self.stdout)
        else:
            write_json(described, stream=self.stdout)
