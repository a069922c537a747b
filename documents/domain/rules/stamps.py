"""Stamps: what tells when a sheet was printed, faxed or scanned, and nothing of the document on it."""

import re
from functools import cache

from documents.domain.lines import fold
from documents.domain.rules.phrases import either
from documents.domain.vocabulary import load

_TIME = re.compile(r"(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)")
_PAGE_AT_END = re.compile(r"\bp(?:age|g)?\s?\.?\s?\d{1,3}(?:\s?/\s?\d{1,3})?\W*$")
_FAX_NUMBER = re.compile(r"\bfax\b.*\d{3}[-. ]?\d{4}(?!\d)|\d{3}[-. ]?\d{4}(?!\d).*\bfax\b")
_COLUMN = re.compile(r"\s{2,}|\t|\|")
_CLAUSE = re.compile(r"\d|,|;")


def dates_a_stamp(ahead: str) -> bool:
    """Whether a date behind the words `ahead` of its line, as printed, is of a stamp: "Printed on", "Gedruckt am".

    The words of its own column count: those right before the date or, where none are, the first ones.
    """
    column = _COLUMN.split(ahead.rstrip(" \t:"))[-1]
    near = fold(_CLAUSE.split(column)[-1]).strip(" .:(#-")
    if near:
        return _forms().search(near) is not None
    return _forms().match(fold(column).lstrip(" *-([·•")) is not None


def is_fax_line(folded: str, *, is_heading: bool) -> bool:
    """Whether a folded line is a fax machine's: it has a time, and at its end the page or somewhere a fax number.

    `is_heading`: the line heads an entry, so that a number on it may be one that somebody wrote to.
    """
    if _TIME.search(folded) is None:
        return False
    return _PAGE_AT_END.search(folded) is not None or (not is_heading and _FAX_NUMBER.search(folded) is not None)


@cache
def _forms() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){stamp_forms()}(?!\w)(?! name)")  # "Printed name: …" stands at a signature


@cache
def stamp_forms() -> str:
    """A group that matches the folded words of a stamp."""
    return either(fold(form) for table in load("copies").values() for form in table["stamps"])
