"""Values behind labels: "Species: Canine", "Species/Breed: Canine/Beagle", and those in the line below their label."""

import re
from collections.abc import Iterator, Sequence

from documents.domain.facts import labels, shapes
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.descriptions import describe, may_describe
from documents.domain.facts.marks import Mark, split_cells
from documents.domain.facts.signalments import read_signalment, split_pieces
from documents.domain.facts.surroundings import (
    NUMBERED,
    Surroundings,
    claim_value,
    enter,
    field_of,
    open_block,
    open_by_heading,
)
from documents.domain.findings import FactField

NEAR_ADDRESS = 3  # lines below a bare name in which an address or a telephone makes it a person's
_OF_PEOPLE = frozenset({"bare_address", "bare_phone", "bare_email"})
_ALSO_OTHERWISE = frozenset({"pv", "p.v"})  # a weight with its unit only: else a pulmonary vein's speed
_UNIT_BEHIND = re.compile(r"[\d.,]+\s?[klp]")
_PARTS = re.compile(r"\s*(?:[/|;]|,(?!\d))\s*|\s[-–]\s")
_BEHIND = re.compile(r"[;(/]|,(?!\d)|\s[-–]\s")


def read_marks(state: Surroundings, number: int, line: str, marks: Sequence[Mark]) -> Iterator[LocatedClaim]:
    ahead = line[: marks[0].start]
    if cells := split_cells(ahead):
        open_by_heading(state, cells[0][1])
    if may_describe(state.tokens, line) and not any(mark.roles[0] == "name" for mark in marks):
        row = _blank_out(line, marks)
        yield from read_signalment(state, number, line, split_pieces(row))
    is_beside_animal = any(mark.roles[0] in ("species", "breed") for mark in marks) and state.block != "animal"
    is_beside_animal = is_beside_animal and not state.columns
    restored = ""
    for position, mark in enumerate(marks):
        if state.columns:
            block = [block for start, block in state.columns if start <= mark.start + 2][-1:]
            open_block(state, block[0] if block else "")
        if position and mark.roles[0] == "@other" and not restored:
            # "Owner: A   Co-owner: -" and, below, the owner's address: another person in mid-line opens no block.
            restored = state.block
        is_last = position == len(marks) - 1
        yield from read_mark(state, number, line, mark, is_last=is_last, is_beside_animal=is_beside_animal)
    yield from read_rest(state, number, line, marks)
    if restored:
        state.block = restored


def read_mark(
    state: Surroundings, number: int, line: str, mark: Mark, *, is_last: bool, is_beside_animal: bool = False
) -> Iterator[LocatedClaim]:
    raw = line[mark.value_start : mark.value_end].strip(" \t,;|•–—-·")
    role = mark.roles[0]
    if role.startswith("@"):
        if role != "@stop" and not (role == "@animal" and raw[:1].islower()):  # "Other animals: two cats" names none
            open_block(state, role[1:])
        return
    if len(mark.roles) > 1:
        yield from _read_composite(state, number, line, mark, raw)
        return
    target = field_of(state, role)
    if role in _OF_PEOPLE:
        drop_bare_names(state, number)
    if role == "bare_name" and is_beside_animal:
        target = "name"
    elif role == "bare_name" and target == "owner" and state.is_owner_named:
        target = None  # the block has its owner: this name is another's, perhaps the animal's
    enter(state, role)
    if not raw:
        if is_last and not line[mark.value_end :].strip():
            state.waiting, state.waiting_bare = target, role if role.startswith("bare_") else None
        return
    is_first = NUMBERED.fullmatch(line[: mark.start]) is not None
    if (
        role == "bare_name"
        and target is None
        and is_first
        and (state.is_soft or state.block not in ("other", "animal"))
    ):
        claim = LocatedClaim(field="name", raw=raw, line=number, quote=_quote(line, mark, raw))
        state.pending.bare_names.append(claim)
    elif target == "owner_address" and line[: mark.value_end].rstrip().endswith(","):
        return  # it goes on in the next line
    elif target is not None and not (mark.key in _ALSO_OTHERWISE and not _UNIT_BEHIND.match(raw)):
        yield from claim_value(state, number, target, raw, _quote(line, mark, raw))


