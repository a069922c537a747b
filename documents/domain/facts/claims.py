"""The rules' own claims: labelled values, and a few unlabelled shapes that are certain. Precision before recall.

One pass over the lines keeps whose block it is in (owner, patient, another person, another animal), because the same
"Phone:" is the owner's under "Client" and nobody's under "Emergency Contact".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from documents.domain.facts import labels, shapes
from documents.domain.facts.clinical.proposing import ClinicalReader
from documents.domain.facts.marks import Mark, find_marks, split_cells
from documents.domain.facts.typed import Value
from documents.domain.facts.values import normalise
from documents.domain.findings import CLINICAL, FACT_FIELDS, HOUSEHOLD_FIELDS, SERIES, FactField
from documents.domain.lines import SourceText, is_blank
from patients.domain import identity

OWNER_BLOCK = 8  # non-blank lines that a block reaches behind its last label
NEIGHBOURS = 8  # lines around a colour or a bare "Name:" in which another label of a patient must stand
LETTERHEADS = 3  # times that a clinic's name must head a line to be taken without a label
LONGEST_LINE = 2_000  # characters of a line that are read

# Too short or too common to be labels where no colon says so.
_AMBIGUOUS_HEADS = frozenset(
    {"art", "ht", "home", "cell", "contact", "mail", "attending", "m/c", "chip", "vet", "practice"}
)
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
_NUMBERED = re.compile(r"\s*(?:\(?(?:[IVX]{1,5}|\d{1,2}|[A-Ha-h])[.)]\s)?\s*")
_COUNT = re.compile(r"^\s*(?:\d{1,2}[.)]|[-•*]|re:?)\s+", re.IGNORECASE)
_COMMA = re.compile(r",(?!\d)")  # "1,71 kg" is one piece
_PARTS = re.compile(r"\s*(?:[/|;]|,(?!\d))\s*|\s[-–]\s")
_BEHIND = re.compile(r"[;(/]|,(?!\d)|\s[-–]\s")
_HAS_DIGIT = re.compile("[0-9]")
_FIELDS: dict[str, FactField] = {name: name for name in FACT_FIELDS}


@dataclass(frozen=True, kw_only=True, slots=True)
class LocatedClaim:
    """A claim tied to the file: `line` is 1-based and of the whole file, `quote` stands in it, `raw` in the quote."""

    field: FactField
    raw: str  # the value as printed
    line: int
    quote: str  # verbatim


@dataclass(kw_only=True, slots=True)
class _State:
    """Where the pass is: whose block, what waits for the next line, and what only the rest of the file can decide."""

    block: str = ""  # "owner", "patient", "other", "animal", or none
    block_line: int = 0  # count of non-blank lines at the block's last label
    seen: int = 0  # non-blank lines so far
    blanks: int = 0  # blank lines in a row
    is_owner_named: bool = False  # within the block
    owner_line: int | None = None  # count of non-blank lines at the last owner's name; None behind another's block
    is_soft: bool = False  # the block was opened by a label with a value ("Clinic: ..."), not by a heading
    waiting: FactField | None = None  # a label that ended its line without a value
    waiting_bare: labels.Role | None = None
    heads: list[tuple[int, FactField | None]] = field(
        default_factory=list
    )  # a table's head: place and field of a column
    columns: list[tuple[int, str]] = field(default_factory=list)  # place and block, under two headings side by side
    clinical: ClinicalReader = field(default_factory=ClinicalReader)
    in_history: bool = False  # under the heading of a weight history
    bare_names: list[LocatedClaim] = field(default_factory=list)
    colors: list[LocatedClaim] = field(default_factory=list)
    patient_lines: list[int] = field(default_factory=list)  # lines with a label of a patient
    letterheads: dict[str, list[LocatedClaim]] = field(default_factory=dict)
    mailboxes: list[tuple[str, LocatedClaim]] = field(default_factory=list)  # person, and the address beside the name
    names_of_owners: list[tuple[str, LocatedClaim]] = field(default_factory=list)  # "MISO (Whitcombe)"
    loose: list[tuple[tuple[str, ...], LocatedClaim]] = field(
        default_factory=list
    )  # a weight among cells without labels
    tales: list[tuple[str, tuple[LocatedClaim, ...]]] = field(default_factory=list)  # "X is a 4-year-old ..."


def propose_claims(*, text: SourceText, noise: frozenset[int] = frozenset()) -> tuple[LocatedClaim, ...]:
    """What the rules read in the file, in the order of lines.

    Of the lines in `noise` labels and letterheads are read alone: a running header often is the only place that names
    the patient, but a row that returns on every page is no observation.
    """
    state = _State()
    claims: list[LocatedClaim] = []
    for number, line in enumerate(text.lines, start=1):
        if is_blank(line):
            state.blanks += 1
            state.columns = []
            state.clinical.end_list()
            if state.blanks > 1:
                state.block = ""
            continue
        claims.extend(_read_line(state, number, line[:LONGEST_LINE], is_noise=number in noise))
        state.blanks = 0
    claims.extend(_decide_pending(state, claims, text))
    return tuple(sorted(_drop_twins(claims), key=lambda claim: claim.line))


def _read_line(state: _State, number: int, line: str, *, is_noise: bool) -> Iterator[LocatedClaim]:
    state.seen += 1
    if "\f" in line or state.seen - state.block_line > OWNER_BLOCK:
        state.block = ""
    waiting, state.waiting = state.waiting, None
    bare, state.waiting_bare = state.waiting_bare, None
    heads, state.heads = state.heads, []
    marks = find_marks(line) if ":" in line or "..." in line or "=" in line or "#" in line or "…" in line else []
    if marks:
        state.in_history = False
        yield from _read_marks(state, number, line, marks)
    else:
        if waiting is not None or bare is not None:
            yield from _read_waiting(state, number, line, waiting or _bare_field(state, bare))
        if is_noise:
            for _, cell in split_cells(line)[:1]:
                _note_letterhead(state, number, cell.strip())
        else:
            yield from _read_unlabelled(state, number, line, heads)
    if not is_noise:
        yield from _read_shapes(state, number, line)


def _read_marks(state: _State, number: int, line: str, marks: Sequence[Mark]) -> Iterator[LocatedClaim]:
    ahead = line[: marks[0].start]
    if cells := split_cells(ahead):
        _open_by_heading(state, cells[0][1])
        yield from _read_head(state, number, ahead, _pieces(ahead))
    is_beside_animal = any(mark.roles[0] in ("species", "breed") for mark in marks) and state.block != "animal"
    is_beside_animal = is_beside_animal and not state.columns
    restored = ""
    for position, mark in enumerate(marks):
        if state.columns:
            block = [block for start, block in state.columns if start <= mark.start + 2][-1:]
            _open_block(state, block[0] if block else "")
        if position and mark.roles[0] == "@other" and not restored:
            # "Owner: A   Co-owner: -" and, below, the owner's address: another person in mid-line opens no block.
            restored = state.block
        is_last = position == len(marks) - 1
        yield from _read_mark(state, number, line, mark, is_last=is_last, is_beside_animal=is_beside_animal)
    yield from _read_rest(state, number, line, marks)
    if restored:
        state.block = restored


def _open_by_heading(state: _State, heading: str) -> None:
    """A heading opens its block: "Client details (updated 11 Jun 2018)"."""
    plain = _NUMBERED.sub("", _BRACKETS.sub("", heading), count=1)
    role = labels.ROLES.get(labels.canonical(plain), "") if len(plain) <= 60 else ""
    if role.startswith("@") and role != "@stop":
        _open_block(state, role[1:])


def _pieces(line: str) -> list[tuple[int, str]]:
    """The cells of a line, and where there is one cell only, its parts between commas."""
    cells = split_cells(line)
    if len(cells) == 1 and "," in line:
        return [(0, piece) for piece in _COMMA.split(line)]
    return cells


def _read_mark(
    state: _State, number: int, line: str, mark: Mark, *, is_last: bool, is_beside_animal: bool = False
) -> Iterator[LocatedClaim]:
    raw = line[mark.value_start : mark.value_end].strip(" \t,;|•–—-·")
    role = mark.roles[0]
    if role.startswith("@"):
        if role != "@stop":
            _open_block(state, role[1:])
        return
    if len(mark.roles) > 1:
        yield from _read_composite(state, number, line, mark, raw)
        return
    target = _bare_field(state, role)
    if role == "bare_name" and is_beside_animal:
        target = "name"
    elif role == "bare_name" and target == "owner" and state.is_owner_named:
        target = None  # the block has its owner: this name is another's, perhaps the animal's
    _enter(state, role)
    if not raw:
        if is_last and not line[mark.value_end :].strip():
            state.waiting, state.waiting_bare = target, role if role.startswith("bare_") else None
        return
    is_first = _NUMBERED.fullmatch(line[: mark.start]) is not None
    if (
        role == "bare_name"
        and target is None
        and is_first
        and (state.is_soft or state.block not in ("other", "animal"))
    ):
        claim = LocatedClaim(field="name", raw=raw, line=number, quote=_quote(line, mark, raw))
        state.bare_names.append(claim)
    elif target is not None:
        yield from _claim(state, number, target, raw, _quote(line, mark, raw))


def _quote(line: str, mark: Mark, raw: str) -> str:
    return line[mark.start : line.index(raw, mark.value_start) + len(raw)]


def _bare_field(state: _State, role: labels.Role | None) -> FactField | None:
    if role is None:
        return None
    if role in ("bare_phone", "bare_email", "bare_address") and state.block in ("owner", "patient"):
        # "Client: A   Patient: B" and, below, a phone: an animal has none.
        is_owners = state.block == "owner" or state.seen - (state.owner_line or -OWNER_BLOCK) <= OWNER_BLOCK
        return _BARE[role, "owner"] if is_owners else None
    return _FIELDS.get(role) or _BARE.get((role, state.block))


def _open_block(state: _State, block: str, *, is_soft: bool = False) -> None:
    state.block, state.block_line, state.is_owner_named, state.is_soft = block, state.seen, False, is_soft
    if block in ("other", "animal"):
        state.owner_line = None


def _enter(state: _State, role: labels.Role) -> None:
    """A label of one's own data opens or prolongs that one's block; a bare label prolongs the block it stands in."""
    if role == "owner":
        _open_block(state, "owner")
    elif role == "name":
        _open_block(state, "patient")
    elif role in ("veterinarian", "clinic"):
        _open_block(state, "other", is_soft=True)
    elif role.startswith(("bare_", "owner_")):
        state.block_line = state.seen


def _claim(state: _State, number: int, target: FactField, raw: str, quote: str) -> Iterator[LocatedClaim]:
    """The claim, if its value can be read and nothing speaks against it."""
    if state.block == "animal" and target in _OF_ANIMAL:
        return
    values = normalise(field=target, raw=raw)
    if not values or not _is_likely(target, raw, values):
        return
    if target == "weight":
        raw = shapes.trim_weight(raw)
    claim = LocatedClaim(field=target, raw=raw, line=number, quote=quote)
    if target == "color":
        state.colors.append(claim)
        return
    if target in _PATIENT_ROLES:
        state.patient_lines.append(number)
    yield claim
    if target == "owner":
        state.is_owner_named, state.owner_line = True, state.seen
        for extra in ("owner_phone", "owner_email"):
            if normalise(field=_FIELDS[extra], raw=raw):
                yield replace(claim, field=_FIELDS[extra])


def _is_likely(target: FactField, raw: str, values: Sequence[Value]) -> bool:
    """Whether the words look like such a value: names are no sentences, persons are written as persons."""
    value = str(values[0].value)
    if target in ("name", "owner", "veterinarian"):
        words = [word.strip(".,").casefold() for word in value.split()]
        if any(word in labels.NO_NAME for word in words[: 3 if target == "name" else None]) or value.endswith("."):
            return False
        if target == "name":
            return value[:1].isupper() or len(words) == 1
        return shapes.is_person(value, needs_credential=target == "veterinarian")
    if target == "breed":
        return ". " not in value and not shapes.is_sentence(value)
    if target == "clinic":
        return value[:1].isupper() and not shapes.is_sentence(value)
    return True


def _read_composite(state: _State, number: int, line: str, mark: Mark, raw: str) -> Iterator[LocatedClaim]:
    """Of "Species/Breed: Canine/Labrador" the parts, in the order of the label, else each by its own shape."""
    pieces = [piece.strip() for piece in _PARTS.split(raw) if piece.strip()]
    if not pieces:
        return
    quote = _quote(line, mark, raw)
    if len(pieces) == len(mark.roles):
        for role, piece in zip(mark.roles, pieces, strict=True):
            target = _bare_field(state, role)
            if target is not None:
                yield from _claim(state, number, target, piece, quote)
        return
    for piece in pieces:
        for target, words in shapes.classify(piece):
            if target in mark.roles or (target == "sex" and "neutered" in mark.roles):
                yield from _claim(state, number, target, words, quote)


def _read_rest(state: _State, number: int, line: str, marks: Sequence[Mark]) -> Iterator[LocatedClaim]:
    """What stands unlabelled beside a patient's labelled name: "Patient: Biscuit   Beagle   MN   6 yr   12.2 kg"."""
    named = next((mark for mark in marks if mark.roles[0] == "name"), None)
    if named is None or state.block == "animal":
        return
    limit = next((mark.start for mark in marks if mark.start > named.start), len(line))
    inner = line[named.value_start : named.value_end]
    behind = _BEHIND.split(inner)[1:]
    cells = [cell for _, cell in split_cells(line[named.value_end : limit])]
    for piece in (*behind, *cells):
        for target, words in shapes.classify(piece.strip(" ()[]")):
            yield from _claim(state, number, target, words, line[named.start : limit].rstrip())


