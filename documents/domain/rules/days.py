"""Days that lines begin with, whole or without a year, and how they follow each other down a file."""

import datetime
import re
from collections.abc import Callable, Sequence

from documents.domain.dates import MONTH_NAMES

WITHIN = 3  # characters (a bracket, a bullet) before a day that leads a line
Dates = Sequence[tuple[int, int, datetime.date]]  # start and end within the line, and the day

_NUMERIC = r"\d{1,2}[/.-]\d{1,2}(?![\d/.,-]\d|\d|\s?(?:%|mg|ml|kg|mm|cm))"  # no longer date, and no measure
_YEARLESS = re.compile(rf"^\W{{0,{WITHIN}}}(?:{_NUMERIC}|\d{{1,2}}\.? (?:{MONTH_NAMES})\b)", re.IGNORECASE)


def leads_without_year(line: str) -> bool:
    """Whether the line begins with a day and a month that no year follows, as in "17/10" or "25 Oct"."""
    return _YEARLESS.match(line) is not None


class DaysDown:
    """The whole days that a file's lines begin with. Positions are places in its lines with words."""

    def __init__(self, words: Sequence[int], *, dates: Callable[[int], Dates], indents: Callable[[int], int]) -> None:
        """`words` are the numbers of those lines; `dates` and `indents` (spaces in front) are asked by number."""
        self._day_of: dict[int, datetime.date] = {}
        self._before: dict[int, datetime.date | None] = {}
        last: datetime.date | None = None
        for position, number in enumerate(words):
            self._before[position] = last
            found = dates(number)
            if found and found[0][0] - indents(number) <= WITHIN:
                last = self._day_of[position] = found[0][2]

    def leads(self, position: int) -> bool:
        """Whether the line begins with a day, year included."""
        return position in self._day_of

    def step(self, position: int) -> int | None:
        """Days from the last line above that begins with a day to this line; None if one of them begins with none."""
        day, before = self._day_of.get(position), self._before.get(position)
        return None if day is None or before is None else (day - before).days
