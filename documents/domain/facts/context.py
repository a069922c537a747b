"""What the words around a value make of it: "not neutered" says the opposite of "neutered", "Neutered: ..." nothing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from documents.domain.facts import labels
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.marks import split_cells
from documents.domain.facts.values import read_sex
from documents.domain.findings import FactField
from documents.domain.lines import fold, stands_in

_TICKABLE: frozenset[FactField] = frozenset({"species", "sex", "neutered"})
_CODE = re.compile(r"\d(?:[ .*·-]?\d){14}(?!\d)")  # 15 digits, in groups or not
_EMPTY_BOX = re.compile(r"(?:\[[ _]?\]|\([ _]\)|[☐□])\s*$")
_LABEL_END = re.compile(r"\s*[:?=]")


def _any_of(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")"


_NO, _BETWEEN = _any_of(labels.NEGATIONS), _any_of(labels.BESIDE_NEGATION)
_NEGATED_AHEAD = re.compile(rf"(?<!\w)(?:{_NO}(?:[ -]{_BETWEEN})*[ -]|un-)$")
_NEGATED_BEHIND = re.compile(rf"(?:[ -]{_BETWEEN})*[ -]{_NO}(?:[ -]{_BETWEEN})*[.;]?$")


def is_stated(*, field: FactField, raw: str, line: str) -> bool:
    """Whether a value stands whole in its line (I4): no part of a word, number, code or address. Both are folded."""
    if not stands_in(raw, line):
        return False
    if field == "microchip" and sum(map(str.isdigit, raw)) < 15:
        return not any(raw in code[0] for code in _CODE.finditer(line))
    return True


def read_in_line(*, claim: LocatedClaim, line: str) -> LocatedClaim | None:
    """The claim as its line means it: a negation beside a neuter status is taken into the raw value and the quote.

    None where the words are the label of another value, an empty box's, or denied in a way that cannot be quoted.
    """
    if claim.field not in _TICKABLE:
        return claim
    cell, raw = _cell_of(claim, line), fold(claim.raw)
    around = [(cell[:start], cell[start + len(raw) :]) for start in _find_whole(raw, cell)]
    if not around or any(_EMPTY_BOX.search(ahead) for ahead, _ in around):
        return None
    if (read_sex(claim.raw) or (None, None))[1] is None:
        return claim
    if any(_LABEL_END.match(behind) for _, behind in around) or _is_label_of_next_cell(claim, line, cell=cell):
        return None
    said = {_negated(ahead, raw, behind) for ahead, behind in around}
    if said == {raw}:
        return claim
    return _extend(claim, line, said.pop()) if len(said) == 1 else None


def _find_whole(raw: str, cell: str) -> Iterator[int]:
    """The places at which `raw` stands in the cell with no letter or digit beside its own."""
    place = cell.find(raw)
    while place >= 0:
        end = place + len(raw)
        is_cut = (place > 0 and raw[:1].isalnum() and cell[place - 1].isalnum()) or (
            raw[-1:].isalnum() and cell[end : end + 1].isalnum()
        )
        if not is_cut:
            yield place
        place = cell.find(raw, place + 1)


def _negated(ahead: str, raw: str, behind: str) -> str:
    """The raw value with the negation beside it, if there is one."""
    before, after = _NEGATED_AHEAD.search(ahead), _NEGATED_BEHIND.fullmatch(behind)
    return (before[0] if before else "") + raw + (after[0] if after else "")


def _cell_of(claim: LocatedClaim, line: str) -> str:
    """The folded cell that the raw value stands in; the whole line where it stands in several, or across them."""
    raw = fold(claim.raw)
    cells = [cell for cell in (fold(cell) for _, cell in split_cells(line)) if stands_in(raw, cell)]
    return cells[0] if len(cells) == 1 else fold(line)


def _is_label_of_next_cell(claim: LocatedClaim, line: str, *, cell: str) -> bool:
    is_label = cell == fold(claim.raw) and "neutered" in labels.roles_of(labels.canonical(claim.raw))
    return is_label and split_cells(line)[-1][1].strip() != claim.raw.strip()


def _extend(claim: LocatedClaim, line: str, words: str) -> LocatedClaim | None:
    """The claim with `words` for its raw value, as the line prints them; None where only folding shows them."""
    printed = re.search(re.escape(words), line, re.IGNORECASE)
    if printed is None:
        return None
    quote = claim.quote if printed[0] in claim.quote else line.strip()
    return replace(claim, raw=printed[0], quote=quote)
