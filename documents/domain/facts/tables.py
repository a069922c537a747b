"""Values in columns: under a table's head, beside their label, under headings that stand side by side."""

import re
from collections.abc import Iterator, Sequence

from documents.domain.facts import labels, shapes
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.descriptions import is_of_kind, may_describe
from documents.domain.facts.labelled import read_mark, read_rest
from documents.domain.facts.marks import Mark
from documents.domain.facts.signalments import read_signalment, split_pieces
from documents.domain.facts.surroundings import FIELDS, Surroundings, claim_value, enter
from documents.domain.facts.values import trim_name
from documents.domain.findings import SERIES, FactField

# Too short or too common to be labels where no colon says so.
_AMBIGUOUS_HEADS = frozenset(
    {"art", "ht", "home", "cell", "contact", "mail", "attending", "m/c", "chip", "vet", "practice"}
)


def open_columns(state: Surroundings, cells: Sequence[tuple[int, str]]) -> bool:
    """Whether the line holds headings side by side, whose blocks then stand below them until a blank line."""
    if cells[0][1].strip().casefold() not in labels.ROLES:
        return False
    blocks = [(start, labels.ROLES.get(labels.canonical(cell), "")) for start, cell in cells]
    if not all(block.startswith("@") and block != "@stop" for _, block in blocks):
        return False
    state.columns = [(start, block[1:]) for start, block in blocks]
    return True


def read_history(state: Surroundings, number: int, line: str) -> Iterator[LocatedClaim]:
    raw = shapes.dated_weight(line)
    if raw is None:
        state.in_history = False
        return
    yield from claim_value(state, number, "weight", raw, line.strip())


def read_cells(
    state: Surroundings,
    number: int,
    line: str,
    cells: Sequence[tuple[int, str]],
    heads: Sequence[tuple[int, FactField | None]],
) -> Iterator[LocatedClaim]:
    """A table's head, its first row, a label and its value in two columns, or a heading with the whole signalment."""
    if len(cells) > 2 and not state.tokens.isdisjoint(labels.DEPARTED):
        return  # "(Ozzie  Canine  Dachshund  MN  DECEASED)" is of an animal that lives no more
    keys = [labels.canonical(cell) if labels.may_begin(cell.split(None, 1)[0]) else "" for _, cell in cells]
    known = [key in labels.TABLE_HEADS for key in keys]
    is_series = "date" in keys and "weight" in keys
    is_head = (sum(known) >= 2 or is_series or heads) and all(key in labels.ROLES for key in keys)
    if is_head or any(all(known[place : place + 3]) for place in range(len(known) - 2)):
        state.heads = [
            (start, FIELDS.get(labels.ROLES.get(key, "")) or ("name" if key == "name" else None))
            for (start, _), key in zip(cells, keys, strict=True)
        ]
        return
    if heads and _fits(heads, cells):
        state.heads = list(heads) if _has_further_rows(heads) else []
        for target, (_, cell) in _align(heads, cells):
            if target is not None:
                yield from claim_value(state, number, target, cell.strip(), line.strip())
        return
    yield from _read_client(state, number, line, cells)
    first = 1 if labels.ROLES.get(keys[0]) == "@patient" else 0  # "PET 2   Name  Gus   Species  cat"
    yield from _read_columns(state, number, line, cells[first:], keys[first:])
    yield from _read_spaced(state, number, line, cells)
    for start, cell in cells if shapes.may_hold_weight(line.lower()) else ():
        if shapes.is_body_weight(cell.strip()):
            claim = LocatedClaim(field="weight", raw=cell.strip(), line=number, quote=line.strip())
            state.pending.loose.append((tuple(other for place, other in cells if place != start), claim))
    if not known[0] and sum(known) < 2 and may_describe(state.tokens, line):
        yield from read_signalment(state, number, line, split_pieces(line))


_NUMBERED_OWNER = re.compile(r"\s*([^\W\d_]{4,12})\s(?:n[ºo°r]?\.?\s?)?#?\s?\d[\w/-]*\s*", re.IGNORECASE)