def _read_waiting(state: _State, number: int, line: str, target: FactField | None) -> Iterator[LocatedClaim]:
    raw = line.strip()
    if target is None or len(raw) > 60 or labels.canonical(raw) in labels.ROLES:
        return
    if target in ("name", "owner") and (len(raw.split()) > 4 or not raw[:1].isupper() or raw.endswith((".", ":"))):
        return
    if target in ("color", "breed", "clinic", "veterinarian") and (len(raw.split()) > 6 or raw.endswith((".", ":"))):
        return
    yield from _claim(state, number, target, raw, raw)


def _read_unlabelled(
    state: _State, number: int, line: str, heads: Sequence[tuple[int, FactField | None]]
) -> Iterator[LocatedClaim]:
    stripped = line.strip()
    short = len(stripped) <= 60
    if short and stripped.endswith(":"):
        state.block = ""
    key = labels.canonical(stripped) if short else ""
    role = labels.ROLES.get(key, "")
    if short:
        _open_by_heading(state, stripped)
    if key in labels.SOLO:
        state.waiting = _FIELDS.get(role)
        _enter(state, role)
    if key in labels.WEIGHT_HISTORY:
        state.in_history = True
        return
    if state.block == "owner" and short and shapes.is_titled_person(stripped):
        yield from _claim(state, number, "owner", stripped, stripped)
    if state.in_history:
        yield from _read_history(state, number, line)
    cells = split_cells(line) if "  " in line or "\t" in line or "|" in line else []
    if len(cells) > 1:
        if _open_columns(state, cells):
            return
        yield from _read_cells(state, number, line, cells, heads)
    elif line.count(",") > 1 and len(stripped) <= 140:
        yield from _read_head(state, number, line, _pieces(stripped))
    _note_letterhead(state, number, cells[0][1].strip() if cells else stripped)


