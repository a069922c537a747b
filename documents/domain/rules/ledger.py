"""Ledgers: dated entries under each other, in columns, each of which goes on set in below its own text.

That indentation tells an entry from a row of a table, however short it is: rows of tables do not hang. A line that is
not set in, and begins no entry, ends the ledger: what stands there is another paper, pasted between.
"""

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

LEAST = 4  # entries of one form that make a ledger
LEAST_HANGING = 2  # of them with text that goes on below
MOSTLY = 0.6  # share of the entries with a further line whose line is set in
IN_ORDER = 0.75  # share of the dates that follow the one before
DATE_AT = 2  # spaces before the date at the most
SET_IN = 2  # spaces beyond the date's that set a line in
BESIDE = 2  # columns that a further line may stand off its entry's text
_SHORT_COLUMN = re.compile(r"\s{1,4}[^\s,;.:]{1,5}(?:/[^\s]{1,4})?(?=\s{2,}\S)")
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")

Dates = Sequence[tuple[int, int, datetime.date]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """Lines of the file's ledgers. `text_at` is the column at which the text of the entry at a line begins."""

    text_at: dict[int, int] = field(default_factory=dict)  # by each entry's first line
    hanging: frozenset[int] = frozenset()  # further lines of entries
    behind: frozenset[int] = frozenset()  # first lines behind an entry that are neither


def find_ledger(lines: Sequence[str], *, words: Sequence[int], dates: Callable[[int], Dates]) -> Ledger:
    """The ledgers among `lines`, of which those with the numbers `words` (increasing) are looked at."""
    forms: dict[str, list[int]] = defaultdict(list)
    text_at: dict[int, int] = {}
    for place, number in enumerate(words):
        line = lines[number - 1]
        if _DIGITS.search(line, 0, DATE_AT + 12) is None or not (found := dates(number)):
            continue
        start, end, _ = found[0]
        indent = _indent(line)
        if indent > DATE_AT or start - indent > 0:
            continue
        column, wide = _find_text(line, end=end)
        text_at[place] = column
        shape = _LETTERS.sub("a", _DIGITS.sub("9", line[start:end]))
        forms[f"{indent} {shape} {column if wide else ''}"].append(place)
    entries: dict[int, int] = {}
    for members in forms.values():
        if _is_ledger(members, lines=lines, words=words, dates=dates, text_at=text_at):
            entries.update((words[place], text_at[place]) for place in members)
    if not entries:
        return Ledger()
    hanging: set[int] = set()
    behind: set[int] = set()
    for number, hangs in _follow(entries, lines=lines, words=words):
        (hanging if hangs else behind).add(number)
    return Ledger(text_at=entries, hanging=frozenset(hanging), behind=frozenset(behind))


def _is_ledger(
    members: Sequence[int],
    *,
    lines: Sequence[str],
    words: Sequence[int],
    dates: Callable[[int], Dates],
    text_at: dict[int, int],
) -> bool:
    if len(members) < LEAST:
        return False
    days = [dates(words[place])[0][2] for place in members]
    onward = sum(a <= b for a, b in pairwise(days))
    if max(onward, sum(a >= b for a, b in pairwise(days))) < IN_ORDER * (len(days) - 1):
        return False
    own, hung, flat = set(members), 0, 0
    for place in members:
        if place + 1 >= len(words) or place + 1 in own or words[place + 1] - words[place] > 1:
            continue
        if _hangs(lines[words[place + 1] - 1], text_at=text_at[place]):
            hung += 1
        else:
            flat += 1
    return hung >= LEAST_HANGING and hung >= MOSTLY * (hung + flat)


def _follow(entries: dict[int, int], *, lines: Sequence[str], words: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """The lines behind each entry's first, up to the first that is not set in: it comes last, with False."""
    column: int | None = None
    for number in words:
        if number in entries:
            column = entries[number]
        elif column is not None:
            hangs = _hangs(lines[number - 1], text_at=column)
            yield number, hangs
            column = column if hangs else None


def _find_text(line: str, *, end: int) -> tuple[int, bool]:
    """The column at which an entry's text begins, and whether a gap sets it off as a column of its own."""
    short = _SHORT_COLUMN.match(line, end)
    behind = short.end() if short else end
    rest = line[behind:]
    blank = len(rest) - len(rest.lstrip())
    return _width(line[: behind + blank]), blank > 1 or "\t" in rest[:blank]


def _hangs(line: str, *, text_at: int) -> bool:
    indent = _indent(line)
    return indent >= SET_IN and abs(indent - text_at) <= max(BESIDE, text_at - SET_IN - BESIDE)


def _indent(line: str) -> int:
    bare = line.lstrip("\f")
    return _width(bare[: len(bare) - len(bare.lstrip())])


def _width(printed: str) -> int:
    return len(printed.expandtabs(8))
