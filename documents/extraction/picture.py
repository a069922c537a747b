"""A picture file, a scan or a fax, as numbered lines with their pages."""

from documents.domain.lines import Part, SourceText
from documents.extraction.doubtful_pages import tell_recognition
from documents.extraction.limits import ExtractionLimits
from documents.extraction.ocr import RecognisedPage, recognise_file
from documents.extraction.problems import ExtractionProblem


def extract_picture(*, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    """Raises ExtractionProblem: those of `recognise_file`, `no_text`, and `too_slow` or `parser_crashed` where no page
    could be read."""
    recognition = recognise_file(content=content, kind="image", limits=limits)
    check_any_read(recognition.pages)
    return SourceText(
        lines=tuple(line for page in recognition.pages for line in page.lines),
        pages=tuple(page.number for page in recognition.pages for _ in page.lines),
        parts=(Part(name=name, kind="image", first_line=1),),
        warnings=(*recognition.warnings, *tell_recognition(recognition.pages)),
        confidences=tuple(sure for page in recognition.pages for sure in page.confidences),
        page_count=len(recognition.pages),
    )


def check_any_read(pages: tuple[RecognisedPage, ...]) -> None:
    """Raises where all failed; a page that is blank was read."""
    if pages and all(page.failure for page in pages):
        slow = any(page.failure == "too_slow" for page in pages)
        raise ExtractionProblem("too_slow" if slow else "parser_crashed", found="character recognition of every page")
