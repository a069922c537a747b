"""Noise: running headers, running footers and fax lines. They are inside documents and say nothing of them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from documents.domain.lines import SourceText, is_blank
from documents.domain.rules import words

_DIGITS = re.compile(r"\d+")
_FAX = re.compile(
    r"(?:\bfax\b|\bfrom\s*:|\bvon\s*:|\bde\s*:|\bto\s*:|\d{1,2}:\d{2}).*?\bp(?:g|age|ages|\.)?\s*[.:]?\s*\d{1,3}\s*(?:/|of)\s*\d{1,3}\b",
    re.IGNORECASE,
)
_FAX_PAGE = re.compile(r"\bp(?:g|age|ages|\.)?\s*[.:]?\s*(\d{1,3})\s*(?:/|of)\s*(\d{1,3})\b")

EDGE = 5  # non-blank lines at the top or bottom of a page where running lines may stand
_LEAST_REPEATS = 3
_LEAST_SHARE = 0.5  # of the pages of a run; a letterhead stands on fewer


@dataclass(frozen=True, kw_only=True, slots=True)
class PageCounter:
    """A printed page counter."""

    line: int
    number: int
    total: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """The noise of a file: its line numbers, and what its page counters say."""

    lines: frozenset[int]
    counters: tuple[PageCounter, ...]


def find_noise(text: SourceText, *, folded: Sequence[str]) -> Noise:
    """Lines of `text` that repeat at page edges, carry a page counter, or are a fax machine's. `folded` by line."""
    counters = _find_counters(folded)
    noise = {counter.line for counter in counters if _is_only_running(folded[counter.line - 1])}
    noise |= {number for number, line in enumerate(folded, start=1) if _is_fax_line(line)}
    noise |= _find_repeated(text, folded=folded)
    return Noise(lines=frozenset(noise), counters=tuple(counters))


def _is_fax_line(line: str) -> bool:
    return len(line) < 140 and ("/" in line or " of " in line) and _FAX.search(line) is not None


def _find_counters(folded: Sequence[str]) -> list[PageCounter]:
    pattern = words.page_counter()
    counters = []
    for number, line in enumerate(folded, start=1):
        if len(line) > 160 or _DIGITS.search(line) is None:
            continue
        match = pattern.search(line) or _FAX_PAGE.search(line)
        if match is None:
            continue
        found = [int(group) for group in match.groups() if group is not None]
        total = found[1] if len(found) > 1 else None
        if found[0] >= 1 and (total is None or found[0] <= total):
            counters.append(PageCounter(line=number, number=found[0], total=total))
    return counters


def _is_only_running(line: str) -> bool:
    """Whether a line with a page counter holds no sentence besides: short, or mostly counter."""
    return len(line) <= 130 and not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,} [a-z]{3,} [a-z]{3,} [a-z]{3,}", line)


def shape(line: str) -> str:
    """A folded line with its numbers masked, so that counters and dates do not hide a repetition."""
    return _DIGITS.sub("#", line)


def _find_repeated(text: SourceText, *, folded: Sequence[str]) -> set[int]:
    """Lines that stand, but for their numbers, at the same edge of most pages of a run of pages."""
    pages = _pages(text)
    if len(pages) < _LEAST_REPEATS:
        return set()
    places: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for index, (top, bottom) in enumerate(pages):
        for edge, numbers in (("top", top), ("bottom", bottom)):
            for number in numbers:
                places[edge, shape(folded[number - 1])].append((index, number))
    found: set[int] = set()
    for occurrences in places.values():
        indexes = sorted({index for index, _ in occurrences})
        if len(indexes) >= _LEAST_REPEATS and _runs_on(indexes):
            found.update(number for _, number in occurrences)
    return found


def _runs_on(indexes: Sequence[int]) -> bool:
    """Whether the pages follow each other so closely that the line is a running one."""
    span = indexes[-1] - indexes[0] + 1
    neighbours = sum(1 for a, b in pairwise(indexes) if b == a + 1)
    return len(indexes) / span >= _LEAST_SHARE or neighbours >= max(2, len(indexes) // 2)


def _pages(text: SourceText) -> list[tuple[list[int], list[int]]]:
    """For each page with words: its first and its last non-blank lines (numbers), without overlap."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for number, (line, page) in enumerate(zip(text.lines, text.pages, strict=True), start=1):
        if not is_blank(line):
            by_page[page].append(number)
    edges = []
    for _, numbers in sorted(by_page.items()):
        cut = min(EDGE, (len(numbers) + 1) // 2)
        edges.append((numbers[:cut], numbers[max(cut, len(numbers) - EDGE) :]))
    return edges
