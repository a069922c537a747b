"""What the commands that take files in by themselves are told alike."""

from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final

from django.core.management.base import CommandError
from django.db import Error as DatabaseError

from jobs.domain.intake import Kind
from jobs.domain.states import PRIORITIES
from jobs.management.pace_arguments import add_pace_arguments, read_pace
from jobs.operations.intake.attending import Attendance, Came
from jobs.operations.intake.sources import Hold
from jobs.operations.intake.taking import Taker
from jobs.operations.pacing import Pacer, count_under_way
from pennie.accounts.acting import add_acting_arguments
from pennie.accounts.principal import Principal

PER_MINUTE: Final = 60.0
AT_MOST: Final = 200
_LONGEST_SECONDS: Final = 86_400.0


def add_intake_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--priority", choices=PRIORITIES, default="normal", help="normal (default), bulk or urgent")
    parser.add_argument("--engine", choices=("auto", "rules", "openai"), default="auto")
    add_pace_arguments(parser, per_minute=PER_MINUTE, at_most=AT_MOST)
    add_acting_arguments(parser)


def read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise ArgumentTypeError("a number of seconds is needed, from 0 to a day")
    return seconds


@contextmanager
def telling_database_away() -> Iterator[None]:
    """At the start; later it is waited for. Raises CommandError."""
    try:
        yield
    except DatabaseError as error:
        raise CommandError(
            f"The database does not answer ({type(error).__name__}). Look at it with: manage.py check_services"
        ) from None


def attend(*, principal: Principal, hold: Hold, options: Mapping[str, Any]) -> Attendance:
    counting = partial(count_under_way, clinic_id=principal.clinic_id, priority=options["priority"])
    return Attendance(principal=principal, hold=hold, pacer=Pacer(pace=read_pace(options), count_under_way=counting))


def leave(attendance: Attendance) -> None:
    """Another process may have the source; without a database it may after a while."""
    with suppress(DatabaseError):
        attendance.leave()


def make_taker(*, kind: Kind, options: Mapping[str, Any]) -> Taker:
    return Taker(kind=kind, engine=options["engine"], priority=options["priority"])


def say_counts(counts: Counter[Came]) -> str:
    return f"{counts['new']:,} submitted, {counts['known']:,} on record before, {counts['refused']:,} refused."
