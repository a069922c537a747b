"""Lines that print a day beside whose paper it is, or beside what it is, as the lines next to them do not.

That heads a paper however it is laid out: in columns or as the beginning of its text, with a title or without. Rows of
a table, which print a day as well, stand next to each other.
"""

import re
from collections.abc import Callable, Mapping

from documents.domain.lines import fold
from documents.domain.rules import words
from documents.domain.rules.notes import ends_with_amount
from documents.domain.rules.sheet import Sheet

WITHIN = 70  # characters of running text among which animal and day stand
LONGEST = 140  # characters of another line that heads a paper
MOST_COLUMNS = 6  # of such a line
_FIGURES = re.compile(
    r"\d\W{1,2}(?:\d|[^\W\d_]{3})|[^\W\d_]{3}\W{1,2}\d"
)  # of a day, in digits or not; soon looked for
_SENTENCE_END = re.compile(r"[^\W\d_]{4}[.!?;] ")  # not that of "Dr." or "wk."
_COUNTED = re.compile(
    r"(?<![\d/])(?:(?:[2-9]|[1-9]\d)/\d{1,2}|p\.? ?[2-9])\W*$"
)  # a later page of several ends the line
_COLUMN = re.compile(r"\s{2,}|\t")
_NONE, _DAY, _WHOSE = range(3)


class DaysBeside:
    """Finds such lines in a sheet. Positions are places in `sheet.words`."""

    def __init__(self, sheet: Sheet, *, names: Callable[[int], bool]) -> None:
        """`names` tells whether a line, by its number, names an animal of the file."""
        self._sheet = sheet
        self._names = names
        told = {place: kind for place, number in enumerate(sheet.words) if (kind := self._read(number))}
        self._whose = frozenset(place for place in told if self._stands_out(place, told, _WHOSE))
        self._what = frozenset(place for place in told if self._stands_out(place, told, _DAY))

    def tell_whose(self, position: int) -> bool:
        """Whether the line tells an animal and a day, and neither line next to it does."""
        return position in self._whose

    def tell_what(self, position: int) -> bool:
        """Whether a day stands in a column beside a few words, and on neither line next to it."""
        return position in self._what

    def _stands_out(self, position: int, told: Mapping[int, int], kind: int) -> bool:
        """Whether the line tells that much, and neither line directly above or below as much or more."""
        numbers = self._sheet.words
        if position and self._sheet.at(numbers[position]).prose and self._salutes(numbers[position - 1]):
            return False  # the first sentence of a letter
        if self._charges_below(position):
            return False  # what was done that day, within one account
        near = [place for place in (position - 1, position + 1) if told.get(place, _NONE) >= kind]
        return told[position] == kind and not any(abs(numbers[place] - numbers[position]) == 1 for place in near)

    def _charges_below(self, position: int) -> bool:
        """Whether the line names no document, and an amount of money ends the next one."""
        numbers, lines = self._sheet.words, self._sheet.text.lines
        if position + 1 == len(numbers) or self._sheet.at(numbers[position]).title_noun:
            return False
        return ends_with_amount(lines[numbers[position + 1] - 1])

    def _salutes(self, number: int) -> bool:
        return words.salutation().match(self._sheet.at(number).folded) is not None

    def goes_on(self, number: int) -> bool:
        """Whether the line says that it stands on a later page of its document."""
        line = self._sheet.at(number)
        if number in self._sheet.counted_on or words.continued().search(line.folded):
            return True
        return _COUNTED.search(self._sheet.text.lines[number - 1]) is not None

    def _read(self, number: int) -> int:
        line, printed = self._sheet.at(number), self._sheet.text.lines[number - 1]
        if _FIGURES.search(printed, 0, WITHIN if line.prose else LONGEST) is None or not (
            dates := self._sheet.dates(number)
        ):
            return _NONE
        if line.groups or line.closing or line.quoted or line.email_key or line.columns > MOST_COLUMNS:
            return _NONE
        if self.goes_on(number) or ends_with_amount(printed) or words.closing().search(line.folded):
            return _NONE
        if line.prose:
            end = _SENTENCE_END.search(printed, 0, WITHIN)
            early = dates[0][1] <= (end.start() if end else WITHIN)
            return _WHOSE if early and self._names(number) else _NONE
        if len(printed) > LONGEST:
            return _NONE
        if self._names(number):
            return _WHOSE
        beside = line.columns > 1 and len(dates) == 1 and dates[0][0] > line.indent
        return _DAY if beside and printed.lstrip()[:1].isupper() and not _is_labelled(printed) else _NONE


def _is_labelled(printed: str) -> bool:
    """Whether the first words of a line are a label, though no colon stands behind it."""
    return words.label_group(fold(_COLUMN.split(printed.strip())[0])) is not None