def _read_client(
    state: Surroundings, number: int, line: str, cells: Sequence[tuple[int, str]]
) -> Iterator[LocatedClaim]:
    """Of "Client 1187   Roe, Jane" the owner: behind the number that the practice gave."""
    match = _NUMBERED_OWNER.fullmatch(cells[0][1]) if len(cells) > 1 else None
    person = cells[1][1].strip() if match else ""
    if match is None or labels.ROLES.get(match[1].casefold()) != "owner":
        return
    if shapes.is_person(person, needs_credential=True) and not labels.is_of_title(person):
        enter(state, "owner")
        yield from claim_value(state, number, "owner", person, line.strip())


def _fits(heads: Sequence[tuple[int, FactField | None]], cells: Sequence[tuple[int, str]]) -> bool:
    """Whether a row may stand under a table's head: under a name there is one, and no kind, sex or colour."""
    named = [trim_name(cell.strip()) for target, (_, cell) in _align(heads, cells) if target == "name"]
    return not named or (
        shapes.is_animal_name(named[0])
        and not labels.is_of_title(named[0])
        and not is_of_kind(named[0])
        and not shapes.names_only_a_sex(named[0])
    )


def _has_further_rows(heads: Sequence[tuple[int, FactField | None]]) -> bool:
    """Whether a table may go on below its first row: one of animals by name, or of measures by date."""
    told = {target for _, target in heads if target is not None}
    return ("name" in told and len(told) > 2) or told <= SERIES | {"age"}


def _read_columns(
    state: Surroundings, number: int, line: str, cells: Sequence[tuple[int, str]], keys: Sequence[str]
) -> Iterator[LocatedClaim]:
    """Of "Species   Feline   Breed   Siamese" the values: each stands in the column behind its label."""
    is_beside_animal = not {"species", "breed"}.isdisjoint(keys)
    for position in range(len(cells) - 1):
        is_head = keys[position] in labels.SOLO or (position % 2 == 0 and len(cells) % 2 == 0)
        is_head = is_head or (position == 0 and _names(keys[0], cells[1][1].strip()))
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
            yield from read_mark(state, number, line, mark, is_last=False, is_beside_animal=is_beside_animal)
            yield from read_rest(state, number, line, [mark])


_STRONG = frozenset({"name", "owner", "species", "breed", "sex", "date_of_birth", "microchip", "color", "weight"})
_STRONG_FIRST = frozenset(key.split()[0] for key, role in labels.ROLES.items() if role in _STRONG)


def _read_spaced(
    state: Surroundings, number: int, line: str, cells: Sequence[tuple[int, str]]
) -> Iterator[LocatedClaim]:
    """Of "Owner Mallory   Animal Bosun   Species K9" the values: labels without a mark, two of them at least."""
    marks = [mark for start, cell in cells if (mark := _find_spaced(line, start, cell)) is not None]
    if len(marks) < 2:
        return
    for mark in marks:
        yield from read_mark(state, number, line, mark, is_last=False)


def _find_spaced(line: str, start: int, cell: str) -> Mark | None:
    words = cell.split(None, 3)
    if len(words) < 2 or words[0].lower().rstrip(".") not in _STRONG_FIRST:
        return None
    begin = start + len(cell) - len(cell.lstrip())
    for count in (2, 1):
        if count == 2 and len(words[1].strip(".")) == 1:
            continue  # "Owner S. Roe"
        key = labels.canonical(" ".join(words[:count]))
        if len(words) > count and words[0][0].isupper() and labels.ROLES.get(key) in _STRONG:
            value = line.index(words[count], begin + len(words[0]))
            return Mark(
                key=key, roles=labels.roles_of(key), start=begin, value_start=value, value_end=begin + len(cell.strip())
            )
    return None


def _names(key: str, value: str) -> bool:
    """Whether the first label of a row is a patient's or an owner's, and the cell behind it a name."""
    role = labels.ROLES.get(key)
    if role == "name":
        return shapes.is_animal_name(value)
    return role == "owner" and shapes.is_person(value, needs_credential=True)


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
