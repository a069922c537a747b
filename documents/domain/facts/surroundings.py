"""Whose block a line stands in: the same "Phone:" is the owner's under "Client", nobody's under "Emergency Contact"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from documents.domain.facts import contacts, labels, shapes
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.clinical.proposing import ClinicalReader
from documents.domain.facts.pending import Pending
from documents.domain.facts.values import normalise
from documents.domain.findings import FACT_FIELDS, HOUSEHOLD_FIELDS, FactField

OWNER_BLOCK = 8  # non-blank lines that a block reaches behind its last label
FIELDS: dict[str, FactField] = {name: name for name in FACT_FIELDS}
NUMBERED = re.compile(r"\s*(?:\(?(?:[IVX]{1,5}|\d{1,2}|[A-Ha-h])[.)]\s)?\s*")  # ahead of a label in a numbered form

_PATIENT_ROLES = frozenset({"species", "breed", "sex", "date_of_birth", "microchip", "neutered"})
_OF_ANIMAL = frozenset(FACT_FIELDS) - HOUSEHOLD_FIELDS
_BARE: dict[tuple[str, str], FactField] = {
    ("bare_name", "owner"): "owner",
    ("bare_name", "patient"): "name",
    ("bare_phone", "owner"): "owner_phone",
    ("bare_email", "owner"): "owner_email",
    ("bare_address", "owner"): "owner_address",
}
_BRACKETS = re.compile(r"\s*\([^)]*\)?\s*$")


@dataclass(kw_only=True, slots=True)
class Surroundings:
    """Where the pass is: whose block, what waits for the next line, and what only the rest of the file can decide."""

    block: str = ""  # "owner", "patient", "other", "animal", or none
    block_line: int = 0  # count of non-blank lines at the block's last label
    seen: int = 0  # non-blank lines so far
    tokens: frozenset[str] = frozenset()  # of the line at hand the words that a reader asks for
    blanks: int = 0  # blank lines in a row
    is_owner_named: bool = False  # within the block
    owner_line: int | None = None  # count of non-blank lines at the last owner's name; None behind another's block
    owner_number: int = 0  # number of the line with the last owner's name
    owner_words: str = ""  # what stands behind the label there
    is_soft: bool = False  # the block was opened by a label with a value ("Clinic: ..."), not by a heading
    waiting: FactField | None = None  # a label that ended its line without a value
    waiting_bare: labels.Role | None = None
    heads: list[tuple[int, FactField | None]] = field(default_factory=list)  # a table's head: place, field of a column
    columns: list[tuple[int, str]] = field(default_factory=list)  # place and block, under two headings side by side
    clinical: ClinicalReader = field(default_factory=ClinicalReader)
    in_history: bool = False  # under the heading of a weight history
    pending: Pending = field(default_factory=Pending)


def open_by_heading(state: Surroundings, heading: str) -> None:
    """A heading opens its block: "Client details (updated 11 Jun 2018)"."""
    plain = NUMBERED.sub("", _BRACKETS.sub("", heading), count=1)
    role = labels.ROLES.get(labels.canonical(plain), "") if len(plain) <= 60 else ""
    if role.startswith("@") and role != "@stop":
        open_block(state, role[1:])


def field_of(state: Surroundings, role: labels.Role | None) -> FactField | None:
    if role is None:
        return None
    if role in ("bare_phone", "bare_email", "bare_address") and state.block in ("owner", "patient"):
        # "Client: A   Patient: B" and, below, a phone: an animal has none.
        is_owners = state.block == "owner" or state.seen - (state.owner_line or -OWNER_BLOCK) <= OWNER_BLOCK
        return _BARE[role, "owner"] if is_owners else None
    return FIELDS.get(role) or _BARE.get((role, state.block))


def open_block(state: Surroundings, block: str, *, is_soft: bool = False) -> None:
    state.block, state.block_line, state.is_owner_named, state.is_soft = block, state.seen, False, is_soft
    if block in ("other", "animal"):
        state.owner_line = None


def enter(state: Surroundings, role: labels.Role) -> None:
    """A label of one's own data opens or prolongs that one's block; a bare label prolongs the block it stands in."""
    if role == "owner":
        open_block(state, "owner")
    elif role == "name":
        open_block(state, "patient")
    elif role in ("veterinarian", "clinic"):
        open_block(state, "other", is_soft=True)
    elif role.startswith(("bare_", "owner_")):
        state.block_line = state.seen


def claim_value(state: Surroundings, number: int, target: FactField, raw: str, quote: str) -> Iterator[LocatedClaim]:
    """The claim, if its value can be read and nothing speaks against it."""
    if state.block == "animal" and target in _OF_ANIMAL:
        return
    whole = raw
    behind: str | None = None
    if target == "owner":
        person = contacts.split_person(raw) if "," in raw else None
        raw, behind = person if person is not None else (_cut_at_label(raw), None)
    values = normalise(field=target, raw=raw)
    if not values or not shapes.is_likely(target, raw, values):
        return
    if target == "weight":
        raw = shapes.trim_weight(raw)
    claim = LocatedClaim(field=target, raw=raw, line=number, quote=quote)
    if target == "color":
        state.pending.colors.append(claim)
        return
    if target in _PATIENT_ROLES:
        state.pending.patient_lines.append(number)
    yield claim
    if target == "owner":
        state.is_owner_named, state.owner_line, state.owner_number, state.owner_words = True, state.seen, number, whole
        for extra in ("owner_phone", "owner_email"):
            if normalise(field=FIELDS[extra], raw=whole):
                yield replace(claim, field=FIELDS[extra], raw=whole)
        if behind is not None:
            yield replace(claim, field="owner_address", raw=behind)


def _cut_at_label(raw: str) -> str:
    """Of "Jane Roe Telephone 555-0107" the name: a contact's label stands behind it without a mark."""
    words = raw.split(" ")
    for place in range(2, len(words)):
        if labels.ROLES.get(labels.canonical(words[place])) in ("bare_phone", "bare_email", "bare_address"):
            return " ".join(words[:place]).rstrip(" ,;")
    return raw
