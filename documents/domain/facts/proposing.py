"""The rules' own claims: labelled values, and a few unlabelled shapes that are certain. Precision before recall.

One pass over the lines keeps whose block it is in (owner, patient, another person, another animal).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from documents.domain.facts import contacts, labels, letterheads, shapes, signatures
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.clinical.proposing import LOOKED_FOR
from documents.domain.facts.clinical.words import list_words
from documents.domain.facts.descriptions import KNOWN_WORDS, may_describe
from documents.domain.facts.labelled import read_marks, read_waiting
from documents.domain.facts.loose_weights import find_conversion, find_loose_weights
from documents.domain.facts.marks import Mark, find_marks, split_cells
from documents.domain.facts.pending import LONGEST_LINE, decide
from documents.domain.facts.signalments import read_bracketed, read_signalment, split_pieces
from documents.domain.facts.surroundings import (
    FIELDS,
    OWNER_BLOCK,
    Surroundings,
    claim_value,
    enter,
    field_of,
    open_by_heading,
)
from documents.domain.facts.tables import open_columns, read_cells, read_history
from documents.domain.facts.values import normalise
from documents.domain.findings import CLINICAL, FactField
from documents.domain.lines import SourceText, is_blank

# Blanks that are no plain space, and icons of practice systems: each is read as one space.
_ODD_BLANK = re.compile("[\u00a0\u2000-\u200a\u202f\u3000\ue000-\uf8ff]")
_BLANKS = dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x3000, *range(0xE000, 0xF900)), " ")
# Of a line's words those that any reader asks for are kept: they are few, so that further looks are short.
_LOOKED_FOR = LOOKED_FOR | KNOWN_WORDS | signatures.VET_WORDS | letterheads.FIRST_WORDS | labels.DEPARTED
CONTACT = 2  # non-blank lines below an owner's name in which a telephone or a mailbox is the owner's
_MAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_HAS_DIGIT = re.compile("[0-9]")


def propose_claims(*, text: SourceText, noise: frozenset[int] = frozenset()) -> tuple[LocatedClaim, ...]:
    """What the rules read in the file, in the order of lines.

    Of the lines in `noise` labels and letterheads are read alone: a running header often is the only place that names
    the patient, but a row that returns on every page is no observation.
    """
    state = Surroundings()
    claims: list[LocatedClaim] = []
    for number, line in enumerate(text.lines, start=1):
        if is_blank(line):
            state.blanks += 1
            state.columns = []
            state.clinical.end_list()
            if state.blanks > 1:
                state.block = ""
            continue
        has_odd = not line.isascii() and _ODD_BLANK.search(line) is not None
        plain = (line.translate(_BLANKS) if has_odd else line)[:LONGEST_LINE]
        claims.extend(_read_line(state, number, plain, is_noise=number in noise))
        state.blanks = 0
    claims.extend(decide(state.pending, claims, text))
    printed = (_as_printed(claim, text.lines[claim.line - 1]) for claim in _drop_twins(claims))
    return tuple(sorted(printed, key=lambda claim: claim.line))


def _as_printed(claim: LocatedClaim, line: str) -> LocatedClaim:
    """The claim in its line's own characters, where it was read with blanks in the place of others."""
    if claim.quote in line:
        return claim
    start = line.translate(_BLANKS).index(claim.quote)
    quote = line[start : start + len(claim.quote)]
    within = claim.quote.find(claim.raw)
    raw = quote[within : within + len(claim.raw)] if within >= 0 else claim.raw
    return replace(claim, raw=raw, quote=quote)


