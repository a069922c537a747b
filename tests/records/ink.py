"""Marks in a text that is being composed: each says that something true is printed behind it, and moves with the words.

A mark is `\x02NUMBER\x03`; it has no width. `GLUE` joins the words of a value that no line break may part. Both are
gone from the text that is handed out (see `binding.py`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

GLUE = "\x04"
MARK = re.compile("\x02(\\d+)\x03")
PATIENT = "patient"  # the kind of an item that is a patient's fact


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """Something that is printed: a patient's fact (kind `patient`, values {field: value}) or a clinical one."""

    kind: str  # patient, weight, vaccine, medication, lab, problem, allergy, vital
    animal: int  # position among the record's animals
    values: dict[str, Any]
    date: str | None = None  # ISO 8601: the day it was measured or given


@dataclass(slots=True)
class Ink:
    """The items that a record's marks name, by number."""

    items: list[Item] = field(default_factory=list)
    _numbers: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def write(self, shown: str, *, kind: str, animal: int, date: str | None = None, **values: Any) -> str:
        """`shown` behind a mark of its own, its words glued."""
        return self.mark(kind=kind, animal=animal, date=date, **values) + shown.replace(" ", GLUE)

    def mark(self, *, kind: str, animal: int, date: str | None = None, **values: Any) -> str:
        """A mark that says so of the words behind it, which lines may part."""
        key = (kind, animal, date, *values.items())
        number = self._numbers.setdefault(key, len(self.items))
        if number == len(self.items):
            self.items.append(Item(kind=kind, animal=animal, values=values, date=date))
        return f"\x02{number}\x03"


def measure(text: str) -> int:
    """The width in print, marks not counted."""
    return len(MARK.sub("", text)) if "\x02" in text else len(text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled with blanks to `width`; one that is wider gets two blanks behind it, so that columns stay apart."""
    missing = width - measure(text)
    if missing <= 0:
        return text if right else text + "  "
    return " " * missing + text if right else text + " " * missing


def wrap(text: str, width: int, *, indent: str = "", first: str | None = None) -> Iterator[str]:
    """The lines of `text` at most `width` wide, greedily filled; a word that is longer stands alone."""
    line, room, begun = (indent if first is None else first), 0, False
    room = width - measure(line)
    for word in text.split():
        size = measure(word)
        if begun and size + 1 > room:
            yield line
            line, room, begun = indent, width - len(indent), False
        line += f" {word}" if begun else word
        room -= size + begun
        begun = True
    if begun:
        yield line


def strip_marks(line: str) -> tuple[str, list[int]]:
    """The line as printed, and the numbers of its marks in order."""
    if "\x02" not in line:
        return line.replace(GLUE, " "), []
    return MARK.sub("", line).replace(GLUE, " "), [int(number) for number in MARK.findall(line)]
