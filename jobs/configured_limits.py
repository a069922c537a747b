"""What one file may cost, by the settings."""

from django.conf import settings

from documents.extraction.limits import ExtractionLimits


def extraction_limits(*, most_seconds: float | None = None) -> ExtractionLimits:
    """The limits of one extraction; `most_seconds` makes it shorter for somebody who waits."""
    seconds = settings.EXTRACTION_TIMEOUT_SECONDS
    return ExtractionLimits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_pages=settings.UPLOAD_MAX_PAGES,
        email_parts=settings.EMAIL_MAX_PARTS,
        email_depth=settings.EMAIL_MAX_DEPTH,
        seconds=seconds if most_seconds is None else min(seconds, most_seconds),
        memory_bytes=settings.EXTRACTION_MEMORY_BYTES,
    )
