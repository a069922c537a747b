"""How a file begins tells how its other documents do: what is printed on top of the first is printed on top of more."""

import re
from collections.abc import Callable, Sequence

from rapidfuzz import fuzz

from documents.domain.rules.features import LineFeatures
from documents.domain.rules.spelling import spell

FIRST = 4  # first lines of a file that are compared
LEAST_LETTERS = 4  # of a line that tells by itself
LEAST_LIKENED = 10  # letters from which two lines are alike where a scan has spoilt one
LIKE_ENOUGH = 80  # of 100: rapidfuzz `ratio` of two spoilt copies
LEAST_ALIKE = 2  # lines that are alike, where the first does not tell by itself
_DIGIT = re.compile(r"\d")


def outline(line: LineFeatures) -> str:
    """What a practice prints alike on top of each document: a label, a title, a ruler; numbers masked."""
    if line.ruler:
        return f"ruler {line.folded[:1]}"
    if line.groups and ":" in line.folded:
        return f"label {spell(line.folded.partition(':')[0])}"
    letters = spell(" ".join(word for word in (line.head or line.folded).split() if not _DIGIT.search(word)))
    return f"{letters}#" if _DIGIT.search(line.folded) else letters


class FirstLines:
    """Compares lines with those that the file begins with. Positions are places in the file's lines with words."""

    def __init__(self, words: Sequence[int], *, features: Callable[[int], LineFeatures], first: int = 0) -> None:
        """`first` is the position at which the file's first document begins."""
        self._words, self._features = words, features
        self._outlines: dict[int, str] = {}
        self._first = [self._outline(position) for position in range(first, min(first + FIRST, len(words)))]

    def _outline(self, position: int) -> str:
        found = self._outlines.get(position)
        if found is None:
            found = self._outlines[position] = outline(self._features(self._words[position]))
        return found

    def likeness(self, position: int) -> float:
        """How much the lines from `position` on are like the file's first ones, 0 to 1; 0 if the first is not."""
        if not self._first or position + 1 >= len(self._words) or not _alike(self._first[0], self._outline(position)):
            return 0.0
        below = zip(self._first[1:], range(position + 1, len(self._words)), strict=False)
        alike = 1 + sum(_alike(form, self._outline(place)) for form, place in below)
        if alike < LEAST_ALIKE and len(self._first[0]) < LEAST_LETTERS:
            return 0.0
        return alike / len(self._first)

    def top(self, position: int) -> int:
        """Where a block that is like the file's first lines begins, if the line at `position` stands within it."""
        for above in range(1, FIRST):
            if position - above > 0 and self.likeness(position - above) > above / FIRST:
                first = self._first[above : above + 1]
                if first and _alike(first[0], self._outline(position)):
                    return position - above
        return position


def _alike(form: str, other: str) -> bool:
    if form == other:
        return bool(form)
    if min(len(form), len(other)) < LEAST_LIKENED:
        return False
    return fuzz.ratio(form, other, score_cutoff=LIKE_ENOUGH) >= LIKE_ENOUGH
