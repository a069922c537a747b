"""Labelled records, and where in them the lines of a question stand.

Truth is as `tests/records/*.truth.json` has it: `documents` with title, start_line, end_line, type, date, and
`patients` with the values that the text states.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from documents.domain.lines import fold, split_lines, strip_invisible
from tests.fake_openai.stated import find_facts

SHOWN_CHARACTERS = 2_000  # a question shows no more of a line
_KEY_CHARACTERS = 400
_VOTERS = 16  # lines that vote for where a window stands: the rarest are enough
_MAX_STANDS = 2_000  # of one voter: a ruler that stands everywhere tells nothing
_CANDIDATES = 8
MIN_AGREEMENT = 0.8  # of the shown lines must stand at the place that is taken


class UnknownLines(LookupError):
    """The lines of a question stand in no record that the fake was given."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A true document; lines of the whole file, inclusive."""

    start_line: int
    end_line: int
    title: str | None  # as printed near its top; None where none is
    type: str
    date: str | None


@dataclass(frozen=True, kw_only=True)
class LabelledRecord:
    """A record with its truth."""

    lines: tuple[str, ...]
    documents: tuple[Document, ...]
    patients: tuple[Mapping[str, Any], ...]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The lines as they are compared."""
        return tuple(_key(line) for line in self.lines)

    @cached_property
    def facts(self) -> Mapping[int, Sequence[tuple[str, str]]]:
        """Field and raw words of what each line states, by line."""
        return find_facts(
            patients=self.patients, lines=[strip_invisible(line[:SHOWN_CHARACTERS]) for line in self.lines]
        )

    def prepare(self) -> None:
        """Work out now what the first question would else wait for."""
        self.locate(shown={1: self.lines[0]} if self.lines else {1: ""})
        len(self.facts)

    @cached_property
    def _places(self) -> Mapping[str, Sequence[int]]:
        places: dict[str, list[int]] = defaultdict(list)
        for number, key in enumerate(self.keys, start=1):
            if key:
                places[key].append(number)
        return places

    def locate(self, *, shown: Mapping[int, str]) -> tuple[int, float]:
        """The offset that added to a number of the question gives the line of the file, and the agreement, 0 to 1."""
        keys = {number: _key(text) for number, text in shown.items()}
        known = [number for number, key in keys.items() if 0 < len(self._places.get(key, ())) <= _MAX_STANDS]
        known.sort(key=lambda number: (len(self._places[keys[number]]), number))
        votes = Counter(place - number for number in known[:_VOTERS] for place in self._places[keys[number]])
        best = (0, 0.0)
        for offset, _ in sorted(votes.most_common(_CANDIDATES)):
            agreement = self._agreement(keys, offset=offset)
            if agreement > best[1]:
                best = (offset, agreement)
        return best

    def _agreement(self, keys: Mapping[int, str], *, offset: int) -> float:
        inside = [number for number in keys if 0 < number + offset <= len(self.lines)]
        return sum(self.keys[number + offset - 1] == keys[number] for number in inside) / len(keys)


def _key(line: str) -> str:
    return fold(strip_invisible(line[:SHOWN_CHARACTERS]))[:_KEY_CHARACTERS]


def find_place(*, records: Iterable[LabelledRecord], shown: Mapping[int, str]) -> tuple[LabelledRecord, int]:
    """The record that `shown` was taken from, and the offset to its lines. Raises UnknownLines."""
    found = [(record, *record.locate(shown=shown)) for record in records]
    if not found or max(agreement for *_, agreement in found) < MIN_AGREEMENT:
        raise UnknownLines(
            f"{len(shown)} numbered lines stand in none of {len(found)} records: give the fake the record"
        )
    record, offset, _ = max(found, key=lambda place: place[2])
    return record, offset


def read_record(*, text: str, truth: Mapping[str, Any]) -> LabelledRecord:
    """The record of `text` with its truth. Titles that are not printed at the top of their document become None."""
    lines = split_lines(text)
    documents = []
    for entry in truth["documents"]:
        head = [fold(line) for line in lines[entry["start_line"] - 1 : entry["start_line"] + 9]]
        title = entry.get("title")
        printed = title is not None and any(fold(title) in line for line in head)
        documents.append(
            Document(
                start_line=entry["start_line"],
                end_line=entry["end_line"],
                title=title if printed else None,
                type=entry["type"],
                date=entry.get("date"),
            )
        )
    return LabelledRecord(lines=lines, documents=tuple(documents), patients=tuple(truth.get("patients", ())))


def read_records(*paths: Path) -> tuple[LabelledRecord, ...]:
    """The records at `paths` (NAME.txt), each with NAME.truth.json beside it."""
    return tuple(
        read_record(
            text=path.read_bytes().decode("utf-8-sig"),
            truth=json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8")),
        )
        for path in paths
    )
