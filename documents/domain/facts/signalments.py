"""A heading that tells who an animal is, without a label: "Bella  Canine/Labrador  FS  12y"."""

import re
from collections.abc import Iterator, Sequence

from documents.domain.facts import shapes
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.marks import split_cells
from documents.domain.facts.surroundings import Surroundings, claim_value
from documents.domain.findings import FactField

_COUNT = re.compile(r"^\s*(?:\d{1,2}[.)]|[-•*]|re:?)\s+", re.IGNORECASE)
_COMMA = re.compile(r",(?!\d)")  # "1,71 kg" is one piece


def split_pieces(line: str) -> list[tuple[int, str]]:
    """The cells of a line, and where there is one cell only, its parts between commas."""
    cells = split_cells(line)
    if len(cells) == 1 and "," in line:
        return [(0, piece) for piece in _COMMA.split(line)]
    return cells


def read_signalment(
    state: Surroundings, number: int, line: str, cells: Sequence[tuple[int, str]]
) -> Iterator[LocatedClaim]:
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
        yield from claim_value(state, number, "name", first, quote)
    for target, words in found:
        yield from claim_value(state, number, target, words, quote)
