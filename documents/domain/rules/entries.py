"""Dated headings: the first line of each visit in a practice's export, of each note in a chart, of each report.

They are told from other lines with a date by their company: a line like them comes again and again in the file, at a
distance, in the order of the dates. Where the date stands on the line, and what stands before it, is the file's own
business: a glyph of the practice's system, a word, a name, nothing.
"""

import datetime
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from documents.domain.rules import words
from documents.domain.rules.features import LineFeatures

CLOSE = 3  # lines with words up to which the members of a family stand close
CLUSTERED = 0.5  # share of the mean distance below which the median one tells clusters
BEFORE_FAMILY = 12  # lines with words before a family in which its first title may stand
TITLES_SHARE = 0.15  # titles for each member from which a family stands below them
LEAST = 3  # lines of one form that make a family
APART = 2  # lines with words between two of them, from which they stand at a distance
MOSTLY = 0.75  # share of the distances, and of the dates in order, that must be so
DATE_WITHIN = 60  # characters before the date
FEW_WORDS = 2
MOST_WORDS = 7  # before the date
LONGEST = 160  # characters of a line whose date does not begin it
_WORDS = re.compile(r"[^\W\d_][^\W\d_'’.]*(?:[ ][^\W\d_][^\W\d_'’.]*)*")
_NUMBER = re.compile(r"\d+")

Dates = Sequence[tuple[int, int, datetime.date]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A dated heading, by the family of lines that look like it."""

    members: int
    close: bool  # its members mostly stand within few lines of each other
    clustered: bool  # they stand in clusters, as rows of tables do, and not all over the file
    daily: bool  # their dates mostly follow each other day by day
    below: bool  # titles that come again and again stand among them: they part a document, not the file
    ordered: bool  # the family's dates go one way
    marked: bool  # it begins with a sign that is neither letter nor digit


def read_marker(line: str) -> str:
    """The sign before a line's words: a glyph of a practice's system, an arrow, a bullet; "" for brackets, quotes."""
    for sign in line.strip(" \t\f\u00a0\u202f\u2007"):
        if sign.isalnum() or sign in "([\"'«“¿¡":
            return ""
        return sign
    return ""


def shape_before_date(line: str, *, start: int) -> str:
    """What stands before a line's date, its words and numbers masked."""
    return _NUMBER.sub("9", _WORDS.sub("A", line[:start].strip()))


def find_entries(
    lines: Mapping[int, str],
    *,
    features: Callable[[int], LineFeatures],
    dates: Callable[[int], Dates],
    stands_free: Callable[[int], bool],
    titles: Sequence[int] = (),
) -> dict[int, Entry]:
    """The dated headings among `lines` (position to printed line, increasing), by position.

    `titles` are the positions of titles of forms that come again and again, each with a header block of its own.
    """
    families: dict[str, list[int]] = defaultdict(list)
    days: dict[int, datetime.date] = {}
    for position, line in lines.items():
        found = dates(position)
        free = stands_free(position)
        if not found or not _may_head(line, features(position), start=found[0][0], free=free):
            continue
        marker = read_marker(line)
        families[f"{marker} {shape_before_date(line.lstrip(), start=found[0][0] - _indent(line))}"].append(position)
        if marker and is_glyph(marker):
            families[f"glyph {marker}"].append(position)
        days[position] = found[0][2]
    entries: dict[int, Entry] = {}
    for form, family in families.items():
        if len(family) < LEAST or not _stands_apart(family):
            continue
        ordered = _is_ordered([days[position] for position in family])
        distances = [b - a for a, b in pairwise(family)]
        close = median(distances) <= CLOSE
        steps = [abs((days[b] - days[a]).days) for a, b in pairwise(family)]
        daily = median(steps) <= 1
        clustered = median(distances) < CLUSTERED * sum(distances) / len(distances)
        below = stand_among(titles, family=family)
        for position in family:
            known = entries.get(position)
            if known is None or known.members < len(family):
                entries[position] = Entry(
                    members=len(family),
                    close=close,
                    clustered=clustered,
                    daily=daily,
                    below=below,
                    ordered=ordered,
                    marked=not form.startswith(" "),
                )
    return entries


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def is_glyph(sign: str) -> bool:
    """Whether the sign is of those that no keyboard has."""
    return unicodedata.category(sign) in ("Co", "So", "Cn") or 0x2190 <= ord(sign) < 0x2C00


def _may_head(line: str, features: LineFeatures, *, start: int, free: bool) -> bool:
    bare = line[:start].strip()
    if "__" in bare:
        return False  # somebody signs there
    if bare and words.other_day().search(bare.casefold()):
        return False
    first = next((sign for sign in line if sign.isalnum()), "")
    known = free or words.visit_word().search(bare.casefold()) is not None
    if ":" in bare and not read_marker(line) and (features.groups or not known):
        return False
    raised = first.isupper() or first.isdigit() or bool(read_marker(line))
    if not raised or start > DATE_WITHIN or len(bare.split()) > MOST_WORDS:
        return False
    if features.heading is not None or features.closing or features.email_key is not None:
        return False
    if not bare:
        return True
    few = len(bare.split()) <= FEW_WORDS  # a weekday, behind a glyph or not
    if len(line.strip()) > LONGEST or bare.endswith(("(", ";")) or (bare.endswith(",") and not few):
        return False
    return bool(read_marker(line)) or not (features.prose or line.rstrip().endswith("."))


def _stands_apart(family: Sequence[int]) -> bool:
    distances = [b - a for a, b in pairwise(family)]
    return sum(distance >= APART for distance in distances) >= MOSTLY * len(distances)


def stand_among(titles: Sequence[int], *, family: Sequence[int]) -> bool:
    """Whether several titles that are none of the family's lines stand among those, or just before them.

    Both are in increasing order, each position once.
    """
    places = ((position, bisect_left(titles, position)) for position in family)
    own = sum(1 for position, place in places if place < len(titles) and titles[place] == position)
    among = bisect_right(titles, family[-1]) - bisect_left(titles, family[0] - BEFORE_FAMILY) - own
    return among >= LEAST and among >= TITLES_SHARE * len(family)


def _is_ordered(days: Sequence[datetime.date]) -> bool:
    onward = sum(a <= b for a, b in pairwise(days))
    return max(onward, sum(a >= b for a, b in pairwise(days))) >= MOSTLY * (len(days) - 1)
