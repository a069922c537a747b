"""How a file begins tells how its other documents do: what is printed on top of the first is printed on top of more."""

import re
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from documents.domain.rules.features import LineFeatures
from documents.domain.rules.spelling import spell

FIRST = 4  # first lines of a file that are compared
LEAST_LETTERS = 4  # of a line that tells by itself
LEAST_LIKENED = 10  # letters from which two lines are alike where a scan has spoilt one
LIKE_ENOUGH = 80  # of 100: rapidfuzz `ratio` of two spoilt copies
LEAST_ALIKE = 2  # lines that are alike, where the first does not tell by itself
ROWS = 3  # lines below each other that are like the first, from which they are rows
MOST_LONGER = 0.5  # share of the length of a line by which another may differ that is like it
SLACK = 12  # characters by which it may differ beyond that
_UNKNOWN = -1.0
_DIGIT = re.compile(r"\d")


def outline(line: LineFeatures) -> str:
    """What a practice prints alike on top of each document: a label, a title, a ruler; numbers masked."""
    if line.ruler:
        return f"ruler {line.folded[:1]}"
    if line.groups and ":" in line.folded:
        return f"label {spell(line.folded.partition(':')[0])}"
    letters = _spell_words(line.head or line.folded)
    return f"{letters}#" if _DIGIT.search(line.folded) else letters


@lru_cache(maxsize=8192)
def _spell_words(folded: str) -> str:
    """How the words are spelt that hold no digit."""
    return spell(" ".join(word for word in folded.split() if not _DIGIT.search(word)))


class FirstLines:
    """Compares lines with those that the file begins with. Positions are places in the file's lines with words."""

    def __init__(self, words: Sequence[int], *, features: Callable[[int], LineFeatures], first: int = 0) -> None:
        """`first` is the position at which the file's first document begins."""
        self._words, self._features = words, features
        self._lines = [features(number) for number in words[first : first + FIRST]]
        self._outlines = [outline(line) for line in self._lines]
        self._known = array("f", [_UNKNOWN]) * len(words)  # the likeness of each position, once it has been asked for

    def _is_like(self, position: int, index: int) -> bool:
        """Whether the line at `position` is like the file's first line of that index."""
        line, first = self._features(self._words[position]), self._lines[index]
        if line.prose != first.prose or line.ruler != first.ruler or bool(line.groups) != bool(first.groups):
            return False
        if not line.groups and abs(len(line.head) - len(first.head)) > MOST_LONGER * len(first.head) + SLACK:
            return False  # soon told, for most lines
        return _alike(self._outlines[index], outline(line))

    def likeness(self, position: int) -> float:
        """How much the lines from `position` on are like the file's first ones, 0 to 1; 0 if the first is not."""
        known = self._known[position]
        if known == _UNKNOWN:
            known = self._known[position] = self._compare(position)
        return known

    def _compare(self, position: int) -> float:
        if not self._lines or position + 1 >= len(self._words) or not self._is_like(position, 0):
            return 0.0
        if not self._lines[0].ruler and self._is_row(position):
            return 0.0
        most = min(len(self._lines), len(self._words) - position)
        alike = 1 + sum(self._is_like(position + index, index) for index in range(1, most))
        if alike < LEAST_ALIKE and len(self._outlines[0]) < LEAST_LETTERS:
            return 0.0
        return alike / len(self._lines)

    def _is_row(self, position: int) -> bool:
        """Whether such lines stand one below the other about the position: rows of a list top nothing."""
        around = range(max(0, position - ROWS + 1), min(len(self._words), position + ROWS))
        run = 0
        for place in around:
            run = run + 1 if self._is_like(place, 0) else 0
            if run >= ROWS:
                return True
        return False

    def top(self, position: int) -> int:
        """Where a block that is like the file's first lines begins, if the line at `position` stands within it."""
        for above in range(1, len(self._lines)):
            if position > above and self._is_like(position, above) and self.likeness(position - above) > above / FIRST:
                return position - above
        return position


def _alike(form: str, other: str) -> bool:
    if form == other:
        return bool(form)
    if min(len(form), len(other)) < LEAST_LIKENED:
        return False
    return fuzz.ratio(form, other, score_cutoff=LIKE_ENOUGH) >= LIKE_ENOUGH
