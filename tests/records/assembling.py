"""Documents to one long record and its truth: the lines of every document are counted here, never by hand.

A piece is a document or a gap with its lines. Weights are marked where they stand, `{{64.2 lb}}`; a mark may name the
patient and the day, `{{9.1 lb|Miso|2020-03-02}}`, else it is the first patient's and of the document's date.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_WEIGHT = re.compile(
    r"\{\{(?P<value>\d[\d.,]*)(?P<space>\s*)(?P<unit>\w+)(?:\|(?P<patient>[^|}]*))?(?:\|(?P<date>[^}]*))?\}\}"
)
_UNITS = {"lbs": "lb", "pounds": "lb", "kgs": "kg", "grams": "g"}
FACTS = (
    "name",
    "species",
    "breed",
    "sex",
    "neutered",
    "date_of_birth",
    "color",
    "owner",
    "owner_phone",
    "owner_email",
    "microchip",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """What is true of one document, its lines aside."""

    type: str
    date: str | None  # ISO 8601
    title: str
    printed: bool = True  # the title stands in the document's first lines
    confident: bool = True  # no reasonable person would pick another type


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Lines that belong together, in order, without newlines: a document, or a gap with its reason."""

    lines: Sequence[str]
    heading: Heading | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Running lines of a paginated print; `{page}` and `{pages}` are filled in. No length: the text has no pages.

    A header belongs to what its page begins with, a footer to what its page ends with.
    """

    length: int | None = None  # the record's own lines on a page
    header: Sequence[str] = ()
    footer: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A long text and what is true of it."""

    text: str
    truth: dict[str, Any]

    @property
    def truth_json(self) -> str:
        return json.dumps(self.truth, indent=1, ensure_ascii=False) + "\n"


@dataclass(slots=True)
class _Line:
    text: str
    owner: int  # position among the pieces


def assemble(
    *,
    file: str,
    language: str,
    note: str,
    pieces: Sequence[Piece],
    patients: Sequence[dict[str, Any]],
    layout: Layout,
    decimal_comma: bool = False,
) -> Record:
    """The record of `pieces` in their order. `patients` are the facts that the text states, weights aside."""
    people = [{**dict.fromkeys(FACTS), **patient, "weights": []} for patient in patients]
    by_name = {person["name"]: person for person in people}
    lines: list[str] = []
    ranges: list[tuple[int, int] | None] = [None] * len(pieces)
    for number, line in enumerate(_with_running_lines(_pages(pieces, layout.length), layout), start=1):
        if line.text.strip():
            first = ranges[line.owner]
            ranges[line.owner] = (first[0] if first else number, number)
        text = line.text
        if "{{" in text:
            text = _note_weights(text, number, pieces[line.owner].heading, by_name, decimal_comma=decimal_comma)
        lines.append(text)
    documents, gaps = _state_ranges(pieces, ranges)
    truth = {
        "file": file,
        "lines": len(lines),
        "language": language,
        "domain": "vet",
        "note": note,
        "n_documents": len(documents),
        "patients": people,
        "documents": documents,
        "gaps": gaps,
    }
    return Record(text="\n".join(lines) + "\n", truth=truth)


def _pages(pieces: Sequence[Piece], length: int | None) -> Iterator[list[_Line]]:
    page: list[_Line] = []
    for owner, piece in enumerate(pieces):
        for text in piece.lines:
            if text.startswith("\f") or (length is not None and len(page) == length):
                yield page
                page = []
            page.append(_Line(text.removeprefix("\f"), owner))
    yield page


def _with_running_lines(pages: Iterable[list[_Line]], layout: Layout) -> Iterator[_Line]:
    counted = list(pages)
    for number, page in enumerate(counted, start=1):
        inked = [line.owner for line in page if line.text.strip()] or [page[0].owner]
        names = {"page": number, "pages": len(counted)}
        head = [_Line(text.format(**names), inked[0]) for text in layout.header]
        foot = [_Line(text.format(**names), inked[-1]) for text in layout.footer]
        whole = head + page + foot
        if number > 1:
            whole[0].text = "\f" + whole[0].text
        yield from whole


def _note_weights(
    text: str, number: int, heading: Heading | None, people: dict[str, dict[str, Any]], *, decimal_comma: bool
) -> str:
    for mark in _WEIGHT.finditer(text):
        digits = mark["value"].replace(".", "").replace(",", ".") if decimal_comma else mark["value"].replace(",", "")
        weight = {
            "value": int(digits) if digits.isdigit() else float(digits),
            "unit": _UNITS.get(mark["unit"].casefold(), mark["unit"].casefold()),
            "date": mark["date"] or (heading.date if heading else None),
            "line": number,
        }
        people[mark["patient"] or next(iter(people))]["weights"].append(weight)
    return _WEIGHT.sub(r"\g<value>\g<space>\g<unit>", text)


def _state_ranges(
    pieces: Sequence[Piece], ranges: Sequence[tuple[int, int] | None]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    documents: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    for piece, found in zip(pieces, ranges, strict=True):
        if found is None:
            continue
        start, end = found
        if piece.heading is None:
            gaps.append({"start_line": start, "end_line": end, "reason": piece.reason})
            continue
        heading = piece.heading
        document = {
            "title": heading.title,
            "start_line": start,
            "end_line": end,
            "type": heading.type,
            "type_confident": heading.confident,
            "date": heading.date,
        }
        documents.append(document if heading.printed else document | {"title_in_text": False})
    return documents, gaps
