"""The text of an upload as the admin shows it: numbered lines, cut into the documents and gaps they belong to.

Where the upload holds several files, an e-mail's or an archive's, each is named at its first line. A long record is
shown a part at a time, so that its page stays quick.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from documents.domain.lines import DOUBTFUL, unpack_confidences
from documents.models import Document, ExtractedText, Gap, Upload

LINES_AT_ONCE = 3_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """Lines of one document or gap, or of a file that was not cut yet."""

    kind: str  # document, gap or plain
    file: str  # of several in the upload, the one that begins with it
    heading: str
    document: Document | None
    is_continued: bool  # its beginning is on an earlier part
    lines: SafeString


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A document in the list beside the text; `file`: of several in the upload, the one that begins with it here."""

    document: Document
    file: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    entries: Sequence[Entry]  # all documents of the upload
    passages: Sequence[Passage]  # of this part
    first: int
    last: int
    total: int
    warnings: Sequence[str]  # what was not read of the file, or not for certain
    notes: Sequence[str]  # what the current run says besides: of matches, of facts, of beginnings not taken
    has_doubt: bool  # lines are underlined
    previous: int | None  # a line of the part before
    next: int | None


def read_page(*, upload: Upload, line: int) -> Reading | None:
    """The part of the upload in which `line` stands; None where there is no text."""
    kept = ExtractedText.objects.filter(upload=upload).first()
    if kept is None:
        return None
    lines = kept.text.split("\n")
    total = len(lines)
    first = (min(max(line, 1), total) - 1) // LINES_AT_ONCE * LINES_AT_ONCE + 1
    last = min(first + LINES_AT_ONCE - 1, total)
    documents = _documents_of(upload)
    current = upload.current_segmentation
    look = _Look(
        noise=frozenset(current.noise_lines if current else ()),
        confidences=unpack_confidences(kept.confidence_runs, count=total),
        files=_name_files(kept.parts),
    )
    return Reading(
        entries=_list_entries(documents, files=look.files),
        passages=[
            Passage(
                kind=kind,
                file=look.files.get(start, ""),
                heading=heading,
                document=document,
                is_continued=start < first,
                lines=_show_lines(lines, max(start, first), min(end, last), look=look, named=start),
            )
            for kind, heading, document, start, end in _cut(upload, documents, total)
            if start <= last and end >= first
        ],
        first=first,
        last=last,
        total=total,
        warnings=kept.warnings,
        notes=[each for each in current.warnings if each not in kept.warnings] if current else [],
        has_doubt=any(sure is not None and sure < DOUBTFUL for sure in look.confidences),
        previous=first - 1 if first > 1 else None,
        next=last + 1 if last < total else None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """What marks the lines."""

    noise: frozenset[int]
    confidences: Sequence[int | None]  # of each line; empty: it is no scan
    files: Mapping[int, str]  # names by first line; empty where the upload is one file


def _name_files(parts: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    return {part["first_line"]: part["name"] for part in parts} if len(parts) > 1 else {}


def _list_entries(documents: Sequence[Document], *, files: Mapping[int, str]) -> list[Entry]:
    """A file is named at the first document that begins in it; one without any is named in the text alone."""
    firsts = sorted(files)
    entries, before = [], -1
    for document in documents:
        place = bisect_right(firsts, document.start_line) - 1
        entries.append(Entry(document=document, file=files[firsts[place]] if place > before else ""))
        before = max(before, place)
    return entries


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


def _show_lines(lines: Sequence[str], start: int, end: int, *, look: _Look, named: int) -> SafeString:
    """A file that begins at the line `named` stands above its passage already."""
    return format_html_join(
        "",
        '{4}<div id="L{0}" data-line="{0}" class="{1}"{2}>{3}</div>',
        (
            (
                number,
                "pennie-line pennie-noise" if number in look.noise else "pennie-line",
                _show_doubt(look.confidences[number - 1] if look.confidences else None),
                lines[number - 1],
                _show_file(look.files.get(number) if number != named else None),
            )
            for number in range(start, end + 1)
        ),
    )


def _show_file(name: str | None) -> SafeString:
    return format_html('<div class="pennie-file">{}</div>', name) if name else SafeString("")


def _show_doubt(confidence: int | None) -> SafeString:
    """What marks a line that character recognition was not sure of; the style sheet underlines it."""
    if confidence is None or confidence >= DOUBTFUL:
        return SafeString("")
    return format_html(' data-doubt="{0}" title="hard to read: {0} %, compare it with the scan"', confidence)
