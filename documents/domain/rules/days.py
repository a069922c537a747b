"""Days that lines begin with, whole or without a year, and how they follow each other down a file."""

import datetime
import re
from collections.abc import Callable, Sequence

from documents.domain.dates import MONTH_NAMES

WITHIN = 3  # characters (a bracket, a bullet) before a day that leads a line
Dates = Sequence[tuple[int, int, datetime.date]]


_NUMERIC = r"\d{1,2}[/.-]\d{1,2}(?![\d/.,-]\d|\d|\s?(?:%|mg|ml|kg|mm|cm))"  # no longer date, and no measure
_YEARLESS = re.compile(rf"^\W{{0,{WITHIN}}}(?:{_NUMERIC}|\d{{1,2}}\.? (?:{MONTH_NAMES})\b)", re.IGNORECASE)


def leads_without_year(line: str) -> bool:
    """Whether the line begins with a day and a month that no year follows, as in "17/10" or "25 Oct"."""
    return any(map(str.isdigit, line[: WITHIN + 1])) and _YEARLESS.match(line) is not None


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
