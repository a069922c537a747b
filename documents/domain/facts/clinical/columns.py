"""Vitals and problems that stand under a table's head: "Time  HR  RR  T", "Tag  Name  Days  Diagnosis"."""

import re
from collections.abc import Iterator, Sequence

from documents.domain.facts import labels
from documents.domain.facts.clinical import statements, words
from documents.domain.facts.clinical.found import Found, widen
from documents.domain.facts.clinical.vitals import read_vital
from documents.domain.facts.typed import Habits
from documents.domain.findings import VITALS, FactField

Cells = Sequence[tuple[int, str]]
Columns = tuple[tuple[int, FactField], ...]  # where a column begins, and what it holds

FEWEST = 2  # columns of vitals that make a head: a single "T" may be anything
_ANY_FILE = Habits()  # while a claim is proposed, how its file writes is not known yet
_APART = 2  # characters that a cell may stand beside its head
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?")
_FIRST_CELL = re.compile(r"\d{1,2}[:.h]?\d{0,2}\s?(?:[ap]m?|h|uhr)?", re.IGNORECASE)  # a time of the day
_FIELDS: dict[str, FactField] = {phrase: field for field in sorted(VITALS) for phrase in words.vital_phrases(field)}


def find_columns(cells: Cells) -> Columns:
    """The columns of a table's head that are known; none where a line is no such head."""
    plain = [(start, cell.strip().lower()) for start, cell in cells]
    if len(plain) < 3 or any(_NUMBER.fullmatch(cell) for _, cell in plain):
        return ()
    vitals = tuple((start, _FIELDS[cell]) for start, cell in plain[1:] if cell in _FIELDS)
    if len(vitals) >= FEWEST:
        return vitals
    problems = [start for start, cell in plain if words.HEADS.get(labels.canonical(cell)) == "problem"]
    return ((problems[0], "problem"),) if len(problems) == 1 else ()


def ends(cells: Cells, columns: Columns) -> bool:
    """Whether a line ends the table: vitals stand beside a time in each of their rows."""
    is_row = len(cells) > 1 and _FIRST_CELL.fullmatch(cells[0][1].strip()) is not None
    return not is_row and columns[0][1] != "problem"


def read_row(line: str, cells: Cells, columns: Columns) -> Iterator[Found]:
    """What a row has under the columns: a problem of its animal, or the vitals of a time of the day."""
    for place, field in columns:
        cell = next((cell.strip() for start, cell in cells[1:] if abs(start - place) <= _APART), "")
        if field == "problem":
            if cell and not statements.is_sentence(cell):
                yield from statements.state("problem", cell, line)
        elif _NUMBER.fullmatch(cell):
            values = read_vital(field=field, raw=cell, habits=_ANY_FILE)
            if values and "implausible" not in values[0].flags:
                yield Found(field=field, raw=cell, quote=widen(line, cell))