def _read_line(state: Surroundings, number: int, line: str, *, is_noise: bool) -> Iterator[LocatedClaim]:
    state.seen += 1
    lowered = line.lower()
    state.tokens = _LOOKED_FOR.intersection(list_words(lowered))
    if "\f" in line or state.seen - state.block_line > OWNER_BLOCK:
        state.block = ""
    waiting, state.waiting = state.waiting, None
    bare, state.waiting_bare = state.waiting_bare, None
    heads, state.heads = state.heads, []
    marks = find_marks(line) if ":" in line or "..." in line or "=" in line or "#" in line or "…" in line else []
    if marks:
        state.in_history = False
        yield from read_marks(state, number, line, marks)
        is_signed = not is_noise and not state.tokens.isdisjoint(signatures.VET_WORDS)
        if is_signed and all(mark.roles[0] == "@stop" for mark in marks):
            yield from _read_vets(state, number, line, line.strip())
    else:
        if waiting is not None or bare is not None:
            yield from read_waiting(state, number, line, waiting or field_of(state, bare))
        if is_noise:
            for _, cell in split_cells(line)[:1]:
                state.pending.letterheads.note(line=line, number=number, head=cell)
        else:
            yield from _read_unlabelled(state, number, line, heads)
    if is_noise:
        state.clinical.read_running(line, state.tokens)
    else:
        yield from _read_shapes(state, number, line, lowered)
        if state.owner_line is not None and state.seen - state.owner_line <= CONTACT and state.block != "animal":
            yield from _read_contact(state, number, line, lowered, marks)


def _read_unlabelled(
    state: Surroundings, number: int, line: str, heads: Sequence[tuple[int, FactField | None]]
) -> Iterator[LocatedClaim]:
    stripped = line.strip()
    short = len(stripped) <= 60
    if short and stripped.endswith(":"):
        state.block = ""
    may_be_label = short and labels.may_begin(stripped.partition(" ")[0])
    key = labels.canonical(stripped) if may_be_label else ""
    role = labels.ROLES.get(key, "")
    if may_be_label or (short and stripped[:2].strip().rstrip(".)").isalnum() and "." in stripped[:5]):
        open_by_heading(state, stripped)
    if key in labels.SOLO:
        state.waiting = FIELDS.get(role)
        enter(state, role)
    if key in labels.WEIGHT_HISTORY:
        state.in_history = True
        return
    if state.block == "owner" and short and shapes.is_titled_person(stripped):
        yield from claim_value(state, number, "owner", stripped, stripped)
    if not state.tokens.isdisjoint(signatures.VET_WORDS):
        yield from _read_vets(state, number, line, stripped)
    if may_be_label and (owner := shapes.find_titled_owner(stripped)) is not None:
        yield from claim_value(state, number, "owner", *owner)
    if state.in_history:
        yield from read_history(state, number, line)
    cells = split_cells(line) if "  " in line or "\t" in line or "|" in line or " · " in line else []
    if len(cells) > 1:
        if open_columns(state, cells):
            return
        yield from read_cells(state, number, line, cells, heads)
    elif ("," in line or " / " in line or " - " in line) and len(stripped) <= 140 and may_describe(state.tokens, line):
        yield from read_signalment(state, number, line, split_pieces(stripped))
    if not state.tokens.isdisjoint(letterheads.FIRST_WORDS):
        state.pending.letterheads.note(line=line, number=number, head=cells[0][1] if cells else stripped)


def _read_vets(state: Surroundings, number: int, line: str, stripped: str) -> Iterator[LocatedClaim]:
    """Who signs the line, who fills a cell of it, and who is written to."""
    vet = signatures.find_signature(stripped)
    if vet is not None:
        state.pending.signatures.extend(claim_value(state, number, "veterinarian", vet, vet))
    for each in signatures.find_in_cells(split_cells(line)) if vet is None else ():
        yield from claim_value(state, number, "veterinarian", each, each)
    addressee = signatures.find_addressee(stripped)
    if addressee is not None:
        claim = LocatedClaim(field="veterinarian", raw=addressee, line=number, quote=addressee)
        state.pending.addressees.append(claim)


