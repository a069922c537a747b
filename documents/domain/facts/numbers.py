"""Numbers as files write them, and digits that a scanner may have misread: told, never guessed."""

import re
from dataclasses import replace
from functools import lru_cache

from documents.domain.facts.typed import Habits, read_number

NUMBER = r"\d{1,7}(?:[.,]\d{1,4}){0,3}"
_DIGIT = r"[\dOoIlSB|]"  # a digit, or a letter that a scanner may have seen in its place
_SLIPS = re.compile(r"[OoIlSB|]")
_DOUBTFUL = {
    "weight": re.compile(rf"({_DIGIT}{{1,4}}(?:[.,]{_DIGIT}{{1,3}})?)\s?(?:kgs?|lbs?|g|oz)\.?", re.IGNORECASE),
    "date_of_birth": re.compile(rf"({_DIGIT}{{1,4}}([./-]){_DIGIT}{{1,2}}\2{_DIGIT}{{1,4}})"),
    "microchip": re.compile(rf"({_DIGIT}(?:[ -]?{_DIGIT}){{14}})"),
}

DOUBTFUL_DIGIT = "doubtful_digit"


def read_measure(printed: str, *, habits: Habits, counts: bool = False) -> tuple[float, tuple[str, ...]]:
    """The number, and "ambiguous_number" where a mark before three digits might mean thousands or decimals.

    A point before three digits is decimal ("1.035"), but in a count of a file that writes decimal commas ("12.400/µl").
    """
    if counts and habits.comma_is_decimal and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", printed):
        return float(printed.replace(".", "")), ()
    return read_number(printed, habits=_of_measures(habits))


@lru_cache(maxsize=64)
def _of_measures(habits: Habits) -> Habits:
    """No measure but a weight has thousands because the animal is large."""
    return replace(habits, large_animals=False)


def is_doubtful(printed: str) -> bool:
    """Whether letters that look like digits stand among the digits."""
    return any(map(str.isdigit, printed)) and _SLIPS.search(printed) is not None


def find_doubtful(*, field: str, text: str) -> str | None:
    """The number, date or code that `text` is, where a letter stands in it that may be a misread digit."""
    pattern = _DOUBTFUL.get(field)
    match = pattern.fullmatch(text) if pattern is not None else None
    return match[0] if match is not None and is_doubtful(match[1]) else None
