"""A heading that tells who an animal is, without a label: "Bella  Canine/Labrador  FS  12y"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.domain.facts import contacts, labels, shapes
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.descriptions import MOST_LEADS, Description, describe, is_of_kind, may_describe
from documents.domain.facts.marks import split_cells
from documents.domain.facts.surroundings import Surroundings, claim_value

_COUNT = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-•*]|re:?)\s+", re.IGNORECASE)
MOST_CELLS = 12
LONGEST_LEAD = 100  # characters of a row's first piece
_SLASH = " / "
_DASH = " - "
MOST_SLASHES = 2  # in a line, from which they part a description
LONGEST_PIECE = 40  # characters of a piece between commas; a longer one is prose

_IN_BRACKETS = re.compile(r"[,;]\s*|\s{2,}")
_TOWN = re.compile(r"[A-ZÀ-Ý][\w .'’-]+,? [A-Z]{2} \d{5}(?:-\d{4})?")
_COMMA = re.compile(r",(?!\d)")  # "1,71 kg" is one piece


def split_pieces(line: str) -> list[tuple[int, str]]:
    """The cells of a line, those between commas, too; of prose, whose parts are long, none."""
    cells = [(start, cell) for start, cell in split_cells(line) if not _is_place(cell)]
    if line.count(_SLASH) >= MOST_SLASHES:  # "Canine / Doberman Pinscher / FS / black and rust"
        return [(start, part) for start, cell in cells for part in cell.split(_SLASH)]
    if len(cells) == 1 and line.count(_DASH) >= MOST_SLASHES:  # "Rex - Canino - Caniche - Macho"
        return [(cells[0][0], part) for part in cells[0][1].split(_DASH)]
    if "," not in line or not cells:
        return cells
    if "," not in cells[0][1].partition(_DASH)[0]:  # "Rex - Beagle, MN, tricolor"
        cells = [*((cells[0][0], part) for part in cells[0][1].split(_DASH)), *cells[1:]]
    pieces = [(start, piece) for start, cell in cells for piece in _split_cell(cell)]
    return [] if cells[0][0] == cells[-1][0] and max(len(piece) for _, piece in pieces) > LONGEST_PIECE else pieces


def _is_place(cell: str) -> bool:
    """Whether a cell is an address or a town: of what stands beside it nobody is called so."""
    text = cell.strip()
    return bool(text) and text[-1].isalnum() and (_TOWN.fullmatch(text) is not None or contacts.is_address(text))


def _split_cell(cell: str) -> list[str]:
    """The parts of a cell between commas; a colour goes on behind its commas: "White, brindle patch L eye"."""
    parts = _COMMA.split(cell)
    first = parts[0].strip()
    is_color = len(parts) > 1 and labels.is_color(first) and not any(shapes.classify(part) for part in parts[1:])
    return [cell] if is_color else parts


def read_signalment(
    state: Surroundings, number: int, line: str, cells: Sequence[tuple[int, str]]
) -> Iterator[LocatedClaim]:
    """Of "Bella  Canine/Labrador  FS  12y" all: a name, and at least a kind of animal and a sex beside it.

    Without the name, the kind and the sex must be joined by a third value: they are the patient's of the document. A
    name that stands alone in its cell needs a kind or a breed and one value more.
    """
    if not cells or not may_describe(state.tokens, line) or len(cells[0][1]) > LONGEST_LEAD:
        return
    if len(cells) > 1 and (_COUNT.fullmatch(cells[0][1].strip() + " ") or _is_heading(cells[0][1])):
        cells = cells[1:]
    if len(cells) < 2 or len(cells) > MOST_CELLS or state.block == "animal" or _is_departed(state):
        return
    told = describe([_COUNT.sub("", cell) for _, cell in cells])
    heads = _read_leads(told.leads)
    is_prose = cells[0][0] == cells[-1][0]  # parts between commas have no places
    if heads is None or not _is_signalment(told, name=heads.name) or (is_prose and not _is_plain(told)):
        return
    quote = line.strip()
    if heads.owner is not None:
        yield from claim_value(state, number, "owner", heads.owner, quote)
    if heads.name is not None:
        yield from claim_value(state, number, "name", heads.name, quote)
    for target, words in told.found:
        yield from claim_value(state, number, target, words, quote)


def _is_departed(state: Surroundings) -> bool:
    """Whether a line is of an animal that lives no more: "(Ozzie  Canine  Dachshund  MN  DECEASED)"."""
    return not state.tokens.isdisjoint(labels.DEPARTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Heads:
    """Who stands ahead of a description."""

    name: str | None
    owner: str | None


_BESIDE_OWNER = re.compile(r"([^()\"]+) \([^()]+\)")  # "Major (Brayshaw)"
_FILE_NUMBER = re.compile(r"(?:n[ºo°]\s?)?#?\d{1,7}[.)\s-]+(?=[^\W\d])", re.IGNORECASE)  # "2203 TRUFA"
_IN_QUOTES = re.compile(r"([^\"“„«]*?) ?[\"“„«]([^\"”»]{2,30})[\"”»](?: ([A-ZÀ-Ý][\w'’-]+))?")  # "Ms Okoro "Mr Tibbs""


def _is_surname(text: str) -> bool:
    """Whether what stands beside a name in quotes is its owner's: a surname, or a person with a title."""
    is_short = len(text.split()) == 1 or text.isupper() or shapes.is_titled_person(text)
    return bool(text) and is_short and not labels.is_of_title(text) and shapes.is_person(text, needs_credential=False)


