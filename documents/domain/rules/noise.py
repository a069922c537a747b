"""Noise: running headers, running footers and fax lines. They are inside documents and say nothing of them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from documents.domain.lines import SourceText
from documents.domain.rules import words
from documents.domain.rules.features import LineFeatures
from documents.domain.rules.running import find_like, mask_numbers
from documents.domain.rules.unpaged import UnpagedRun, find_unpaged_run

_HAS_DIGIT = re.compile(r"\d")
_FAX = re.compile(
    r"(?:\bfax\b|\bfrom\s*:|\bvon\s*:|\bde\s*:|\bto\s*:|\d{1,2}:\d{2}).*?\bp(?:g|age|ages|\.)?\s*[.:]?\s*\d{1,3}\s*(?:/|of)\s*\d{1,3}\b",
    re.IGNORECASE,
)
_FAX_PAGE = re.compile(r"\bp(?:g|age|ages|\.)?\s*[.:]?\s*(\d{1,3})\s*(?:/|of)\s*(\d{1,3})\b")

EDGE = 5  # non-blank lines at the top or bottom of a page where running lines may stand
COUNTER_LINE = 160  # characters of a folded line up to which a page counter is looked for
_LEAST_REPEATS = 3
_LEAST_SHARE = 0.5  # of the pages of a run


@dataclass(frozen=True, kw_only=True, slots=True)
class PageCounter:
    """A printed page counter."""

    line: int
    number: int
    total: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """The noise of a file: its line numbers, and its page counters, but for those of fax machines.

    `pages` is the page of each line: the file's own where it tells pages, else as its running lines tell them.
    """

    lines: frozenset[int]
    counters: tuple[PageCounter, ...]
    pages: tuple[int, ...]


def find_noise(text: SourceText, *, features: Sequence[LineFeatures]) -> Noise:
    """Running headers and footers, page counters and fax lines of `text`. `features` by line."""
    counters = tuple(_find_counters(features))
    noise = {counter.line for counter in counters if _says_no_more(features[counter.line - 1].folded)}
    faxed = {number for number, line in enumerate(features, start=1) if _is_fax_line(line.folded)}
    noise |= faxed
    pages = text.pages
    if pages and pages[-1] > 1:
        noise |= _find_repeated(text, features=features, counted=_counted_pages(text, counters=counters))
    else:
        run = find_unpaged_run(features, counters={counter.line: counter.number for counter in counters})
        noise |= run.lines
        pages = _pages_of_run(run, text=text, features=features, noise=noise)
    kept = tuple(counter for counter in counters if counter.line not in faxed)
    return Noise(lines=frozenset(noise), counters=kept, pages=pages)


def _pages_of_run(
    run: UnpagedRun, *, text: SourceText, features: Sequence[LineFeatures], noise: set[int]
) -> tuple[int, ...]:
    """Pages of a file without page breaks: one turns at each place at which its running lines stand."""
    if not run.turns:
        return text.pages
    pages, page, turns = [], 1, set(run.turns)
    for number in range(1, len(text.lines) + 1):
        page += number in turns
        pages.append(page)
    return tuple(pages)


def _is_fax_line(line: str) -> bool:
    if len(line) >= 140 or not ("/" in line or " of " in line):
        return False
    return _FAX_PAGE.search(line) is not None and _FAX.search(line) is not None


def _find_counters(features: Sequence[LineFeatures]) -> Iterator[PageCounter]:
    pattern = words.page_counter()
    for number, line in enumerate(features, start=1):
        folded = line.folded
        if len(folded) > COUNTER_LINE or _HAS_DIGIT.search(folded) is None:
            continue
        match = pattern.search(folded) or _FAX_PAGE.search(folded)
        if match is None:
            continue
        found = [int(group) for group in match.groups() if group is not None]
        total = found[1] if len(found) > 1 else None
        if found[0] >= 1 and (total is None or found[0] <= total):
            yield PageCounter(line=number, number=found[0], total=total)


def _says_no_more(line: str) -> bool:
    """Whether a folded line holds a page counter and no word besides: "LABORATORY REPORT   Page 1 of 2" is a title."""
    return not any(sign.isalpha() for sign in mask_numbers(line))


def _counted_pages(text: SourceText, *, counters: Sequence[PageCounter]) -> set[int]:
    """Pages whose counter counts on from the page before or on to the next: not those of forms of one page each."""
    counted = {(text.pages[counter.line - 1], counter.number, counter.total) for counter in counters}
    return {
        page
        for page, number, total in counted
        if (page - 1, number - 1, total) in counted or (page + 1, number + 1, total) in counted
    }


def _find_repeated(text: SourceText, *, features: Sequence[LineFeatures], counted: set[int]) -> set[int]:
    """Lines that stand, but for their numbers, at the same edge of most pages of a run of pages.

    What names, labels or closes a document is noise only where the page's counter runs on: the same form on three pages
    one after the other is three documents, and its title is no running header.
    """
    places: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    others: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for index, (page, top, bottom) in enumerate(_edges(text, features=features)):
        form = page not in counted and _is_form(top, features=features)
        for edge, numbers in (("top", top), ("bottom", bottom)):
            for number in numbers:
                if form and _is_of_form(features[number - 1]):
                    continue
                places[edge, mask_numbers(features[number - 1].folded)].append((index, number))
                others[edge].append((index, number))
    found: set[int] = set()
    known: dict[str, list[str]] = {"top": [], "bottom": []}
    for (edge, form), occurrences in places.items():
        indexes = sorted({index for index, _ in occurrences})
        if len(indexes) >= _LEAST_REPEATS and _runs_on(indexes):
            found.update(number for _, number in occurrences)
            known[edge].append(form)
    for edge, occurrences in others.items():
        rest = [number for _, number in occurrences if number not in found]
        found |= find_like(
            {number: mask_numbers(features[number - 1].folded) for number in rest},
            known=known[edge],
            pages={number: index for index, number in occurrences},
        )
    return found


def _is_of_form(line: LineFeatures) -> bool:
    return line.title_noun or bool(line.groups) or line.closing or line.prose


def _is_form(top: Sequence[int], *, features: Sequence[LineFeatures]) -> bool:
    """Whether the top of a page names a document, or labels what a document's header block does."""
    return any(features[number - 1].title_noun or features[number - 1].groups for number in top)


def _runs_on(indexes: Sequence[int]) -> bool:
    """Whether the pages follow each other so closely that the line is a running one."""
    span = indexes[-1] - indexes[0] + 1
    neighbours = sum(1 for a, b in pairwise(indexes) if b == a + 1)
    return len(indexes) / span >= _LEAST_SHARE or neighbours >= max(2, len(indexes) // 2)


def _edges(text: SourceText, *, features: Sequence[LineFeatures]) -> Iterator[tuple[int, list[int], list[int]]]:
    """Each page with words, with its first and its last non-blank lines (numbers), none in both."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for number, page in enumerate(text.pages, start=1):
        if not features[number - 1].blank:
            by_page[page].append(number)
    if len(by_page) < _LEAST_REPEATS:
        return
    for page, numbers in sorted(by_page.items()):
        cut = min(EDGE, (len(numbers) + 1) // 2)
        yield page, numbers[:cut], numbers[max(cut, len(numbers) - EDGE) :]
