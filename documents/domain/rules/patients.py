"""The animals that a file names, by the labels of its header blocks, and the lines that name one of them."""

import re
from bisect import bisect_left
from collections import Counter
from functools import cached_property

from documents.domain.rules import words
from documents.domain.rules.sheet import Sheet

LEAST_LETTERS = 3
SAME_WITHIN = 12  # characters of two names that are compared
NAME_WITHIN = 60  # characters of a line in which a name is looked for
LONGEST = 100  # characters of a line that tells whose a document is
_NAME = re.compile(r"[^\W\d_][\w'’-]+")


class Patients:
    """Looks for the names of a sheet's animals."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @cached_property
    def _names(self) -> frozenset[str]:
        counted: Counter[str] = Counter()
        for number in self._sheet.words:
            line = self._sheet.at(number)
            if "patient" not in line.groups or not line.value:
                continue
            match = _NAME.match(line.value.strip())
            if match and match[0][0].isupper() and len(match[0]) >= LEAST_LETTERS:
                counted[match[0].casefold()] += 1
        return frozenset(counted) - words.kind_words()

    def names(self, number: int) -> bool:
        """Whether one of the first words of a line is an animal's name of this file."""
        line = self._sheet.at(number)
        if not self._names or len(line.folded) > LONGEST:
            return False
        printed = self._sheet.text.lines[number - 1].strip()[:NAME_WITHIN]
        return any(word[0].isupper() and word.casefold() in self._names for word in _NAME.findall(printed))

    def leads(self, number: int) -> bool:
        """Whether the first word of a line is an animal's name of this file, as it is printed in headings."""
        if not self._names:
            return False
        match = _NAME.match(self._sheet.text.lines[number - 1].lstrip())
        return match is not None and match[0][0].isupper() and match[0].casefold() in self._names

    @cached_property
    def _labelled(self) -> tuple[list[int], list[str]]:
        """Lines at which a label names an animal, and the names."""
        lines, names = [], []
        for number in self._sheet.words:
            line = self._sheet.at(number)
            if "patient" in line.groups and line.value:
                lines.append(number)
                names.append(line.value[:SAME_WITHIN].casefold())
        return lines, names

    def changes(self, first: int, *, last: int) -> bool:
        """Whether a label on the lines first..last names another animal than the last label above."""
        lines, names = self._labelled
        place = bisect_left(lines, first)
        if not 0 < place < len(lines) or lines[place] > last:
            return False
        return names[place] != names[place - 1]