def _open_columns(state: _State, cells: Sequence[tuple[int, str]]) -> bool:
    """Whether the line holds headings side by side, whose blocks then stand below them until a blank line."""
    if cells[0][1].strip().casefold() not in labels.ROLES:
        return False
    blocks = [(start, labels.ROLES.get(labels.canonical(cell), "")) for start, cell in cells]
    if not all(block.startswith("@") and block != "@stop" for _, block in blocks):
        return False
    state.columns = [(start, block[1:]) for start, block in blocks]
    return True


def _read_history(state: _State, number: int, line: str) -> Iterator[LocatedClaim]:
    raw = shapes.dated_weight(line)
    if raw is None:
        state.in_history = False
        return
    yield from _claim(state, number, "weight", raw, line.strip())


def _read_cells(
    state: _State,
    number: int,
    line: str,
    cells: Sequence[tuple[int, str]],
    heads: Sequence[tuple[int, FactField | None]],
) -> Iterator[LocatedClaim]:
    """A table's head, its first row, a label and its value in two columns, or a heading with the whole signalment."""
    keys = [labels.canonical(cell) for _, cell in cells]
    known = [key in labels.TABLE_HEADS for key in keys]
    is_series = "date" in keys and "weight" in keys
    if (sum(known) >= 2 or is_series or heads) and all(key in labels.ROLES for key in keys):
        state.heads = [
            (start, _FIELDS.get(labels.ROLES[key]) or ("name" if key == "name" else None))
            for (start, _), key in zip(cells, keys, strict=True)
        ]
        return
    if heads:
        state.heads = list(heads) if _has_further_rows(heads) else []
        for target, (_, cell) in _align(heads, cells):
            if target is not None:
                yield from _claim(state, number, target, cell.strip(), line.strip())
        return
    yield from _read_columns(state, number, line, cells, keys)
    for start, cell in cells:
        if shapes.is_body_weight(cell.strip()):
            claim = LocatedClaim(field="weight", raw=cell.strip(), line=number, quote=line.strip())
            state.loose.append((tuple(other for place, other in cells if place != start), claim))
    if not any(known):
        yield from _read_head(state, number, line, cells)


