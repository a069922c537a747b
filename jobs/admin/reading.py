"""The text of an upload as the admin shows it: numbered lines, cut into the documents and gaps they belong to.

A long record is shown a part at a time, so that its page stays quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from documents.domain.lines import DOUBTFUL, unpack_confidences
from documents.models import Document, ExtractedText, Gap, Upload

LINES_AT_ONCE = 3_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """Lines of one document or gap, or of a file that was not cut yet."""

    kind: str  # document, gap or plain
    heading: str
    document: Document | None
    is_continued: bool  # its beginning is on an earlier part
    lines: SafeString


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    documents: Sequence[Document]  # all of the upload
    passages: Sequence[Passage]  # of this part
    first: int
    last: int
    total: int
    warnings: Sequence[str]  # what was not read of the file, or not for certain
    previous: int | None  # a line of the part before
    next: int | None


def read_page(*, upload: Upload, line: int) -> Reading | None:
    """The part of the upload in which `line` stands; None where there is no text."""
    kept = ExtractedText.objects.filter(upload=upload).first()
    if kept is None:
        return None
    lines = kept.text.split("\n")
    confidences = unpack_confidences(kept.confidence_runs, count=len(lines))
    total = len(lines)
    first = (min(max(line, 1), total) - 1) // LINES_AT_ONCE * LINES_AT_ONCE + 1
    last = min(first + LINES_AT_ONCE - 1, total)
    documents = _documents_of(upload)
    noise = set(upload.current_segmentation.noise_lines) if upload.current_segmentation else set()
    return Reading(
        documents=documents,
        passages=[
            Passage(
                kind=kind,
                heading=heading,
                document=document,
                is_continued=start < first,
                lines=_show_lines(lines, max(start, first), min(end, last), noise, confidences),
            )
            for kind, heading, document, start, end in _cut(upload, documents, total)
            if start <= last and end >= first
        ],
        first=first,
        last=last,
        total=total,
        warnings=kept.warnings,
        previous=first - 1 if first > 1 else None,
        next=last + 1 if last < total else None,
    )


_Piece = tuple[str, str, Document | None, int, int]


def _documents_of(upload: Upload) -> list[Document]:
    if upload.current_segmentation_id is None:
        return []
    documents = Document.objects.filter(segmentation=upload.current_segmentation_id)
    return list(documents.select_related("patient").order_by("start_line"))


def _cut(upload: Upload, documents: Sequence[Document], total: int) -> list[_Piece]:
    """Every line once: documents, gaps, and plain where neither is."""
    gaps = Gap.objects.filter(segmentation=upload.current_segmentation_id) if documents else []
    pieces: list[_Piece] = [("document", each.title, each, each.start_line, each.end_line) for each in documents]
    pieces += [("gap", _name_gap(each.reason), None, each.start_line, each.end_line) for each in gaps]
    pieces.sort(key=lambda piece: piece[3])
    if not pieces:
        return [("plain", "", None, 1, total)]
    ends = [0, *(piece[4] for piece in pieces)]
    starts = [*(piece[3] for piece in pieces), total + 1]
    holes: list[_Piece] = [
        ("plain", "", None, end + 1, start - 1) for end, start in zip(ends, starts, strict=True) if end + 1 < start
    ]
    return sorted([*pieces, *holes], key=lambda piece: piece[3])


def _name_gap(reason: str) -> str:
    return "marked by staff" if reason == "staff" else reason.replace("_", " ")


def _show_lines(
    lines: Sequence[str], start: int, end: int, noise: set[int], confidences: Sequence[int | None]
) -> SafeString:
    return format_html_join(
        "",
        '<div id="L{0}" data-line="{0}" class="{1}"{2}>{3}</div>',
        (
            (
                number,
                "pennie-line pennie-noise" if number in noise else "pennie-line",
                _show_doubt(confidences[number - 1] if confidences else None),
                lines[number - 1],
            )
            for number in range(start, end + 1)
        ),
    )


def _show_doubt(confidence: int | None) -> SafeString:
    """What marks a line that character recognition was not sure of; the style sheet underlines it."""
    if confidence is None or confidence >= DOUBTFUL:
        return SafeString("")
    return format_html(' data-doubt="{0}" title="hard to read: {0} %, compare it with the scan"', confidence)
