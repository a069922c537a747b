"""How lines look: whether those from a line on look other than those above it, by more than is usual in the file.

What is compared costs little: of which kinds the lines are (running text, labels, columns, rows, items, capitals, set
in), and which of them end as sentences do. A file whose own papers go from a table to a text and back has great
differences everywhere; only what goes beyond them tells another paper.
"""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from documents.domain.rules.features import LineFeatures

REACH = 4  # lines with words on either side that are compared
LEAST = 16  # lines with words of a file in which something can be usual
LEAST_BESIDE = 2  # lines on either side, without which nothing is compared
SAMPLES = 64  # places at the most, evenly down the file, that tell what is usual
USUALLY = 0.5  # share of them that differ less than what is usual
SELDOM = 0.9  # ... than what is seldom, which tells in full
NARROWEST = 0.2  # difference between usual and seldom at the least
LABEL_WITHIN = 30  # characters within which a colon makes a label
SET_IN = 2  # spaces beyond which a line is set in

_ITEM = re.compile(r"\s*(?:[-*•·▪◦‣>]\s|\[[ xX]?\])")
_NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s")
_PROSE, _ROW, _ITEM_OF_LIST, _NUMBERED_ITEM, _COLUMNS, _LABEL, _CAPITALS, _SET_IN, _PLAIN = range(0, 18, 2)
_STOPS = frozenset(".!?")
_ENDS_SENTENCE = 1  # added to a kind


def tell_kind(line: LineFeatures, printed: str) -> int:
    """The kind of a printed line, as a number of its own."""
    return _find_form(line, printed) + (_ENDS_SENTENCE if printed.rstrip()[-1:] in _STOPS else 0)


def _find_form(line: LineFeatures, printed: str) -> int:
    if line.prose:
        return _PROSE
    if line.columns > 2:
        return _ROW
    if not line.folded[:1].isalpha():
        if _ITEM.match(printed):
            return _ITEM_OF_LIST
        if _NUMBERED.match(printed):
            return _NUMBERED_ITEM
    if line.columns > 1:
        return _COLUMNS
    if ":" in line.folded[:LABEL_WITHIN]:
        return _LABEL
    if line.capitals:
        return _CAPITALS
    return _SET_IN if line.indent > SET_IN else _PLAIN


class Looks:
    """Compares how the lines of a file look above and below a place. Positions are places in `words`."""

    def __init__(self, lines: Sequence[str], *, words: Sequence[int], features: Sequence[LineFeatures]) -> None:
        """`features` by line; `words` are the numbers of the lines with words, of which each takes a byte."""
        self._kinds = bytes(tell_kind(features[number - 1], lines[number - 1]) for number in words)

    def change(self, position: int) -> float:
        """How much other the lines from `position` on look than those above it: 0 for what is usual here, at most 1."""
        if len(self._kinds) < LEAST:
            return 0.0
        usual, scale = self._usual
        return max(0.0, min(1.0, (self._differ(position) - usual) / scale))

    @cached_property
    def _usual(self) -> tuple[float, float]:
        """The usual difference in this file, and how far beyond it one is seldom."""
        count = len(self._kinds)
        step = -(-count // SAMPLES)
        found = sorted(self._differ(position) for position in range(REACH, count - REACH + 1, step))
        usual, seldom = (found[int(len(found) * share)] for share in (USUALLY, SELDOM))
        return usual, max(NARROWEST, seldom - usual)

    def _differ(self, position: int) -> float:
        """The share of the lines just above that have no like just below; 0 where too few stand on a side."""
        reach = min(REACH, position, len(self._kinds) - position)
        if reach < LEAST_BESIDE:
            return 0.0
        return _compare(self._kinds[position - reach : position], self._kinds[position : position + reach])


@lru_cache(maxsize=4096)
def _compare(had: bytes, has: bytes) -> float:
    """The share of the kinds that there were which have no like among those that follow, as many as they."""
    alike = 0
    for kind in {*had}:
        alike += min(had.count(kind), has.count(kind))
    return 1 - alike / len(had)