def _has_further_rows(heads: Sequence[tuple[int, FactField | None]]) -> bool:
    """Whether a table may go on below its first row: one of animals by name, or of measures by date."""
    told = {target for _, target in heads if target is not None}
    return "name" in told or told <= SERIES | {"age"}


def _read_columns(
    state: _State, number: int, line: str, cells: Sequence[tuple[int, str]], keys: Sequence[str]
) -> Iterator[LocatedClaim]:
    """Of "Species   Feline   Breed   Siamese" the values: each stands in the column behind its label."""
    for position in range(len(cells) - 1):
        is_head = keys[position] in labels.SOLO or (position % 2 == 0 and len(cells) % 2 == 0)
        if not is_head or keys[position] not in labels.ROLES or keys[position + 1] in labels.ROLES:
            continue
        start, raw = cells[position + 1][0], cells[position + 1][1].strip()
        begin = line.index(cells[position][1].strip(), cells[position][0])
        mark = Mark(
            key=keys[position],
            roles=labels.roles_of(keys[position]),
            start=begin,
            value_start=line.index(raw, start),
            value_end=line.index(raw, start) + len(raw),
        )
        if mark.roles[0] not in ("@other", "@stop") and mark.key not in _AMBIGUOUS_HEADS:
            yield from _read_mark(state, number, line, mark, is_last=False)
            yield from _read_rest(state, number, line, [mark])


