"""A picture file, a scan or a fax, as numbered lines with their pages."""

from documents.domain.lines import Part, SourceText, is_blank
from documents.extraction.doubtful_pages import name_pages, tell_recognition
from documents.extraction.limits import ExtractionLimits
from documents.extraction.ocr import RecognisedPage, recognise_file
from documents.extraction.problems import ExtractionProblem


def extract_picture(*, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    """Raises ExtractionProblem: those of `recognise_file`, `no_text`, and `too_slow` or `parser_crashed` where no page
    could be read."""
    recognition = recognise_file(content=content, kind="image", limits=limits)
    check_any_read(recognition.pages)
    silent = [page.number for page in recognition.pages if not page.failure and all(map(is_blank, page.lines))]
    told = [f"No text on {name_pages(silent)}: blank, or too pale to read."] if silent else []
    return SourceText(
        lines=tuple(line for page in recognition.pages for line in page.lines),
        pages=tuple(page.number for page in recognition.pages for _ in page.lines),
        parts=(Part(name=name, kind="image", first_line=1),),
        warnings=(*recognition.warnings, *tell_recognition(recognition.pages), *told),
        confidences=tuple(sure for page in recognition.pages for sure in page.confidences),
        page_count=len(recognition.pages),
    )


def check_any_read(pages: tuple[RecognisedPage, ...]) -> None:
    """Raises where all failed; a page that is blank was read."""
    if pages and all(page.failure for page in pages):
        slow = any(page.failure == "too_slow" for page in pages)
        raise ExtractionProblem("too_slow" if slow else "parser_crashed", found="character recognition of every page")
