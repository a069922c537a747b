"""Headings that say a kind of paper and its day: "Vacuna 25-04-2016 ...", "Lab results 12/03/2021". Exports print them.

A line is one whose first word names a kind of document or of visit, and whose date follows within a few words. Where a
file has several of them, of different kinds and in the order of their dates, they part it, however close they stand.
"""

import datetime
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from documents.domain.rules import words
from documents.domain.rules.features import LineFeatures

LEAST = 4  # such headings that make a series
LEAST_KINDS = 2  # first words that differ: the rows of one table all begin alike
IN_ORDER = 0.75  # share of the dates that follow the one before
APART = 0.4  # share of the headings with a line that is none below
MOST_WORDS = 4  # before the date
DATE_WITHIN = 45  # characters before the date
DECORATION = " \t\f[(<*=-#•"
_GAP = re.compile(r"\s{3,}|\t+")
_FIRST = re.compile(r"[^\W\d_][^\W_-]*")

Dates = Sequence[tuple[int, int, datetime.date]]


def names_kind_and_day(line: LineFeatures, *, printed: str, dates: Dates) -> bool:
    """Whether the line begins with a word for a kind of document, and its date follows within a few words."""
    if (
        not dates
        or dates[0][0] > DATE_WITHIN
        or line.groups
        or line.email_key
        or not printed.lstrip(DECORATION)[:1].isupper()
    ):
        return False
    before = printed[: dates[0][0]].strip()
    if not before or before[-1:] in ":;," or len(before.split()) > MOST_WORDS:
        return False
    if len(columns := _GAP.split(printed[: dates[0][0]].lstrip())) > 2 or (len(columns) == 2 and columns[1]):
        return False  # the date stands in a column with words of its own
    match = _FIRST.match(line.folded.lstrip(DECORATION))
    return match is not None and match[0] in words.kind_words()


def find_series(
    positions: Sequence[int], *, features: Callable[[int], LineFeatures], dates: Callable[[int], Dates]
) -> frozenset[int]:
    """Those of `positions`, all of lines that name a kind and a day, that make a series; none if they do not."""
    if len(positions) < LEAST:
        return frozenset()
    kinds = {features(position).folded.lstrip(DECORATION).split()[0] for position in positions}
    days = [dates(position)[0][2] for position in positions]
    steps = list(pairwise(days))
    in_order = max(sum(a <= b for a, b in steps), sum(a >= b for a, b in steps))
    apart = sum(b - a > 1 for a, b in pairwise(positions))
    if len(kinds) < LEAST_KINDS or in_order < IN_ORDER * len(steps) or apart < APART * len(steps):
        return frozenset()
    return frozenset(positions)
