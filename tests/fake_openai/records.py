"""Labelled records, and where in them the lines of a question stand.

Truth is as `tests/records/*.truth.json` has it: `documents` with title, start_line, end_line, type, date, and
`patients` with the values that the text states.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from pathlib import Path
from typing import Any

from documents.domain.lines import fold, split_lines, strip_invisible
from tests.fake_openai.stated import find_clinical, find_facts

SHOWN_CHARACTERS = 2_000  # a question shows no more of a line
_KEY_CHARACTERS = 400
_VOTERS = 16  # lines that vote for where a window stands: the rarest are enough
_MAX_STANDS = 2_000  # of one voter: a ruler that stands everywhere tells nothing
_CANDIDATES = 8
_RECORD = 2**32  # more than a record has lines
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
    clinical: tuple[Mapping[str, Any], ...] = ()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The lines as they are compared."""
        return tuple(_key(line) for line in self.lines)

    @cached_property
    def facts(self) -> Mapping[int, Sequence[tuple[str, str]]]:
        """Field and raw words of what each line states, by line."""
        lines = [strip_invisible(line[:SHOWN_CHARACTERS]) for line in self.lines]
        facts = find_facts(patients=self.patients, lines=lines)
        for line, stated in find_clinical(clinical=self.clinical, lines=lines):
            facts.setdefault(line, []).append(stated)
        return facts


def _key(line: str) -> str:
    return fold(strip_invisible(line[:SHOWN_CHARACTERS]))[:_KEY_CHARACTERS]


class Library:
    """Records, and where in them the lines of a question stand: one look-up, however many records there are."""

    def __init__(self, *, records: Iterable[LabelledRecord]) -> None:
        self._records = tuple(records)
        self._places: dict[str, list[int]] = defaultdict(list)  # by key: record and line as one number
        for position, record in enumerate(self._records):
            len(record.facts)  # worked out now, that no question has to wait for it
            for number, key in enumerate(record.keys, start=1):
                if key:
                    self._places[key].append(position * _RECORD + number)

    def find(self, *, shown: Mapping[int, str]) -> tuple[LabelledRecord, int]:
        """The record that `shown` was taken from, and the offset that added to a number of the question gives its line
        there. Raises UnknownLines.
        """
        keys = {number: _key(text) for number, text in shown.items()}
        best, where = 0.0, 0
        for place in self._vote(keys):
            agreement = self._agreement(keys, place=place)
            if agreement > best:
                best, where = agreement, place
            if best == 1.0:
                break
        if best < MIN_AGREEMENT:
            raise UnknownLines(
                f"{len(shown)} numbered lines stand in none of {len(self._records)} records: give the fake the record"
            )
        position, offset = _split(where)
        return self._records[position], offset

    def _vote(self, keys: Mapping[int, str]) -> list[int]:
        """The likeliest places, best first; of equals the earliest. Each is a record and an offset as one number."""
        known = [(len(self._places.get(key, ())), number) for number, key in keys.items()]
        voters = nsmallest(_VOTERS, [voter for voter in known if 0 < voter[0] <= _MAX_STANDS])
        votes = Counter(place - number for _, number in voters for place in self._places[keys[number]])
        likely = nsmallest(_CANDIDATES, votes.items(), key=lambda vote: (-vote[1], vote[0]))
        return [place for place, _ in likely]

    def _agreement(self, keys: Mapping[int, str], *, place: int) -> float:
        position, offset = _split(place)
        there = self._records[position].keys
        last = len(there)
        agreeing = 0
        for number, key in keys.items():
            line = number + offset
            if 0 < line <= last and there[line - 1] == key:
                agreeing += 1
        return agreeing / len(keys)


def _split(place: int) -> tuple[int, int]:
    """Record and offset; an offset may be negative, if a question counts further than its record."""
    position = (place + _RECORD // 2) // _RECORD
    return position, place - position * _RECORD


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
    return LabelledRecord(
        lines=lines,
        documents=tuple(documents),
        patients=tuple(truth.get("patients", ())),
        clinical=tuple(truth.get("clinical", ())),
    )


def read_records(*paths: Path) -> tuple[LabelledRecord, ...]:
    """The records at `paths` (NAME.txt), each with NAME.truth.json beside it."""
    return tuple(
        read_record(
            text=path.read_bytes().decode("utf-8-sig"),
            truth=json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8")),
        )
        for path in paths
    )
