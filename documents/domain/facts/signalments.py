"""A heading that tells who an animal is, without a label: "Bella  Canine/Labrador  FS  12y"."""

import re
from collections.abc import Iterator, Sequence

from documents.domain.facts import labels, shapes
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.descriptions import MOST_LEADS, Description, describe, is_of_kind, may_describe
from documents.domain.facts.marks import split_cells
from documents.domain.facts.surroundings import Surroundings, claim_value

_COUNT = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-•*]|re:?)\s+", re.IGNORECASE)
MOST_CELLS = 12
LONGEST_LEAD = 100  # characters of a row's first piece
LONGEST_PIECE = 40  # characters of a piece between commas; a longer one is prose

_IN_BRACKETS = re.compile(r"[,;]\s*|\s{2,}")
_COMMA = re.compile(r",(?!\d)")  # "1,71 kg" is one piece


def split_pieces(line: str) -> list[tuple[int, str]]:
    """The cells of a line, and where there is one cell only, its parts between commas."""
    cells = split_cells(line)
    if len(cells) == 1 and "," in line:
        pieces = _COMMA.split(line)
        return [] if len(max(pieces, key=len)) > LONGEST_PIECE else [(0, piece) for piece in pieces]
    return cells


def read_signalment(
    state: Surroundings, number: int, line: str, cells: Sequence[tuple[int, str]]
) -> Iterator[LocatedClaim]:
    """Of "Bella  Canine/Labrador  FS  12y" all: a name, and at least a kind of animal and a sex beside it.

    Without the name, the kind and the sex must be joined by a third value: they are the patient's of the document. A
    name that stands alone in its cell needs a kind or a breed and one value more.
    """
    if not cells or not may_describe(state.tokens, line) or len(cells[0][1]) > LONGEST_LEAD:
        return
    if len(cells) > 1 and _COUNT.fullmatch(cells[0][1].strip() + " "):
        cells = cells[1:]
    if len(cells) < 2 or len(cells) > MOST_CELLS or state.block == "animal":
        return
    pieces = [_COUNT.sub("", cell) for _, cell in cells]
    told = describe(pieces)
    name = _name_of(told.leads)
    is_prose = cells[0][0] == cells[-1][0]  # parts between commas have no places
    if not _is_signalment(told, name=name) or (is_prose and not _is_plain(told)):
        return
    quote = line.strip()
    for lead in told.leads:
        if lead != name and shapes.is_titled_person(lead):
            yield from claim_value(state, number, "owner", lead, quote)
    if name is not None:
        yield from claim_value(state, number, "name", name, quote)
    for target, words in told.found:
        yield from claim_value(state, number, target, words, quote)


def _name_of(leads: Sequence[str]) -> str | None:
    """The animal's name among the pieces ahead of its description.

    "Mr Tibbs   DSH MN" is a cat, "Mrs Hartnoll   BRAMBLE   FE" has an owner, "ECHOCARDIOGRAM   FIG" is no name alone.
    """
    if len(leads) == 1 and shapes.is_titled_person(leads[0]) and len(leads[0].split()) == 2:
        return leads[0]
    names = [lead for lead in leads if not shapes.is_titled_person(lead) and not labels.is_of_title(lead)]
    if any(is_of_kind(name) for name in names):
        return None
    return names[0] if len(names) == 1 and len(leads) <= MOST_LEADS and shapes.is_animal_name(names[0]) else None


def _is_signalment(told: Description, *, name: str | None) -> bool:
    """Whether a row says what an animal is, and nothing else: freer rules cost precision on records of other hands."""
    fields = told.fields
    if told.strays or "sex" not in fields or not fields & {"species", "breed"}:
        return False
    return len(told.leads) == 1 if name is not None else len(told.found) >= 3 and not told.leads


def _is_plain(told: Description) -> bool:
    """Whether parts between commas say what an animal is and nothing else: sentences name kinds and sexes, too."""
    return "sex" in told.fields and len(told.found) >= 2 and told.strays <= 1 and len(told.leads) <= 1


_BRACKETED = re.compile(r"((?:[A-ZÀ-Ý][\w'’.-]*\s){1,3})\(([^()]{6,90})\)")


def read_bracketed(state: Surroundings, number: int, line: str) -> Iterator[LocatedClaim]:
    """Of "Olive Pfluger (Choc Lab FS, dob 6/11/17)" the name, and what the brackets say of the animal."""
    if not may_describe(state.tokens, line):
        return
    for match in _BRACKETED.finditer(line):
        told = describe(_IN_BRACKETS.split(match[2]))
        words_ahead = match[1].split()[-2:]
        if len(words_ahead) > 1 and labels.is_of_title(words_ahead[0]):
            words_ahead = words_ahead[1:]
        name = " ".join(words_ahead)
        known = told.fields & {"species", "breed", "sex", "age", "date_of_birth", "color"}
        if told.leads or told.strays > 1 or len(known) < 2 or not known & {"species", "breed"}:
            continue
        if not shapes.is_animal_name(name):
            continue
        yield from claim_value(state, number, "name", name, match[0])
        for target, words in told.found:
            yield from claim_value(state, number, target, words, match[0])
