"""Forms of lines that come again in a file: an export prints each visit's first line alike, but for its numbers."""

import re
from collections import defaultdict
from itertools import pairwise

from documents.domain.rules.features import LineFeatures
from documents.domain.rules.sheet import Sheet

LEAST = 3  # places from which a form repeats
APART = 3  # lines with words between two places of a form, from which they stand at a distance
MOSTLY = 0.7  # share of its distances that must be so
OFTEN = 16  # places from which repeating says all that it can
_DIGITS = re.compile(r"\d+")
_FORM = 28  # characters of a line that make its form


def entry_form(line: LineFeatures, *, date_end: int) -> str:
    """How the line begins, its numbers masked; for a line that begins with a date, the form of the date and a word."""
    masked = _DIGITS.sub("#", line.folded)
    if date_end:
        return masked[:_FORM]
    return _DIGITS.sub("#", line.head)[:_FORM] if line.title > 0 else masked[:_FORM]


class Repeats:
    """Counts the forms of a sheet's title-like, labelled and dated lines."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._forms: dict[int, str] = {}
        places: dict[str, list[int]] = defaultdict(list)
        for position, number in enumerate(sheet.words):
            line = sheet.at(number)
            if line.prose and number not in sheet.visits:
                continue
            form = self._form(position)
            if form is not None:
                self._forms[position] = form
                places[form].append(position)
        self._known = {form: _judge(where) for form, where in places.items() if len(where) >= LEAST}

    def _form(self, position: int) -> str | None:
        number = self._sheet.words[position]
        line = self._sheet.at(number)
        if number in self._sheet.visits:
            start, end, _ = self._sheet.dates(number)[0]
            shape = _DIGITS.sub("#", self._sheet.text.lines[number - 1][start:end])
            return f"{shape}|{line.columns > 1}"
        if line.title > 0 or line.groups or (line.folded[:20].count("/") + line.folded[:20].count("-")):
            return entry_form(line, date_end=0)
        return None

    def of(self, position: int) -> tuple[float, bool]:
        """How much the line's form repeats at a distance (0 to 1), and whether it comes again within few lines."""
        return self._known.get(self._forms.get(position, ""), (0.0, False))

    def has_twin_row(self, position: int) -> bool:
        """Whether the line next to it has its form."""
        form = self._forms.get(position)
        return form is not None and form in (self._forms.get(position - 1), self._forms.get(position + 1))


def _judge(where: list[int]) -> tuple[float, bool]:
    distances = sorted(b - a for a, b in pairwise(where))
    apart = sum(1 for distance in distances if distance >= APART) / len(distances)
    if apart >= MOSTLY:
        return min(1.0, len(where) / OFTEN), False
    return 0.0, apart < 1 - MOSTLY
