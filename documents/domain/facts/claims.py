"""A claim of a fact, tied to its line."""

from dataclasses import dataclass

from documents.domain.findings import FactField


@dataclass(frozen=True, kw_only=True, slots=True)
class LocatedClaim:
    """A claim tied to the file: `line` is 1-based and of the whole file, `quote` stands in it, `raw` in the quote."""

    field: FactField
    raw: str  # the value as printed
    line: int
    quote: str  # verbatim
