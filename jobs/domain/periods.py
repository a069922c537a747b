"""The days over which costs are added up."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

MOST_DAYS: Final = 366


class UnfitPeriod(ValueError):
    """Between these days nothing can be added up; the message says what to do. `field` is what is wrong."""

    def __init__(self, message: str, *, field: Literal["since", "until"]) -> None:
        super().__init__(message)
        self.field: Literal["since", "until"] = field


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Whole days in UTC."""

    since: date  # the first
    until: date  # the one after the last

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.since, time(), tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first moment that is not in it."""
        return datetime.combine(self.until, time(), tzinfo=UTC)


def read_period(*, since: str | None, until: str | None, today: date) -> Period:
    """From `since` on, up to and without `until`, as YYYY-MM-DD. What is not given: this month, or the rest of one.

    Without `until` up to the end of today's month; without `since` from the first of the month that `until` ends.
    Raises UnfitPeriod.
    """
    last = _read_day(until, field="until") if until else _next_month(today)
    first = _read_day(since, field="since") if since else _first_day(today, until=last if until else None)
    if first >= last:
        raise UnfitPeriod(
            f"The period from {first} up to {last} is empty: `since` is its first day, `until` the day after its last. "
            "Choose a later `until`.",
            field="until",
        )
    if (last - first).days > MOST_DAYS:
        raise UnfitPeriod(
            f"From {first} up to {last} are more than {MOST_DAYS} days. Ask for a year at a time.", field="since"
        )
    return Period(since=first, until=last)


def _read_day(text: str, *, field: Literal["since", "until"]) -> date:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 9999:
        raise UnfitPeriod("This is no day as YYYY-MM-DD. Send one such as 2026-03-31.", field=field)
    return day


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _first_day(today: date, *, until: date | None) -> date:
    return (until - timedelta(days=1) if until else today).replace(day=1)