def _align(
    heads: Sequence[tuple[int, FactField | None]], cells: Sequence[tuple[int, str]]
) -> Iterator[tuple[FactField | None, tuple[int, str]]]:
    """Each cell with its column's field: one to one where their numbers agree, else where they begin together."""
    if len(heads) == len(cells):
        for (_, target), cell in zip(heads, cells, strict=True):
            yield target, cell
        return
    for cell in cells:
        target = next((target for start, target in heads if abs(start - cell[0]) <= 2), None)
        yield target, cell


def _read_head(state: _State, number: int, line: str, cells: Sequence[tuple[int, str]]) -> Iterator[LocatedClaim]:
    """Of "Bella  Canine/Labrador  FS  12y" all: a name, and at least a kind of animal and a sex beside it.

    Without the name, the kind and the sex must be joined by a third value: they are the patient's of the document.
    """
    if len(cells) > 1 and _COUNT.fullmatch(cells[0][1].strip() + " "):
        cells = cells[1:]
    if len(cells) < 3 or state.block == "animal":
        return
    first = _COUNT.sub("", cells[0][1]).strip()
    is_named = shapes.is_animal_name(first)
    found: list[tuple[FactField, str]] = []
    after_species = False
    for _, cell in cells[is_named:]:
        values = shapes.classify(cell.strip())
        if not values and after_species and shapes.is_title(cell.strip()) and cell.strip().replace(" ", "").isalpha():
            values = (("breed", cell.strip()),)
        after_species = [target for target, _ in values] == ["species"]
        found.extend(values)
    fields = {target for target, _ in found}
    if "sex" not in fields or not fields & {"species", "breed"} or (not is_named and len(cells) > 8):
        return
    quote = line.strip()
    if is_named:
        yield from _claim(state, number, "name", first, quote)
    for target, words in found:
        yield from _claim(state, number, target, words, quote)


