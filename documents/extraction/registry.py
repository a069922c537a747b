"""From bytes to numbered lines: the one way in for every kind of file."""

from documents.domain.lines import SourceText, strip_invisible
from documents.extraction.archive import extract_archive
from documents.extraction.email import extract_email
from documents.extraction.html import extract_html
from documents.extraction.kinds import Kind, identify
from documents.extraction.limits import ExtractionLimits, check_lines
from documents.extraction.pdf import extract_pdf
from documents.extraction.picture import extract_picture
from documents.extraction.problems import ExtractionProblem
from documents.extraction.text import extract_text
from documents.extraction.word import extract_word

__all__ = ["ExtractionLimits", "ExtractionProblem", "extract"]


def extract(*, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    """The file `content`, called `name`, as numbered lines with pages, parts and warnings.

    No line has a CR, LF, NUL or lone surrogate in it. Raises ExtractionProblem, and nothing else, for a file that is
    refused, and ExtractionStopped once `limits.is_unwanted` says so; nothing is left behind then, no file, no process.
    """
    if not content:
        raise ExtractionProblem("empty_file")
    if len(content) > limits.max_bytes:
        raise ExtractionProblem("too_large", found=f"{len(content):,} bytes; at most {limits.max_bytes:,} are read")
    name = name.replace("\\", "/").rsplit("/", 1)[-1] or "file"
    kind = identify(content=content, name=name)
    source = _read(kind, content=content, name=name, limits=limits)
    _check(source, limits=limits)
    return source


def _read(kind: Kind, *, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    match kind:
        case "pdf":
            return extract_pdf(content=content, name=name, limits=limits)
        case "image":
            return extract_picture(content=content, name=name, limits=limits)
        case "word":
            return extract_word(content=content, name=name, limits=limits)
        case "html":
            return extract_html(content=content, name=name, limits=limits)
        case "email":
            return extract_email(content=content, limits=limits, read_attachment=extract)
        case "zip":
            return extract_archive(content=content, limits=limits, read_entry=extract)
        case "text":
            return extract_text(content=content, name=name, limits=limits)


def _check(source: SourceText, *, limits: ExtractionLimits) -> None:
    check_lines(len(source.lines), limits=limits)
    if not any(strip_invisible(line).strip() for line in source.lines):
        raise ExtractionProblem("no_text")
    if source.page_count > limits.max_pages:
        raise ExtractionProblem(
            "too_many_pages", found=f"{source.page_count:,} pages; at most {limits.max_pages:,} are read"
        )
