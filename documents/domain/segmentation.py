"""A partition of a file into documents and gaps, and the invariant that it must keep (I1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from documents.domain.findings import DocumentType
from documents.domain.lines import SourceText, is_blank


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One document of a segmentation. Lines are 1-based, inclusive; trailing blank lines are included."""

    start_line: int
    end_line: int
    title: str  # as printed, or made from type and date where the document prints none
    title_printed: bool
    type: DocumentType
    date: str | None  # ISO 8601 (YYYY-MM-DD)
    confidence: float  # 0 to 1, from agreement of windows, rules and quote; never the model's own number
    needs_review: bool


GapReason = Literal[
    "blank",  # blank lines before the first document, or a file without words
    "running_lines",  # page headers and footers that no document stands beside
    "blank_page",
    "fax_cover",
    "fax_end",  # the page on which a fax machine says that it is done
    "ruler",
]
# Behind these a document begins, whatever stands there; the others are gaps only where one does.
LASTING_GAPS: frozenset[GapReason] = frozenset({"fax_cover", "fax_end"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Lines between documents that belong to none."""

    start_line: int
    end_line: int
    reason: GapReason


@dataclass(frozen=True, kw_only=True, slots=True)
class Segmentation:
    """One run's partition: documents and gaps in order of their lines, and which lines are noise."""

    documents: tuple[Document, ...]
    gaps: tuple[Gap, ...]
    version: str = "v1/r3"  # of the stitching and of the rules that made it
    noise_lines: frozenset[int] = frozenset()
    warnings: tuple[str, ...] = ()


def join_runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Line numbers as runs in order: first and last line of each."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


class BrokenPartition(AssertionError):
    """A segmentation that does not keep I1: a line lost, a line twice, or starts that do not increase."""


def assert_partition(segmentation: Segmentation, *, text: SourceText) -> None:
    """Raise BrokenPartition unless documents and gaps, in order, cover every line of `text` exactly once.

    This is I1 in its stronger form: blank lines are covered as well, so the slices, joined, equal the text.
    """
    ranges: Sequence[Document | Gap] = sorted(
        (*segmentation.documents, *segmentation.gaps), key=lambda piece: piece.start_line
    )
    expected = 1
    for piece in ranges:
        if piece.start_line != expected or piece.end_line < piece.start_line:
            raise BrokenPartition(f"lines {piece.start_line} to {piece.end_line} follow line {expected - 1}")
        expected = piece.end_line + 1
    if expected != len(text.lines) + 1:
        raise BrokenPartition(f"the partition ends at line {expected - 1}, the text at line {len(text.lines)}")
    for document in segmentation.documents:
        if all(is_blank(line) for line in text.lines[document.start_line - 1 : document.end_line]):
            raise BrokenPartition(f"the document at line {document.start_line} has no words")
