"""Ties what an answer says to the lines of the file: a start is where its quote stands, not where its number points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from documents.domain.findings import MAX_QUOTE, Start
from documents.domain.lines import fold
from documents.domain.windows import Window

REACH = 15  # lines within which a quote that stands elsewhere is believed to be a slip of the number
LIKE_ENOUGH = 90  # rapidfuzz ratio (0 to 100) from which a quote with slips is the line's
_SHORT = 8  # folded characters below which a quote must be a line's beginning

Grounding = Literal["verified", "repaired", "fuzzy"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroundedStart:
    """A start whose quote was found. `line` is 1-based, of the whole file."""

    line: int
    grounding: Grounding
    start: Start


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedStart:
    """A start whose quote was not found in its window. `line` is where the answer put it, of the whole file."""

    line: int
    start: Start


def ground_start(start: Start, *, window: Window, folded: Sequence[str]) -> GroundedStart | RejectedStart:
    """`start` at the line where its quote stands. `folded` are the file's lines, folded, their first 300 characters.

    In this order: exact at its line; exact at the nearest line within REACH; alike (fuzzy) within REACH; exact at the
    only line of the window that holds it; else rejected. Lines that the window did not show are not looked at.
    """
    claimed = window.first_line + start.line - 1
    quote = fold(start.quote)[:MAX_QUOTE].strip()
    shown = frozenset(window.shown)
    if not quote:
        return RejectedStart(line=claimed, start=start)
    if claimed in shown and _stands(quote, claimed, folded=folded):
        return GroundedStart(line=claimed, grounding="verified", start=start)
    near = [number for number in _nearest_first(claimed) if number in shown]
    for number in near:
        if _stands(quote, number, folded=folded):
            return GroundedStart(line=number, grounding="repaired", start=start)
    alike = max(near, key=lambda number: _likeness(quote, folded[number - 1]), default=None)
    if alike is not None and _likeness(quote, folded[alike - 1]) >= LIKE_ENOUGH:
        return GroundedStart(line=alike, grounding="fuzzy", start=start)
    everywhere = [number for number in window.shown if _stands(quote, number, folded=folded)]
    if len(everywhere) == 1:
        return GroundedStart(line=everywhere[0], grounding="repaired", start=start)
    return RejectedStart(line=claimed, start=start)


def _nearest_first(line: int) -> Iterator[int]:
    yield line
    for distance in range(1, REACH + 1):
        yield line - distance
        yield line + distance


def _stands(quote: str, number: int, *, folded: Sequence[str]) -> bool:
    line = folded[number - 1]
    if line.startswith(quote) or (len(quote) >= _SHORT and quote in line):
        return True
    # A quote may run on into the next line, where a title is printed over two.
    return (
        bool(line) and quote.startswith(line) and number < len(folded) and f"{line} {folded[number]}".startswith(quote)
    )


def _likeness(quote: str, line: str) -> float:
    return fuzz.ratio(quote, line[: len(quote) + 4], score_cutoff=LIKE_ENOUGH)
