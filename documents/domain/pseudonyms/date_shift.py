"""Dates moved by a number of days, printed as they were: weekdays stay right where the days are whole weeks."""

import datetime
import re
from dataclasses import dataclass

from documents.domain.dates import DateMention, DateOrder, find_dates
from documents.domain.vocabulary import load

_MIDDLE = 14  # days into a month or so that a date without a day is moved from
_NUMBERS = re.compile(r"\d+")
_NAME = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, kw_only=True, slots=True)
class DateShift:
    days: int
    order: DateOrder  # of the file's numeric dates

    def find(self, line: str) -> list[DateMention]:
        return find_dates(line, order=self.order)

    def move(self, mention: DateMention) -> str:
        """The mention's text for the moved date; unchanged where its form is not understood."""
        moved = self._shift(mention.value, by_month=mention.precision == "month")
        return self._print_like(mention, moved) or mention.raw

    def move_iso(self, text: str) -> str:
        """YYYY-MM-DD or YYYY-MM, moved; another text, such as a year, stays."""
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return self._shift(datetime.date.fromisoformat(text)).isoformat()
        if re.fullmatch(r"\d{4}-\d{2}", text):
            return self._shift(datetime.date.fromisoformat(f"{text}-01"), by_month=True).isoformat()[:7]
        return text

    def _shift(self, value: datetime.date, *, by_month: bool = False) -> datetime.date:
        return value + datetime.timedelta(days=self.days + (_MIDDLE if by_month else 0))

    def _print_like(self, mention: DateMention, moved: datetime.date) -> str | None:
        numbers = _NUMBERS.findall(mention.raw)
        name = next((each for each in _NAME.finditer(mention.raw) if _place_of(each[0])), None)
        if name is None:
            day_first = self.order == "DMY" or (self.order != "MDY" and "." in mention.raw)
            parts = _order_of(numbers, mention.value, day_first=day_first)
            return None if parts is None else _put(mention.raw, numbers, [getattr(moved, part) for part in parts])
        month = _name_like(name[0], moved.month)
        values = {1: [moved.year], 2: [moved.day, moved.year]}.get(len(numbers))
        if month is None or values is None:
            return None
        return _put(mention.raw[: name.start()] + month + mention.raw[name.end() :], numbers, values)


def _order_of(numbers: list[str], value: datetime.date, *, day_first: bool) -> tuple[str, ...] | None:
    """Which of year, month and day each number is. `day_first` decides where both orders read the same date."""
    if len(numbers) != 3:
        return None
    if len(numbers[0]) == 4:
        return ("year", "month", "day")
    first, second = int(numbers[0]), int(numbers[1])
    if first == second:
        return ("day", "month", "year") if day_first else ("month", "day", "year")
    return ("day", "month", "year") if (first, second) == (value.day, value.month) else ("month", "day", "year")


def _put(raw: str, numbers: list[str], values: list[int]) -> str:
    """`raw` with other numbers, as wide as those were where they had a leading zero or two digits."""
    printed = iter(
        f"{value % 10 ** len(number) if len(number) in (2, 4) else value:0{len(number)}d}"
        for number, value in zip(numbers, values, strict=True)
    )
    return _NUMBERS.sub(lambda _: next(printed), raw)


def _place_of(word: str) -> tuple[dict[str, list[str]], str] | None:
    """The language's tables and the form (full, short) that a month's name is of."""
    lowered = word.lower()
    for table in load("dates").values():
        if lowered in table["full"]:
            return table, "full"
        if any(lowered in names for names in table["short"]):
            return table, "short"
    return None


def _name_like(word: str, month: int) -> str | None:
    place = _place_of(word)
    if place is None:
        return None
    table, form = place
    names = table["short"][month - 1] if form == "short" else []
    name: str = names[0] if names else table["full"][month - 1]
    return name.upper() if word.isupper() else name.capitalize() if word[0].isupper() else name
