"""A clinical claim of one line, and what in its sentence speaks against it."""

import re
from dataclasses import dataclass
from functools import lru_cache

from documents.domain.facts.clinical import words
from documents.domain.findings import FactField

_SENTENCE = re.compile(r"[.!?;]\s+|\s[–—]\s")
_AHEAD = 120  # characters ahead of what is named, and
_BEHIND = 80  # behind it, in which its sentence is read


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A clinical claim of one line: `raw` stands in `quote`, `quote` in the line."""

    field: FactField
    raw: str
    quote: str


def widen(line: str, raw: str) -> str:
    """The whole line where it is short, that a reader sees what was read; else the raw words."""
    stripped = line.strip()
    return stripped if len(stripped) <= 160 else raw


_PRICE = re.compile(r"(?<!\s)\s{2,}(?:[$€£]\s?)?\d{1,5}[.,]\d\d\s?(?:[$€£])?\s*$|[$€£]\s?\d|\d\s?[€£]")


def is_priced(line: str) -> bool:
    """Whether a line ends in a price, or names a currency."""
    return _PRICE.search(line) is not None


@lru_cache(maxsize=64)
def is_others(lowered: str) -> bool:
    """Whether a lower-case text tells of another animal, or of a person."""
    return next(words.OTHERS.find(lowered), None) is not None


def is_of_another(lowered: str, start: int) -> bool:
    """Whether the sentence ahead of a place tells of another animal, or of a person."""
    if not is_others(lowered):
        return False
    return is_others(_SENTENCE.split(lowered[max(0, start - _AHEAD) : start])[-1])


def is_denied(lowered: str, start: int, end: int, *, stopped: bool = True) -> bool:
    """Whether the sentence around lowered[start:end] denies, plans or ends what it names, or says it of another."""
    ahead = _SENTENCE.split(lowered[max(0, start - _AHEAD) : start])[-1].rpartition(":")[2]
    behind = _SENTENCE.split(lowered[end : end + _BEHIND])[0]
    before = set(ahead.replace(",", " ").split())
    around = before | set(behind.replace(",", " ").split()[:4])
    if not words.NEGATIONS.isdisjoint(before) or not words.PLANNED.isdisjoint(around) or is_others(ahead):
        return True
    return stopped and not words.STOPPED.isdisjoint(around)
