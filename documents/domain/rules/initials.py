"""How a line ends that somebody signed: with initials, or with a name behind its last sentence."""

import re

WITHIN = 12  # last characters of a line that hold the longest initials and what sets them off
_INITIALLED = re.compile(  # a sentence, and who wrote it
    r"[.!?)]\s+(?:[-/(]\s?)?(?:[A-ZÄÖÜ]{2,3}|(?:[A-Z]\.|Drs?\.?|Dra\.?) ?[A-ZÀ-Ý][\w'’-]+)\)?\s*$"
)
_INITIALS = re.compile(  # of who wrote a note, behind its last sentence or set off from it
    r"(?:^\s*|\s{2,}|[.!?)]\s+|\s[-–—/(]\s?)(?:[A-Z][A-Za-zÀ-ÿ]{0,3}|[A-Z]\.\s?[A-Z]\.?|[a-z]{2,3})\)?\.?$"
)


def ends_signed(line: str) -> bool:
    """Whether the line ends with a sentence and the initials or the name of who wrote it."""
    return _INITIALLED.search(line) is not None


def ends_initialled(line: str) -> bool:
    """Whether the line, without white space behind it, ends with the initials of who wrote it."""
    return _INITIALS.search(line[-WITHIN:]) is not None
