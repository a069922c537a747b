"""A typed value, how its file writes, and numbers as files write them."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from documents.domain.dates import DateOrder
from documents.domain.findings import FactField

Scalar = str | bool | float
Parts = Mapping[str, str | float]  # of a clinical fact; docs/algorithms/facts.md lists them by field


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """One typed value. A claim may hold several: "FS" is a sex and a neuter status."""

    field: FactField
    value: Scalar
    unit: str | None = None  # weight: kg, lb, g, oz; height: cm, in, m, hh; of a clinical measure as normalised
    kg: float | None = None  # weight only
    flags: tuple[str, ...] = ()
    parts: Parts = dataclasses.field(
        default_factory=dict
    )  # what a clinical fact consists of; absent parts are left out


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """How a file writes: what a bare "03/04/2019" and "1,200 kg" mean in it."""

    order: DateOrder = "unknown"
    comma_is_decimal: bool = False
    large_animals: bool = False  # every species that the file names is one that weighs hundreds of kilograms


_HALF = re.compile(r"[-\s]?(?:1/2|½)$")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@lru_cache(maxsize=8192)
def read_number(printed: str, *, habits: Habits) -> tuple[float, tuple[str, ...]]:
    """The number, and ("ambiguous_number",) where a single comma or point before three digits might mean thousands."""
    if printed.isdigit():
        return float(printed), ()
    half = 0.5 if printed.endswith(("½", "1/2")) else 0.0
    digits = _HALF.sub("", printed).replace("’", "'").replace("'", "")
    marks = [character for character in digits if character in ".,"]
    if len(marks) == 2 and marks[0] != marks[1]:
        return float(digits.replace(marks[0], "").replace(marks[1], ".")) + half, ()
    if len(marks) > 1:
        return float(digits.replace(".", "").replace(",", "")) + half, ()
    thousands = _THOUSANDS.fullmatch(digits) is not None
    is_large = habits.large_animals
    if thousands and (is_large or (marks[0] == "," and not habits.comma_is_decimal)):
        return float(digits.replace(".", "").replace(",", "")) + half, () if is_large else ("ambiguous_number",)
    return float(digits.replace(",", ".")) + half, ("ambiguous_number",) if thousands and marks[0] == "," else ()
