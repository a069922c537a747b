"""What only the rest of the file can decide: bare names, colours, mailboxes, letterheads, tales of somebody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from documents.domain.facts import labels, shapes, signatures
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.letterheads import Letterheads
from documents.domain.facts.loose_weights import keep_near
from documents.domain.facts.values import normalise
from documents.domain.lines import SourceText
from patients.domain import identity

NEIGHBOURS = 8  # lines around a colour or a bare "Name:" in which another label of a patient must stand
LONGEST_LINE = 2_000  # characters of a line that are read


@dataclass(kw_only=True, slots=True)
class Pending:
    """Claims that wait for the end of the file, and what decides them."""

    bare_names: list[LocatedClaim] = field(default_factory=list)
    colors: list[LocatedClaim] = field(default_factory=list)
    patient_lines: list[int] = field(default_factory=list)  # lines with a label of a patient
    letterheads: Letterheads = field(default_factory=Letterheads)
    signatures: list[LocatedClaim] = field(default_factory=list)
    addressees: list[LocatedClaim] = field(default_factory=list)  # to whom letters are written: owners may be doctors
    mailboxes: list[tuple[str, LocatedClaim]] = field(default_factory=list)  # person, and the address beside the name
    names_of_owners: list[tuple[str, LocatedClaim]] = field(default_factory=list)  # "MISO (Whitcombe)"
    # A weight among cells without labels.
    loose: list[tuple[tuple[str, ...], LocatedClaim]] = field(default_factory=list)
    loose_weights: list[LocatedClaim] = field(default_factory=list)  # anywhere in a line
    tales: list[tuple[str, tuple[LocatedClaim, ...]]] = field(default_factory=list)  # "X is a 4-year-old ..."


def decide(pending: Pending, claims: Sequence[LocatedClaim], text: SourceText) -> Iterator[LocatedClaim]:
    """What the rest of the file decides: bare names, colours, mailboxes of known owners, tales of known names."""
    patient_lines = frozenset(pending.patient_lines)

    def is_near(line: int) -> bool:
        return any(line + step in patient_lines for step in range(-NEIGHBOURS, NEIGHBOURS + 1))

    people = {_printed(claim) for claim in claims if claim.field == "owner"}
    people |= {person for person, _ in pending.mailboxes}
    for claim in pending.bare_names:
        values = normalise(field="name", raw=claim.raw)
        if any(identity.is_same_person(claim.raw, person) for person in people):
            continue
        if values and is_near(claim.line) and shapes.is_likely("name", claim.raw, values):
            yield claim
    for claim in pending.colors:
        around = " ".join(text.lines[max(0, claim.line - 4) : claim.line + 3]).lower()
        if is_near(claim.line) and not labels.URINE.search(around[: LONGEST_LINE * 7]):
            yield claim
    owners = {_printed(claim) for claim in claims if claim.field == "owner"}
    for person, claim in pending.mailboxes:
        if any(identity.is_same_person(person, owner) for owner in owners):
            yield claim
    parts = {part for owner in owners for part in identity.owner_parts(owner)}
    called = {identity.fold_name(_printed(claim)) for claim in claims if claim.field == "name"}
    for owner, claim in pending.names_of_owners:
        if identity.fold_name(owner) in parts and labels.canonical(claim.raw) not in labels.ROLES:
            first, _, last = claim.raw.partition(" ")
            is_ahead = bool(last) and (labels.is_of_title(first) or identity.fold_name(last) in called)
            yield replace(claim, raw=last) if is_ahead else claim  # "Recheck Luna (Perez)" is Luna
    names = {identity.fold_name(part) for claim in claims if claim.field == "name" for part in _printed(claim).split()}
    names |= {identity.fold_name(_printed(claim)) for claim in claims if claim.field == "name"}
    for cells, claim in pending.loose:
        if any(identity.fold_name(word) in names for cell in cells for word in cell.split()[:4]):
            yield claim
    yield from keep_near(loose=pending.loose_weights, sure=claims)
    for name, found in pending.tales:
        if not names or identity.fold_name(name) in names:
            yield from found
    yield from signatures.cut_names(pending.signatures, text.lines)
    for claim in pending.addressees:
        if not any(identity.is_same_owner(claim.raw, owner) for owner in owners):
            yield claim
    labelled = [claim.raw for claim in claims if claim.field == "clinic"]
    yield from pending.letterheads.decide(labelled=labelled, lines=text.lines)


def _printed(claim: LocatedClaim) -> str:
    """The name that a claim of a person or an animal holds."""
    values = normalise(field=claim.field, raw=claim.raw)
    return str(values[0].value) if values else claim.raw
