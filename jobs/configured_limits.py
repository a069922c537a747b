"""What one file may cost, by the settings."""

from django.conf import settings

from documents.extraction.limits import ExtractionLimits


def extraction_limits(*, most_seconds: float | None = None) -> ExtractionLimits:
    """The limits of one extraction; `most_seconds` makes it shorter for somebody who waits."""
    seconds, recognition = settings.EXTRACTION_TIMEOUT_SECONDS, settings.OCR_TIMEOUT_SECONDS
    return ExtractionLimits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_pages=settings.UPLOAD_MAX_PAGES,
        max_lines=settings.UPLOAD_MAX_LINES,
        max_pixels=settings.UPLOAD_MAX_PIXELS,
        email_parts=settings.EMAIL_MAX_PARTS,
        email_depth=settings.EMAIL_MAX_DEPTH,
        zip_entries=settings.ZIP_MAX_ENTRIES,
        zip_bytes=settings.ZIP_MAX_BYTES,
        zip_ratio=settings.ZIP_MAX_RATIO,
        zip_depth=settings.ZIP_MAX_DEPTH,
        seconds=seconds if most_seconds is None else min(seconds, most_seconds),
        memory_bytes=settings.EXTRACTION_MEMORY_BYTES,
        ocr_seconds=recognition if most_seconds is None else min(recognition, most_seconds),
        ocr_page_seconds=settings.OCR_PAGE_TIMEOUT_SECONDS,
        ocr_languages=settings.OCR_LANGUAGES,
        ocr_processes=settings.OCR_PROCESSES,
        tesseract=settings.TESSERACT,
    )
