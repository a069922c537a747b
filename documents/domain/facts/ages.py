"""An age on a day gives the days between which the animal was born, never a birth date."""

import datetime
import re

from documents.domain.facts.values import AGE

_PART = re.compile(r"(\d{1,3})(?:[.,](\d))?[\s-]?([a-zäñí/]+)", re.IGNORECASE)
_MONTHS = {"y": 12, "a": 12, "j": 12, "m": 1}  # by a unit's first letter: year, año, an, Jahr; month, mes, mois, Monat
_DAYS = {"w": 7, "s": 7, "d": 1, "t": 1}  # week, Woche, semana, semaine; day, día, Tag


def born_between(*, age: str, on: str) -> tuple[str, str] | None:
    """First and last ISO day of birth of an animal of `age` on the ISO day `on`; None where the age does not tell.

    "6 yr" leaves a year open, "3 mo" and "1.5 yr" a month, "10 weeks" a week.
    """
    if AGE.match(age) is None:
        return None
    months = days = open_months = open_days = 0
    for whole, tenth, unit in _PART.findall(age):
        letter = "d" if unit.casefold().startswith("jour") else unit[0].casefold()
        if letter in _MONTHS:
            months += int(whole) * _MONTHS[letter] + (round(int(tenth) * 1.2) if tenth and letter != "m" else 0)
            open_months, open_days = (1 if tenth or letter == "m" else 12), 0
        elif letter in _DAYS:
            days += int(whole) * _DAYS[letter]
            open_months, open_days = 0, _DAYS[letter]
    if not months and not days:
        return None
    try:
        day = datetime.date.fromisoformat(on) - datetime.timedelta(days=days)
        last = _months_before(day, months)
        beyond = _months_before(day, months + open_months) - datetime.timedelta(days=open_days)
    except (ValueError, OverflowError):
        return None
    return (beyond + datetime.timedelta(days=1)).isoformat(), last.isoformat()


def _months_before(day: datetime.date, months: int) -> datetime.date:
    """The same day of an earlier month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = datetime.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return datetime.date(year, month + 1, min(day.day, (following - datetime.timedelta(days=1)).day))