def _read_shapes(state: Surroundings, number: int, line: str, lowered: str) -> Iterator[LocatedClaim]:
    """Shapes that are certain without a label's colon: a weight in a row of vitals, a chip, a mailbox, a sentence."""
    if state.block != "animal":
        for each in state.clinical.read(line, lowered, state.tokens):
            yield LocatedClaim(field=each.field, raw=each.raw, line=number, quote=each.quote)
    if _HAS_DIGIT.search(line):
        if shapes.may_hold_weight(lowered):
            yield from _read_weights(state, number, line, lowered)
        for target, raw, quote in shapes.find_codes(line, lowered) if shapes.may_hold_code(lowered) else ():
            yield from claim_value(state, number, target, raw, quote)
        if " is a" in lowered or " was a" in lowered:
            tale = shapes.read_tale(line)
            if tale is not None:
                name, pairs, quote = tale
                found = [c for target, raw in pairs for c in claim_value(state, number, target, raw, quote)]
                state.pending.tales.append((name, tuple(found)))
    if " (" in line:
        if state.block != "animal":
            yield from read_bracketed(state, number, line)
        for animal, owner, quote in shapes.find_names_of_owners(line):
            state.pending.names_of_owners.append(
                (owner, LocatedClaim(field="name", raw=animal, line=number, quote=quote))
            )
    if "@" in line:
        for person, mail, quote in shapes.find_mailboxes(line):
            state.pending.mailboxes.append(
                (person, LocatedClaim(field="owner_email", raw=mail, line=number, quote=quote))
            )


def _read_contact(
    state: Surroundings, number: int, line: str, lowered: str, marks: Sequence[Mark]
) -> Iterator[LocatedClaim]:
    """How to reach an owner, beside his name or below it: "Mr Oyelaran, tel 01632 ...", a cell that is an address."""
    if state.block == "other":
        return
    found: list[tuple[FactField, str, str]] = []
    if _HAS_DIGIT.search(line):
        found += [("owner_phone", phone, quote) for phone, quote in shapes.find_telephones(line)]
    if "@" in line and (mail := _MAIL.search(line)) is not None:
        found.append(("owner_email", mail[0], mail[0]))
    assert state.owner_line is not None
    if number - state.owner_number == state.seen - state.owner_line and "\f" not in line:
        behind = line.find(state.owner_words) + len(state.owner_words) if number == state.owner_number else 0
        free = contacts.list_unlabelled(cells=split_cells(line), marks=marks, behind=behind)
        found += [(target, raw, raw) for target, raw in contacts.find_in_cells(free)]
    if found and not any(word in lowered for word in labels.CLINIC_WORDS):
        for target, raw, quote in found:
            yield from claim_value(state, number, target, raw, quote)


def _read_weights(state: Surroundings, number: int, line: str, lowered: str) -> Iterator[LocatedClaim]:
    sure = list(_read_sure_weights(state, number, line, lowered))
    yield from sure
    for claim in sure:
        if (converted := find_conversion(line, claim.raw)) is not None:
            yield from claim_value(state, number, "weight", converted, converted)
    if not sure and state.block not in ("animal", "other"):
        for raw in find_loose_weights(line, lowered):
            state.pending.loose_weights.append(LocatedClaim(field="weight", raw=raw, line=number, quote=raw))


def _read_sure_weights(state: Surroundings, number: int, line: str, lowered: str) -> Iterator[LocatedClaim]:
    for subject, raw, quote in (*shapes.find_weights(line, lowered), *shapes.find_named_weights(line)):
        if subject:
            state.pending.loose.append(((subject,), LocatedClaim(field="weight", raw=raw, line=number, quote=quote)))
        else:
            yield from claim_value(state, number, "weight", raw, quote)
    for raw in shapes.find_clause_weights(line, lowered):
        named = shapes.find_dated_name(line[: line.index(raw)])
        if named is None:
            yield from claim_value(state, number, "weight", raw, raw)
        else:
            claim = LocatedClaim(field="weight", raw=raw, line=number, quote=raw)
            state.pending.loose.append(((named,), claim))


def _drop_twins(claims: Sequence[LocatedClaim]) -> list[LocatedClaim]:
    """One claim for one value on one line: a label and a shape may have found the same."""
    kept: dict[tuple[object, ...], LocatedClaim] = {}
    for claim in claims:
        if claim.field in CLINICAL:
            kept.setdefault((claim.line, claim.field, claim.raw), claim)
            continue
        values = normalise(field=claim.field, raw=claim.raw)
        key = (claim.line, *((value.field, value.value, value.unit) for value in values))
        kept.setdefault(key, claim)
    return list(kept.values())
