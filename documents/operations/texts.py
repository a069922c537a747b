"""The text of an upload, kept as it was extracted."""

from datetime import datetime

from documents.domain.lines import (
    Part,
    SourceText,
    pack_confidences,
    pack_pages,
    unpack_confidences,
    unpack_pages,
)
from documents.models import ExtractedText, Upload
from pennie.lib.refusals import Refusal


class NoText(Refusal):
    """The upload has no text to show: not read yet, not readable, or purged."""

    def __init__(self) -> None:
        super().__init__(
            "no_text",
            title="There is no text of this upload",
            detail="The file was not read yet, could not be read, or was purged. Its job tells which.",
            status=409,
        )


def load_text(*, upload: Upload) -> SourceText:
    """The upload's numbered lines. Raises NoText."""
    kept = ExtractedText.objects.filter(upload=upload).first()
    if kept is None:
        raise NoText
    # Split as joined: `split_lines` would drop a last line that is blank. No run of pages means no line.
    lines = tuple(kept.text.split("\n")) if kept.page_runs else ()
    return SourceText(
        lines=lines,
        pages=unpack_pages(kept.page_runs, count=len(lines)) if lines else (),
        parts=tuple(Part(**part) for part in kept.parts),
        warnings=tuple(kept.warnings),
        confidences=unpack_confidences(kept.confidence_runs, count=len(lines)),
        covered_lines=frozenset(kept.covered_lines or ()),
        page_count=upload.page_count or 0,
    )


def store_text(*, upload: Upload, text: SourceText, now: datetime) -> None:
    """Keep `text` as the upload's, in place of any before, with its number of lines and pages."""
    ExtractedText.objects.update_or_create(
        upload=upload,
        defaults={
            "clinic_id": upload.clinic_id,
            "text": text.text,
            "page_runs": pack_pages(text.pages),
            "parts": [{"name": part.name, "kind": part.kind, "first_line": part.first_line} for part in text.parts],
            "warnings": list(text.warnings),
            "confidence_runs": pack_confidences(text.confidences),
            "covered_lines": sorted(text.covered_lines) or None,
        },
    )
    upload.line_count = len(text.lines)
    upload.page_count = text.page_count
    upload.updated_at = now
    upload.save(update_fields=["line_count", "page_count", "updated_at"])
