"""What the pages of a file print of whether a document goes on: their counters, and words such as "continued"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from documents.domain.rules import words
from documents.domain.rules.features import LineFeatures
from documents.domain.rules.noise import Noise, PageCounter, count_of_file
from documents.domain.rules.spelling import spell

COUNTER_REACH = 4  # first lines of a page among which its number tells that a document goes on
SHEET_NAME = 7  # characters before a count that name what is counted: "Form 7A"
LEAST_COUNTED = 2  # times that a count of sheets begins at 1, from which it is one of documents
TOP_REACH = 5  # first lines of a page among which it says that a document goes on
_PAGE = re.compile(r"[\s(,–-]*\b(?:page|pg|p|seite|página|pág|hoja)\b[. ]{0,2}(\d)\b\)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class PageCounts:
    """The pages' counters, as far as they tell whether a document goes on over a page break."""

    begins_again: frozenset[int]  # pages whose counter is at 1 again
    goes_on: frozenset[int]  # pages whose counter follows the page before


def read_counters(noise: Noise, *, features: Sequence[LineFeatures] = ()) -> PageCounts:
    """What the page counters say of each page. A counter that runs over the whole file tells nothing of documents.

    Counts of sheets without a total are looked at only where `features`, by line, are given.
    """
    whole = count_of_file(noise.counters, pages=noise.pages)
    on: set[int] = set()
    again: set[int] = set()
    before: tuple[int, int] | None = None
    page_before = 0
    for counter in noise.counters:
        if counter.total is None or counter.total == whole:
            continue
        page, count = noise.pages[counter.line - 1], (counter.number, counter.total)
        if before == (counter.number - 1, counter.total):
            if page != page_before:
                on.add(page)
        elif counter.number == 1 and before != count:
            again.add(page)
        before, page_before = count, page
    on |= (_count_tops(noise, whole=whole) | _count_sheets(noise, features=features)) - again
    again -= on
    return PageCounts(begins_again=frozenset(again), goes_on=frozenset(on))


def find_continued(noise: Noise, *, features: Sequence[LineFeatures]) -> frozenset[int]:
    """Lines on top of pages that say that a document goes on there: "CONTRACT (continued)", "INTAKE FORM - page 2".

    A count alone says so where the page before begins with that title, and counts nothing: sheets of a chart are
    counted as well.
    """
    found, titles, page, seen = set[int](), dict[int, set[tuple[str, int]]](), 0, 0
    for number, line in enumerate(features, start=1):
        if line.blank:
            continue
        if noise.pages[number - 1] != page:
            page, seen = noise.pages[number - 1], 0
        seen += 1
        if seen > TOP_REACH or line.prose:
            continue
        match = _PAGE.search(line.folded) if line.title_noun else None
        title = spell(_PAGE.sub("", line.head)) if line.title_noun else ""
        count = int(match[1]) if match else 1
        counted = match is not None and (title, count - 1) in titles.get(page - 1, ())
        if page > 1 and (counted or words.continued().search(line.folded)):
            found.add(number)
        if line.title_noun and (counted or match is None):
            titles.setdefault(page, set()).add((title, count))
    return frozenset(found)


def _count_tops(noise: Noise, *, whole: int | None) -> set[int]:
    """Pages with a later page's number among their first lines, as in "page 2 of 2"."""
    found = set()
    for counter in noise.counters:
        page = noise.pages[counter.line - 1]
        top = noise.pages[max(0, counter.line - 1 - COUNTER_REACH)] != page or counter.line <= COUNTER_REACH
        if top and counter.total is not None and counter.total != whole and counter.number > 1:
            found.add(page)
    return found


def _count_sheets(noise: Noise, *, features: Sequence[LineFeatures]) -> set[int]:
    """Pages on which a count without a total goes on that begins again and again: "Form 7A page 2"."""
    counted: dict[str, list[PageCounter]] = {}
    for counter in noise.counters if features else ():
        if counter.total is None:
            folded = features[counter.line - 1].folded
            match = words.page_counter().search(folded)
            before_it = folded[: match.start()].strip() if match else folded
            counted.setdefault(before_it[-SHEET_NAME:], []).append(counter)
    found = set()
    for counters in counted.values():
        if sum(counter.number == 1 for counter in counters) < LEAST_COUNTED:
            continue
        for before, counter in pairwise(counters):
            page = noise.pages[counter.line - 1]
            if counter.number == before.number + 1 and page != noise.pages[before.line - 1]:
                found.add(page)
    return found
