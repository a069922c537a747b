"""Days that lines begin with, whole or without a year, and how they follow each other down a file."""

import datetime
import re
from collections.abc import Callable, Sequence

from documents.domain.dates import MONTH_NAMES

LEADING = 14  # first characters of a line among which a digit of its day stands
WITHIN = 3  # characters (a bracket, a bullet) before a day that leads a line
_CLOCK = re.compile(r"\s{0,3}(?:[01]?\d|2[0-4])\.[0-5]\d(?![\d./-])")
_DOTTED = re.compile(r"\s{0,3}\d{1,2}\.\d{1,2}(?![\d./-])")
Dates = Sequence[tuple[int, int, datetime.date]]


_WEEKDAY = (  # cut short or not, in the four languages
    r"(?:(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|weds|lun(?:es|di)?|martes|mi[ée](?:rcoles)?|jue(?:ves)?"
    r"|vie(?:rnes)?|s[áa]b(?:ado)?|dom(?:ingo)?|mardi|mer(?:credi)?|jeu(?:di)?|ven(?:dredi)?|sam(?:edi)?|dim(?:anche)?"
    r"|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|mo|di|mi|do|fr|sa|so|lu|ma|me|je|ve)\.?,?\s{1,2})?"
)
_LONE_WEEKDAY = re.compile(_WEEKDAY, re.IGNORECASE)
UNITS = (  # of amounts that look like days: "1/2 tablet", "7-10 days"
    "mg|ml|kg|mm|cm|l|g|lb|x|tab(?:let)?s?|tbl|cap(?:sule)?s?|comp(?:rimidos?|rim[ée]s?)?|pills?|cups?|days?|weeks?|wks?"
    "|months?|hours?|hrs?|d[ií]as?|semanas?|jours?|semaines?|tagen?|wochen?|tabletten?"
)
# No longer date but "17.2.23", no measure; a day and a month that there are.
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:1[0-2]|0?[1-9])"
INITIALS = "(?-i:[A-Z]{2} [a-z])"  # of who writes, and a word: no unit, though "CM" looks like one
_NUMERIC = (
    rf"(?:{_DAY}(?:[/-]{_MONTH}|\.{_MONTH}(?:\.\d\d(?=[\s:,;]))?)|{_MONTH}[/-]{_DAY})"
    rf"(?![\d/.,-]\d|\d|\s?(?!{INITIALS})(?:%|°|(?:{UNITS})\b))"
)
IN_DIGITS = re.compile(r"(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d)")  # with a year, in whatever order
_DIGIT = re.compile(r"\d")
_YEARLESS = re.compile(
    rf"^\W{{0,{WITHIN}}}{_WEEKDAY}(?:{_NUMERIC}|\d{{1,2}}(?:st|nd|rd|th|\.)? (?:{MONTH_NAMES})\b)", re.IGNORECASE
)


def is_weekday(text: str) -> bool:
    """Whether nothing but a day of the week, cut short or not, is what stands before a date: "Tues ", "Do., "."""
    return len(text.strip()) > 0 and _LONE_WEEKDAY.fullmatch(text.lstrip()) is not None


def leads_without_year(line: str) -> bool:
    """Whether the line begins with a day and a month that no year follows, as in "17/10" or "25 Oct"."""
    return _DIGIT.search(line, 0, LEADING) is not None and _YEARLESS.match(line) is not None


def is_dotted_number(line: str, *, above: str, below: str) -> bool:
    """Whether what the line begins with is a time such as "22.05", or a measure, and no day and month with a dot.

    A line next to it begins with a time that is no such day, or a bracket stands behind it.
    """
    match = _DOTTED.match(line)
    if match is None:
        return False
    if line[match.end() :].lstrip()[:1] == "(":
        return True
    clocks = _CLOCK.match(line) is not None
    return clocks and any(_CLOCK.match(near) and not _YEARLESS.match(near) for near in (above, below))


class DaysDown:
    """The days that a file's lines begin with. Positions are places in its lines with words."""

    def __init__(self, words: Sequence[int], *, dates: Callable[[int], Dates], indents: Callable[[int], int]) -> None:
        self._steps: dict[int, int | None] = {}  # of each line that begins with a day, the days since the one above
        last: datetime.date | None = None
        for position, number in enumerate(words):
            found = dates(number)
            if found and found[0][0] - indents(number) <= WITHIN:
                day = found[0][2]
                self._steps[position] = None if last is None else (day - last).days
                last = day

    def leads(self, position: int) -> bool:
        return position in self._steps

    def step(self, position: int) -> int | None:
        """Days from the last line above that begins with a day to this line; None if one of them begins with none."""
        return self._steps.get(position)
