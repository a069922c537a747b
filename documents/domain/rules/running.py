"""Running lines that are not printed, or not read, alike: their numbers and times, and what a scan has spoilt."""

import re
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache

from rapidfuzz import fuzz, process

from documents.domain.rules import words
from documents.domain.rules.days import IN_DIGITS

LIKE_ENOUGH = 80  # of 100: rapidfuzz `ratio` from which a line is another one that a scan has spoilt
LEAST_LENGTH = 12  # characters of a line that is compared so: shorter ones are alike by chance
MOST_DIGITS = 0.15  # share of a form that may be digits
MOST_FORMS = 300  # forms of edge lines that are compared with each other; where there are more, only with known ones
DATED = "@"  # what stands for a day or a time in a masked line
_LEAST_PAGES = 3
_FAX_PAGE = re.compile(r"\bp(?:g|age|ages|\.)?\s*[.:]?\s*\d{1,3}\s*(?:/|of)\s*\d{1,3}\b")
_DIGIT = re.compile(r"\d")
_BARE_PAGE = re.compile(r"(?<![\d/])\d{1,4}\s*/\s*\d{1,4}$")  # a footer's "12/90"
_DATE_OR_TIME = re.compile(IN_DIGITS.pattern + r"|\b\d{1,2}[:.h]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?\b")


@lru_cache(maxsize=1024)
def mask_numbers(line: str) -> str:
    """A folded line with its page counters, dates and times masked: they change from page to page."""
    if _DIGIT.search(line) is None:
        return line
    line = _FAX_PAGE.sub("#", words.page_counter().sub("#", line))
    return _DATE_OR_TIME.sub(DATED, _BARE_PAGE.sub("#", line))


def read_page(line: str) -> int | None:
    """The number of the page that a folded line prints."""
    match = words.page_counter().search(line) or _FAX_PAGE.search(line) or _BARE_PAGE.search(line)
    found = re.search(r"\d+", match[0]) if match is not None else None
    return int(found[0]) if found is not None else None


def find_like(
    lines: Mapping[int, str], *, known: Sequence[str], pages: Mapping[int, int], among: Container[int]
) -> set[int]:
    """Of `lines` (number to masked form) those that are like a running line: a known one, or each other over pages.

    `among` are those that may be compared with each other: they stand where a document goes on.
    """
    rest = {number: form for number, form in lines.items() if len(form) >= LEAST_LENGTH}
    found: set[int] = set()
    forms = [form for form in known if len(form) >= LEAST_LENGTH]
    if forms:
        for number, form in rest.items():
            if process.extractOne(form, forms, scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH) is not None:
                found.add(number)
    rest = {
        number: form
        for number, form in rest.items()
        if number not in found and number in among and not _is_of_numbers(form)
    }
    if len(rest) <= MOST_FORMS:
        found |= _cluster(rest, pages=pages)
    return found


def _is_of_numbers(form: str) -> bool:
    """Whether numbers make a good part of a form: rows of tables are like each other everywhere."""
    return sum(map(str.isdigit, form)) > MOST_DIGITS * len(form)


def _cluster(lines: Mapping[int, str], *, pages: Mapping[int, int]) -> set[int]:
    """Lines that are like each other on most pages of a run: each spoilt in its own way."""
    found: set[int] = set()
    left = dict(lines)
    while left:
        number, form = next(iter(left.items()))
        del left[number]
        alike = [other for other, its in left.items() if fuzz.ratio(form, its, score_cutoff=LIKE_ENOUGH) >= LIKE_ENOUGH]
        if not alike:
            continue
        stood = sorted({pages[each] for each in (number, *alike)})
        if len(stood) >= _LEAST_PAGES and 2 * len(stood) >= stood[-1] - stood[0] + 1:
            found.update((number, *alike))
        for other in alike:
            del left[other]
    return found