def _note_letterhead(state: _State, number: int, head: str) -> None:
    head = head.lstrip("> ")
    if 8 <= len(head) <= 70 and head[-1:].isalpha() and shapes.is_title(head):
        folded = head.casefold()
        if any(word in folded for word in labels.CLINIC_WORDS):
            claim = LocatedClaim(field="clinic", raw=head, line=number, quote=head)
            state.letterheads.setdefault(folded, []).append(claim)


def _read_shapes(state: _State, number: int, line: str) -> Iterator[LocatedClaim]:
    """Shapes that are certain without a label's colon: a weight in a row of vitals, a chip, a mailbox, a sentence."""
    lowered = line.lower()
    if state.block != "animal":
        for each in state.clinical.read(line, lowered):
            yield LocatedClaim(field=each.field, raw=each.raw, line=number, quote=each.quote)
    if _HAS_DIGIT.search(line):
        if shapes.may_hold_weight(lowered):
            yield from _read_weights(state, number, line, lowered)
        for target, raw, quote in shapes.find_codes(line, lowered):
            yield from _claim(state, number, target, raw, quote)
        if " is a" in lowered or " was a" in lowered:
            tale = shapes.read_tale(line)
            if tale is not None:
                name, pairs, quote = tale
                found = [c for target, raw in pairs for c in _claim(state, number, target, raw, quote)]
                state.tales.append((name, tuple(found)))
    if " (" in line:
        for animal, owner, quote in shapes.find_names_of_owners(line):
            state.names_of_owners.append((owner, LocatedClaim(field="name", raw=animal, line=number, quote=quote)))
    if "@" in line:
        for person, mail, quote in shapes.find_mailboxes(line):
            state.mailboxes.append((person, LocatedClaim(field="owner_email", raw=mail, line=number, quote=quote)))


def _read_weights(state: _State, number: int, line: str, lowered: str) -> Iterator[LocatedClaim]:
    for subject, raw, quote in (*shapes.find_weights(line, lowered), *shapes.find_named_weights(line)):
        if subject:
            state.loose.append(((subject,), LocatedClaim(field="weight", raw=raw, line=number, quote=quote)))
        else:
            yield from _claim(state, number, "weight", raw, quote)
    raw_weight = shapes.sentence_weight(line)
    if raw_weight is not None:
        yield from _claim(state, number, "weight", raw_weight, raw_weight)


def _decide_pending(state: _State, claims: Sequence[LocatedClaim], text: SourceText) -> Iterator[LocatedClaim]:
    """What the rest of the file decides: bare names, colours, mailboxes of known owners, tales of known names."""
    patient_lines = frozenset(state.patient_lines)

    def is_near(line: int) -> bool:
        return any(line + step in patient_lines for step in range(-NEIGHBOURS, NEIGHBOURS + 1))

    for claim in state.bare_names:
        values = normalise(field="name", raw=claim.raw)
        if values and is_near(claim.line) and _is_likely("name", claim.raw, values):
            yield claim
    for claim in state.colors:
        around = " ".join(text.lines[max(0, claim.line - 4) : claim.line + 3]).lower()
        if is_near(claim.line) and not labels.URINE.search(around[: LONGEST_LINE * 7]):
            yield claim
    owners = {_printed(claim) for claim in claims if claim.field == "owner"}
    for person, claim in state.mailboxes:
        if any(identity.is_same_person(person, owner) for owner in owners):
            yield claim
    parts = {part for owner in owners for part in identity.owner_parts(owner)}
    for owner, claim in state.names_of_owners:
        if identity.fold_name(owner) in parts:
            yield claim
    names = {identity.fold_name(part) for claim in claims if claim.field == "name" for part in _printed(claim).split()}
    names |= {identity.fold_name(_printed(claim)) for claim in claims if claim.field == "name"}
    for cells, claim in state.loose:
        if any(identity.fold_name(word) in names for cell in cells for word in cell.split()[:4]):
            yield claim
    for name, found in state.tales:
        if not names or identity.fold_name(name) in names:
            yield from found
    for repeated in state.letterheads.values():
        if len(repeated) >= LETTERHEADS or repeated[0].line <= 3:
            yield from repeated


def _printed(claim: LocatedClaim) -> str:
    """The name that a claim of a person or an animal holds."""
    values = normalise(field=claim.field, raw=claim.raw)
    return str(values[0].value) if values else claim.raw


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
