"""Sheets to one long text and what is true of it: lines are counted here, when nothing moves any more."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.records.cast import Animal
from tests.records.ink import PATIENT, Ink, Item, strip_marks
from tests.records.sheets import Paging, Sheet

STATED = (  # fields that are labelled null where the text has none; others may be read out of prose or letterheads
    "name",
    "breed",
    "date_of_birth",
    "color",
    "owner",
    "owner_phone",
    "owner_email",
    "owner_address",
    "microchip",
)


HOUSEHOLD_FIELDS = frozenset({"owner", "owner_phone", "owner_email", "owner_address", "veterinarian", "clinic"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A text and what is true of it, in the form that docs/evaluation.md tells, with further keys."""

    text: str
    truth: dict[str, Any]

    @property
    def truth_json(self) -> str:
        return json.dumps(self.truth, indent=1, ensure_ascii=False) + "\n"


class _Print(NamedTuple):
    """An item where it is printed."""

    line: int
    item: Item
    sheet: Sheet


@dataclass(slots=True)
class _Line:
    text: str
    owner: int  # position among the sheets
    running: bool = False


def bind(
    *, sheets: Sequence[Sheet], ink: Ink, animals: Sequence[Animal], paging: Paging | None, capitals: bool = False
) -> Labelled:
    """The text of `sheets` in their order, with truth. Blank lines at a sheet's end stay and belong to nothing.

    A running header belongs to the document that its page begins with, a footer to what its page ends with.
    `capitals`: the sender's system knows no others; titles are so printed, the values of facts stay as they were.
    """
    lines = list(_number_pages(_spread(sheets), sheets, paging) if paging else _spread(sheets))
    ranges: dict[int, tuple[int, int]] = {}
    prints: list[_Print] = []
    texts: list[str] = []
    noise: list[int] = []
    for number, line in enumerate(lines, start=1):
        text, marks = strip_marks(line.text)
        text = text.rstrip(" ").upper() if capitals else text.rstrip(" ")
        if text.strip():
            first = ranges.get(line.owner, (number, number))[0]
            ranges[line.owner] = (first, number)
            if line.running:
                noise.append(number)
        prints.extend(_Print(number, ink.items[mark], sheets[line.owner]) for mark in marks)
        texts.append(text)
    of_animals = _share_out(prints)
    shown = [animal.number for animal in animals if animal.number in of_animals]
    places = {number: place for place, number in enumerate(shown)}
    truth = {
        "lines": len(texts),
        "n_documents": sum(sheet.reason is None for position, sheet in enumerate(sheets) if position in ranges),
        "patients": [_state_patient(of_animals[number]) for number in shown],
        **_state_ranges(sheets, ranges, places, capitals=capitals),
        "noise": noise,
        "clinical": list(_state_clinical(prints, places)),
    }
    return Labelled(text="\n".join(texts) + "\n", truth=truth)


def _share_out(prints: Sequence[_Print]) -> Mapping[int, Sequence[_Print]]:
    """What is printed of each animal. A paper about several says of each who owns it and who treats it, said once."""
    of_animals: defaultdict[int, list[_Print]] = defaultdict(list)
    on_sheet: defaultdict[int, set[int]] = defaultdict(set)  # by the sheet's id
    for one in prints:
        on_sheet[id(one.sheet)].add(one.item.animal)
    for one in prints:
        is_shared = (
            one.item.kind == PATIENT and one.sheet.animal is None and HOUSEHOLD_FIELDS.issuperset(one.item.values)
        )
        for number in on_sheet[id(one.sheet)] if is_shared else (one.item.animal,):
            of_animals[number].append(one)
    return of_animals


def _spread(sheets: Sequence[Sheet]) -> Iterator[_Line]:
    for owner, sheet in enumerate(sheets):
        for position, text in enumerate(sheet.lines):
            yield _Line(text, owner, position in sheet.running)


def _number_pages(lines: Iterator[_Line], sheets: Sequence[Sheet], paging: Paging) -> Iterator[_Line]:
    pages: list[list[_Line]] = [[]]
    for line in lines:
        if (line.text.startswith("\f") and pages[-1]) or len(pages[-1]) == paging.length:
            pages.append([])
        line.text = line.text.removeprefix("\f")
        pages[-1].append(line)
    for number, page in enumerate(pages, start=1):
        inked = [line.owner for line in page if line.text.strip()] or [page[0].owner if page else 0]
        head = [_Line(text, inked[0], True) for text in paging.header(number, len(pages), sheets[inked[0]])]
        foot = [_Line(text, inked[-1], True) for text in paging.footer(number, len(pages), sheets[inked[-1]])]
        whole = head + page + foot
        if paging.feed and number > 1:
            whole[0].text = "\f" + whole[0].text
        yield from whole


def _state_patient(prints: Sequence[_Print]) -> dict[str, Any]:
    values: dict[str, list[Any]] = {}
    weights: list[dict[str, Any]] = []
    for line, item, sheet in prints:
        if item.kind == "weight":
            day = item.date if sheet.date else None  # a paper without a date tells nobody the day
            weights.append({**item.values, "date": day, "line": line})
        elif item.kind == PATIENT:
            for name, value in item.values.items():
                if value not in values.setdefault(name, []):
                    values[name].append(value)
    stated = {name: found if len(found) > 1 else found[0] for name, found in values.items()}
    return {**dict.fromkeys(STATED), **stated, "weights": weights}


def _state_clinical(prints: Sequence[_Print], places: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    for line, item, sheet in prints:
        if item.kind in (PATIENT, "weight"):
            continue
        values = dict(item.values)
        if item.kind == "vaccine":
            given = values.pop("given") or (item.date if sheet.date else None)
            values = {"product": values["product"], "date": given, "due": values["due"]}
        yield {"line": line, "kind": item.kind, "patient": places[item.animal], **values}


def _state_ranges(
    sheets: Sequence[Sheet], ranges: dict[int, tuple[int, int]], patients: Mapping[int, int], *, capitals: bool
) -> dict[str, list[dict[str, Any]]]:
    documents: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    places: dict[int, int] = {}  # of a sheet's id, the position of its document
    for position, sheet in enumerate(sheets):
        if position not in ranges:
            continue
        start, end = ranges[position]
        if sheet.reason is not None:
            gaps.append({"start_line": start, "end_line": end, "reason": sheet.reason})
            continue
        places[id(sheet)] = len(documents)
        document = {
            "title": sheet.title.upper() if sheet.title and capitals else sheet.title,
            "start_line": start,
            "end_line": end,
            "type": sheet.type,
            "type_confident": sheet.confident,
            "date": sheet.date.isoformat() if sheet.date else None,
            "patient": patients.get(sheet.animal) if sheet.animal is not None else None,
        }
        for key, other in (("copy_of", sheet.copy_of), ("amends", sheet.amends)):
            if other is not None and id(other) in places:
                document[key] = places[id(other)]
        documents.append(document)
    return {"documents": documents, "gaps": gaps}
