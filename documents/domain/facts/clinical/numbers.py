"""Numbers of measures: decimals as the file writes them, and digits that a scanner may have misread."""

import re
from dataclasses import replace

from documents.domain.facts.typed import Habits, read_number

NUMBER = r"\d{1,7}(?:[.,]\d{1,4}){0,3}"
# A number in which a letter stands where a scanner may have seen a digit: "1O1.5", "l45".
DOUBTFUL = re.compile(
    r"(?<![\w.,])(?=[^\s]{0,6}\d)(?:(?:[\dOoIlSB|]{1,7}(?:[.,][\dOoIlSB|]{1,3})?))(?<![\d.,](?=\d))(?![\w])"
)
_SLIPS = re.compile(r"[OoIlSB|]")

DOUBTFUL_DIGIT = "doubtful_digit"


def read_measure(printed: str, *, habits: Habits, counts: bool = False) -> tuple[float, tuple[str, ...]]:
    """The number, and "ambiguous_number" where a mark before three digits might mean thousands or decimals.

    A point before three digits is decimal ("1.035"), but in a count of a file that writes decimal commas ("12.400/µl").
    """
    if counts and habits.comma_is_decimal and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", printed):
        return float(printed.replace(".", "")), ()
    return read_number(printed, habits=replace(habits, large_animals=False))


def is_doubtful(printed: str) -> bool:
    """Whether letters that look like digits stand among the digits."""
    return any(map(str.isdigit, printed)) and _SLIPS.search(printed) is not None