def _blank_out(line: str, marks: Sequence[Mark]) -> str:
    """A line with blanks in the place of its labels and their values: what is left may say who the animal is.

    What a letter is about stays, without its label, and so does what stands behind "Signalment:".
    """
    row = line
    for mark in marks:
        says_who = mark.key in labels.SUBJECTS or mark.roles[0] == "@patient"
        end = mark.value_start if says_who else mark.value_end
        row = row[: mark.start] + " " * (end - mark.start) + row[end:]
    return row


def drop_bare_names(state: Surroundings, number: int) -> None:
    """A bare name above an address or a telephone is a person's, whatever animal stands below."""
    names = state.pending.bare_names
    while names and number - names[-1].line <= NEAR_ADDRESS:
        names.pop()


def _quote(line: str, mark: Mark, raw: str) -> str:
    return line[mark.start : line.index(raw, mark.value_start) + len(raw)]


def _read_composite(state: Surroundings, number: int, line: str, mark: Mark, raw: str) -> Iterator[LocatedClaim]:
    """Of "Species/Breed: Canine/Labrador" the parts, in the order of the label, else each by its own shape."""
    pieces = [piece.strip() for piece in _PARTS.split(raw) if piece.strip()]
    if len(pieces) > len(mark.roles) == raw.count("/") + 1:
        pieces = [piece.strip() for piece in raw.split("/")]  # "Canine / Dachshund, Miniature"
    if not pieces:
        return
    quote = _quote(line, mark, raw)
    if len(pieces) == len(mark.roles):
        for role, piece in zip(mark.roles, pieces, strict=True):
            target = field_of(state, role)
            if target is not None:
                yield from claim_value(state, number, target, piece, quote)
        return
    for piece in pieces:
        for target, words in shapes.classify(piece):
            if target in mark.roles or (target == "sex" and "neutered" in mark.roles):
                yield from claim_value(state, number, target, words, quote)


def read_rest(state: Surroundings, number: int, line: str, marks: Sequence[Mark]) -> Iterator[LocatedClaim]:
    """What stands unlabelled beside a patient's labelled name: "Patient: Biscuit   Beagle   MN   6 yr   12.2 kg"."""
    named = next((mark for mark in marks if mark.roles[0] == "name"), None)
    if named is None or state.block == "animal":
        return
    further = [mark for mark in marks if mark.start > named.start]
    limit = further[0].start if further else len(line)
    if not may_describe(state.tokens, line):
        return
    behind = _BEHIND.split(line[named.value_start : named.value_end])[1:]
    cells = [cell for _, cell in split_pieces(line[named.value_end : limit])]
    told = describe([_strip_brackets(piece) for piece in (*behind, *cells)])
    for target, words in told.found if not told.leads else ():
        yield from claim_value(state, number, target, words, line[named.start : limit].rstrip())
    if further and further[0].roles[0] == "owner":  # "Patient: Olive   Client: Reyes   French Bulldog   spayed"
        end = further[1].start if len(further) > 1 else len(line)
        behind_owner = describe([cell for _, cell in split_pieces(line[further[0].value_end : end])])
        if not behind_owner.leads and not behind_owner.strays:
            for target, words in behind_owner.found:
                yield from claim_value(state, number, target, words, line[named.start : end].rstrip())


def _strip_brackets(piece: str) -> str:
    """A piece without the brackets around it: "(guinea pig" and "4 y)" stood in one pair, "F(N)" is whole."""
    text = piece.strip() if "[" in piece else piece.strip(" []")
    return text if text.count("(") == text.count(")") and not text.startswith("(") else text.strip(" ()")


def read_waiting(state: Surroundings, number: int, line: str, target: FactField | None) -> Iterator[LocatedClaim]:
    raw = line.strip()
    if target is None or len(raw) > 60 or labels.canonical(raw) in labels.ROLES:
        return
    if target in ("name", "owner") and (len(raw.split()) > 4 or not raw[:1].isupper() or raw.endswith((".", ":"))):
        return
    if target in ("color", "breed", "clinic", "veterinarian") and (len(raw.split()) > 6 or raw.endswith((".", ":"))):
        return
    yield from claim_value(state, number, target, raw, raw)
