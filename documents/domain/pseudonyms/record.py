"""A labelled record with other names and numbers, in its text and in its truth alike."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from documents.domain.accuracy.labelled import LabelledRecord
from documents.domain.dates import DateMention
from documents.domain.pseudonyms.date_shift import DateShift
from documents.domain.pseudonyms.inventing import Inventor
from documents.domain.pseudonyms.spotting import Kind, Known, Spot, Spotter, learn_people, list_runs, list_words

KIND_OF_FIELD: Mapping[str, Kind] = {
    **{"name": "animal", "owner": "person", "veterinarian": "person", "clinic": "organisation"},
    **{"owner_phone": "phone", "owner_email": "email", "owner_address": "address", "microchip": "microchip"},
}


class NameLeft(Exception):
    """A known name is still in the text: the record must not be given away. Names neither name nor place."""


_NUMBERS: tuple[Kind, ...] = ("microchip", "phone")
_LONGEST_BROKEN = 60  # characters at the end of a line, and at the beginning of the next, that may hold a broken name
_BROKEN = re.compile(r"([^\W\d_]{2,})[-\u00ad\u2010]\s*$")
_BEGUN = re.compile(r"\s*([^\W\d_]+)")
_UNMOVED = DateShift(days=0, order="unknown")


@dataclass(kw_only=True)
class Pseudonymiser:
    """For one record: the same name becomes the same name throughout. `shift`: None leaves the dates as they are."""

    known: Known
    random: Random
    shift: DateShift | None = None
    replaced: Counter[str] = field(default_factory=Counter)  # by kind, how many places of the text

    def __post_init__(self) -> None:
        self._look_for(self.known)

    def _look_for(self, known: Known) -> None:
        self._spotter = Spotter(known=known)
        self._inventor = Inventor(random=self.random, avoided=frozenset(self._spotter.words))

    def rewrite(self, record: LabelledRecord) -> LabelledRecord:
        """Raises NameLeft."""
        people = self.known.of("person") | learn_people(record.lines)
        self._look_for(Known(values={**self.known.values, "person": people}))
        # What is a number of somebody's beside its label is one elsewhere, too.
        runs = frozenset(self._list_numbers(record.lines))
        self._look_for(Known(values={**self.known.values, "person": people}, runs=runs))
        lines = tuple(self._rewrite_line(line, counted=True) for line in self._rewrite_broken(record.lines))
        self._check(lines)
        return replace(record, lines=lines, truth=self._rewrite_truth(record.truth))

    def _rewrite_broken(self, lines: Sequence[str]) -> list[str]:
        """The lines, with the names replaced that a hyphen breaks over two of them."""
        rewritten = list(lines)
        for place in range(len(lines) - 1):
            head = _BROKEN.search(rewritten[place][-_LONGEST_BROKEN:])
            tail = _BEGUN.match(rewritten[place + 1][:_LONGEST_BROKEN]) if head else None
            if head is None or tail is None:
                continue
            kind = next(
                (self._spotter.words[word] for word in list_words(head[1] + tail[1]) if word in self._spotter.words),
                None,
            )
            if kind is None:
                continue
            self.replaced[kind] += 1
            invented = self._inventor.replace(head[1] + tail[1], kind=kind)
            at = len(rewritten[place]) - len(head[0])
            rewritten[place] = rewritten[place][:at] + invented[: len(head[1])] + rewritten[place][at + len(head[1]) :]
            behind = tail.start(1), tail.end(1)
            rewritten[place + 1] = (
                rewritten[place + 1][: behind[0]] + invented[len(head[1]) :] + rewritten[place + 1][behind[1] :]
            )
        return rewritten

    def _rewrite_line(self, line: str, *, counted: bool = False) -> str:
        dates = self._find_dates(line)
        spots = self._spot(line)
        if counted:
            self.replaced.update(spot.kind for spot in spots)
            self.replaced.update(["date"] * len(dates) if self.shift else ())
        changes = [
            (spot.start, spot.end, self._inventor.replace(line[spot.start : spot.end], kind=spot.kind))
            for spot in spots
        ]
        if self.shift is not None:
            changes += [(each.start, each.end, self.shift.move(each)) for each in dates]
        for start, end, text in sorted(changes, reverse=True):
            line = line[:start] + text + line[end:]
        return line

    def _find_dates(self, line: str) -> list[DateMention]:
        return (self.shift or _UNMOVED).find(line)

    def _spot(self, line: str) -> list[Spot]:
        return self._spotter.spot(line, taken=[(each.start, each.end) for each in self._find_dates(line)])

    def _list_numbers(self, lines: Sequence[str]) -> Iterator[str]:
        for line in lines:
            for spot in self._spot(line):
                if spot.kind == "number":
                    yield from list_runs(line[spot.start : spot.end])

    def _rewrite_truth(self, truth: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **truth,
            "documents": [self._rewrite_document(each) for each in truth["documents"]],
            "patients": [
                {key: self._rewrite_label(key, label) for key, label in patient.items()}
                for patient in truth["patients"]
            ],
            "clinical": [self._rewrite_clinical(each) for each in truth.get("clinical", ())],
        }

    def _rewrite_document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        title, date = document.get("title"), document.get("date")
        return {
            **document,
            "title": self._rewrite_line(title) if title else title,
            "date": self.shift.move_iso(date) if date and self.shift else date,
        }

    def _rewrite_clinical(self, label: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: label[name] for name in ("line", "patient", "kind", "vital") if name in label}
        dated = {"due": "date"}
        return kept | {
            name: self._rewrite_label(dated.get(name, name), value) for name, value in label.items() if name not in kept
        }

    def _rewrite_label(self, key: str, label: Any) -> Any:
        if isinstance(label, list):
            return [self._rewrite_label(key, each) for each in label]
        if isinstance(label, Mapping):
            return {
                name: self._rewrite_label("date" if name == "date" else key, value) for name, value in label.items()
            }
        if not isinstance(label, str):
            return label
        if key in ("date", "date_of_birth"):
            return self.shift.move_iso(label) if self.shift else label
        kind = KIND_OF_FIELD.get(key)
        if kind in ("phone", "microchip"):
            return self._inventor.replace(label, kind=kind)
        return self._rewrite_line(label)

    def _check(self, lines: Sequence[str]) -> None:
        """That nothing known is left. Words of one or two letters are no names where they are written small."""
        words = {word for line in lines for word in list_words(line)}
        left = any(word in words for word in self._spotter.words if len(word) > 2)
        text = "\n".join(lines).casefold()
        left = left or any(value.casefold() in text for value in self.known.of("email"))
        if left or any(spot.kind in ("microchip", "phone") for spot in self._find_known_numbers(lines)):
            raise NameLeft

    def _find_known_numbers(self, lines: Sequence[str]) -> Iterator[Spot]:
        numbers = Spotter(known=Known(values={kind: self.known.of(kind) for kind in _NUMBERS}))
        for line in lines:
            yield from numbers.spot_known(line)
