"""The animals that a file names, by the labels of its header blocks, and the lines that name one of them."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property

from documents.domain.lines import fold
from documents.domain.rules import words
from documents.domain.rules.sheet import Sheet
from documents.domain.rules.spelling import spell

LEAST_LETTERS = 3
SAME_WITHIN = 12  # characters of two names that are compared
NAME_WITHIN = 60  # characters of a line in which a name is looked for
OF_ANYBODY = "name"  # a label that may name the owner as well, where no colon tells that it is one
LONGEST = 100  # characters of a line that tells whose a document is
_NAME = re.compile(r"[^\W\d_][\w'’-]+")
_COLUMN = re.compile(r"\s*\.{3,}\s*|(?<![:\s])\s{2,}|\t|\s*[|;]\s*")
_BESIDE_LABEL = re.compile(
    r"\s*([^\W\d_][\w'’ ]{1,14}?)(?: \d)? {2,}([^\W\d_][\w'’-]+)"
)  # "Pet  Juniper", "Pt 1   Otto"
_BEHIND_NAME = re.compile(r"\s*[,(/].*")  # species, breed, age


def read_name(printed: str) -> str:
    """What the patient's label of a printed line says, whichever of the line's labels it is; "" if none says it."""
    columns = [column for column in _COLUMN.split(printed) if column]
    for place, column in enumerate(columns):
        label, _, value = column.partition(":")
        if words.label_group(fold(label)) == "patient":
            return _BEHIND_NAME.sub("", value.strip() or ("" if place else _find_beside(columns)))
    return ""


def _find_beside(columns: Sequence[str]) -> str:
    """The value in the column beside the label that the line begins with; "" if the line is of labels alone."""
    beside = columns[1] if len(columns) > 1 else ""
    return "" if ":" in beside or words.label_group(fold(beside)) is not None else beside


class Patients:
    """Looks for the names of a sheet's animals."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @cached_property
    def _names(self) -> frozenset[str]:
        matches = (_NAME.match(name) for name in (*self._labelled[1], *self._find_beside_labels()))
        found = {match[0] for match in matches if match is not None}
        return frozenset(name.casefold() for name in found if name[0].isupper() and len(name) >= LEAST_LETTERS) - (
            words.kind_words()
        )

    def _find_beside_labels(self) -> Iterator[str]:
        """Names that stand beside a label of an animal, too near for a column and with no colon between."""
        for number in self._sheet.words:
            line = self._sheet.at(number)
            if line.groups or line.prose or line.ruler:
                continue
            match = _BESIDE_LABEL.match(self._sheet.text.lines[number - 1])
            if match is None or (label := fold(match[1])) == OF_ANYBODY or words.label_group(label) != "patient":
                continue
            if words.label_group(fold(match[2])) is None:
                yield match[2]

    def names(self, number: int) -> bool:
        """Whether one of the first words of a line is an animal's name of this file."""
        return len(self._sheet.at(number).folded) <= LONGEST and self.mentions(number)

    def mentions(self, number: int) -> bool:
        """The same, however long the line is."""
        if not self._names:
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
        """Lines at which a label names an animal, and the names as they are printed."""
        lines, names = [], []
        for number in self._sheet.words:
            if "patient" in self._sheet.at(number).groups and (name := read_name(self._sheet.text.lines[number - 1])):
                lines.append(number)
                names.append(name)
        return lines, names

    def changes(self, first: int, *, last: int) -> bool:
        """Whether a label on the lines first..last names another animal than the last label above."""
        lines, names = self._labelled
        place = bisect_left(lines, first)
        if not 0 < place < len(lines) or lines[place] > last:
            return False
        return not _may_be_one(names[place], names[place - 1])


def _may_be_one(name: str, other: str) -> bool:
    """Whether two printed names may be of one animal: as a scan leaves them, one begins with the other."""
    first, second = sorted((spell(fold(name))[:SAME_WITHIN], spell(fold(other))[:SAME_WITHIN]), key=len)
    return second.startswith(first)