def _is_heading(lead: str) -> bool:
    """Whether a piece ahead of a description says what follows, and nobody's name: "Signalment"."""
    return labels.ROLES.get(labels.canonical(lead)) == "@patient"


def _read_leads(leads: Sequence[str]) -> _Heads | None:
    """The animal's name and its owner among the pieces ahead of its description; None where they are something else.

    "Mr Tibbs   DSH MN" is a cat, "Mrs Hartnoll   BRAMBLE   FE" has an owner, "ECHOCARDIOGRAM" is a title.
    """
    if len(leads) == 1 and shapes.is_titled_person(leads[0]) and len(leads[0].split()) == 2:
        return _Heads(name=leads[0], owner=None)
    leads = [lead for lead in leads if not shapes.has_credential(lead)]
    called = [match for lead in leads if (match := _IN_QUOTES.fullmatch(lead)) is not None]
    if len(called) == 1 and len(leads) <= 2:
        others = [called[0][1].strip(), called[0][3] or "", *(lead for lead in leads if lead != called[0][0])]
        return _Heads(name=called[0][2], owner=next(filter(_is_surname, others), None))
    names: list[str] = []
    owners: list[str] = []
    leads = [_FILE_NUMBER.sub("", lead, count=1) for lead in leads if not contacts.is_address(lead)]
    for lead in leads[:MOST_LEADS]:
        label, _, rest = lead.partition(" ")
        if beside := _BESIDE_OWNER.fullmatch(lead):
            names.append(beside[1])
        elif shapes.is_titled_person(lead):
            owners.append(lead)
        elif rest and labels.ROLES.get(label.casefold().strip(".:")) == "name":
            names += [] if rest.isdigit() else [rest]  # "PET 1" numbers a row
        elif not labels.is_of_title(lead):
            names.append(lead)
    if len(names) == 2 and all(len(name.split()) == 1 for name in names):
        names = [", ".join(names)]  # "Brandt, Juniper"
    if len(names) > 1 or len(owners) > 1 or len(leads) > MOST_LEADS:
        return None
    name = names[0].strip(" \"'“”") if names else None
    if name is not None and (is_of_kind(name) or not all(map(shapes.is_animal_name, name.split(", ")))):
        return None
    is_person = bool(owners) and shapes.is_person(owners[0], needs_credential=False)
    return _Heads(name=name, owner=owners[0] if is_person else None)


def _is_signalment(told: Description, *, name: str | None) -> bool:
    """Whether a row says what an animal is, and nothing else: freer rules cost precision on records of other hands."""
    fields = told.fields
    if "sex" not in fields or not fields & {"species", "breed"}:
        return False
    if told.strays:  # "Juniper  Cavalier  Blenheim  FS  dob 3/15/2020"
        return name is not None and told.strays == 1 and len(fields) > 2
    return name is not None or (len(told.found) >= 3 and not told.leads)


def _is_plain(told: Description) -> bool:
    """Whether parts between commas say what an animal is and nothing else: sentences name kinds and sexes, too."""
    return "sex" in told.fields and len(told.found) >= 2 and told.strays <= 1 and len(told.leads) <= 1


_BRACKETED = re.compile(r"((?:[A-ZÀ-Ý][\w'’.-]*\s){1,3})\(([^()]{6,90})\)")


def read_bracketed(state: Surroundings, number: int, line: str) -> Iterator[LocatedClaim]:
    """Of "Olive Pfluger (Choc Lab FS, dob 6/11/17)" the name, and what the brackets say of the animal."""
    if not may_describe(state.tokens, line) or _is_departed(state):
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
