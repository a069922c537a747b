"""Copies of a file's first line, each spoilt by a scan in its own way: all are read as the best of them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from rapidfuzz import fuzz

from documents.domain.rules.features import LineFeatures
from documents.domain.rules.spelling import spell

LEAST = 3  # copies, the first included
LEAST_LETTERS = 14  # of a line that tells by itself
LIKE_ENOUGH = 80  # of 100: rapidfuzz `ratio` of two spoilt copies
MOST_LONGER = 0.25  # share of the first line's length by which a copy may differ
APART = 4  # lines from one copy to the next at the least


def mend_copies(features: Sequence[LineFeatures], *, noise: Collection[int]) -> list[LineFeatures]:
    """`features` by line, the copies of the file's first line with the signals of the best that is a letterhead.

    A letterhead on top of each document is the surest sign of it, where a scan has left it what it is.
    """
    mended = list(features)
    first = next((number for number, line in enumerate(features, start=1) if not line.blank), None)
    if first is None or first in noise or features[first - 1].groups or features[first - 1].ruler:
        return mended
    copies = _find_copies(features, first=first, noise=noise)
    if len(copies) < LEAST or any(b - a < APART for a, b in pairwise(copies)):
        return mended
    heads = [features[number - 1] for number in copies if features[number - 1].letterhead]
    if not heads:
        return mended
    best = min(heads, key=lambda line: (line.columns, line.prose))
    for number in copies:
        line = features[number - 1]
        mended[number - 1] = replace(best, folded=line.folded, indent=line.indent)
    return mended


def _find_copies(features: Sequence[LineFeatures], *, first: int, noise: Collection[int]) -> list[int]:
    """The numbers of the lines that are like line `first`, itself included."""
    length, letters = len(features[first - 1].folded), spell(features[first - 1].folded)
    if len(letters) < LEAST_LETTERS:
        return []
    return [
        number
        for number, line in enumerate(features, start=1)
        if not line.blank
        and abs(len(line.folded) - length) <= MOST_LONGER * length
        and number not in noise
        and fuzz.ratio(letters, spell(line.folded), score_cutoff=LIKE_ENOUGH) >= LIKE_ENOUGH
    ]
