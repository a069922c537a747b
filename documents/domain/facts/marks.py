"""Labels in a line, and where their values stand: "Species: Canine   Breed: Beagle", dotted leaders, table columns."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from documents.domain.facts import labels

LONGEST_LABEL = 48  # characters ahead of a colon that may be its label
MOST_WORDS = 6

GAP = re.compile(r"\s(?:\s+|\|\s?|·\s)|\t|\|\s?")
# The end of a label: a colon that is no part of a time or an address, or the dots that lead to a value.
_SEPARATOR = re.compile(
    r"(?<![\d:])\s?:(?![/:\\])|(?<=\d):(?=\s[^\W\d])|\s?(?:\.{3,}|…)\s?:?|\s=\s|#:?(?=\s?\w)|\?:?(?=\s)"
)
_TOKEN = re.compile(r"\S+")
_BOUNDARY = frozenset(",;|/•·–—-([>*\t☐☑□")
_CLOSING = frozenset("])")  # of a box ahead of a label: "Dog [ ]   Breed: ..."
_BOXES = frozenset("☐☑☒□■")
_AFTER_BULLET = re.compile(r"[\s•*\-–>|(\[·]*$|\s*\(?(?:\d{1,2}|[A-Za-z])[.)]\s*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A known label at `start`, and the value behind it: `line[value_start:value_end]`."""

    key: str
    roles: tuple[labels.Role, ...]
    start: int
    value_start: int
    value_end: int


def find_marks(line: str) -> list[Mark]:
    """The known labels of a line with their values, left to right. A value ends at a wide gap or at the next label."""
    heads = list(_find_heads(line))
    marks: list[Mark] = []
    for position, (key, roles, start, behind) in enumerate(heads):
        limit = heads[position + 1][2] if position + 1 < len(heads) else len(line)
        while behind < limit and line[behind] in " \t|·":
            behind += 1
        # A row of tick boxes is one value, however wide it is set.
        gap = None if line[behind : behind + 1] in _BOXES else GAP.search(line, behind, limit)
        end = gap.start() if gap else limit
        marks.append(Mark(key=key, roles=roles, start=start, value_start=behind, value_end=end))
    return marks


def split_cells(line: str) -> list[tuple[int, str]]:
    """The cells of a line, with their places, parted by wide gaps, tabs or bars."""
    return list(_split_cells(line))


@lru_cache(maxsize=8)  # several readers look at a line before the next one
def _split_cells(line: str) -> tuple[tuple[int, str], ...]:
    cells = []
    place = 0
    for gap in GAP.finditer(line):
        cells.append((place, line[place : gap.start()]))
        place = gap.end()
    cells.append((place, line[place:]))
    return tuple((start, cell) for start, cell in cells if cell and not cell.isspace())


def _find_heads(line: str) -> Iterator[tuple[str, tuple[labels.Role, ...], int, int]]:
    """Key, roles, start, and the place behind the separator, of each known label."""
    floor = 0
    known_before = False
    for separator in _SEPARATOR.finditer(line):
        head = _label_before(line, floor, separator.start(), known_before=known_before)
        if head is not None:
            yield (*head, separator.end())
            known_before = True
            floor = separator.end()
        elif separator[0][0] not in "#?":
            floor = max(floor, separator.end())


def _label_before(
    line: str, floor: int, end: int, *, known_before: bool
) -> tuple[str, tuple[labels.Role, ...], int] | None:
    """The longest known label that ends at `end` and begins at a boundary, or runs on behind a known label's value."""
    low = max(floor, end - LONGEST_LABEL)
    tokens = [(match.start() + low, match[0]) for match in _TOKEN.finditer(line[low:end])][-MOST_WORDS:]
    for first in range(len(tokens)):
        start = tokens[first][0]
        if tokens[first][1] in _CLOSING or not labels.may_begin(tokens[first][1]):
            continue
        key = labels.canonical(line[start:end])
        roles = labels.roles_of(key)
        if roles and _begins_here(line, floor, start, run_on=known_before and _may_run_on(roles, line[start])):
            return key, roles, start
    return None


def _begins_here(line: str, floor: int, start: int, *, run_on: bool) -> bool:
    ahead = line[floor:start]
    if not ahead.strip():
        return True
    if ahead.endswith(("  ", "\t")) or ahead.rstrip()[-1] in _BOUNDARY or _AFTER_BULLET.fullmatch(ahead) is not None:
        return True
    return run_on


def _may_run_on(roles: tuple[labels.Role, ...], first: str) -> bool:
    """Whether a label may follow a value directly, as in "Breed: Beagle Sex: M". A bare "Name:" belongs to its left."""
    return first.isupper() and not any(role.startswith("bare_") for role in roles)
