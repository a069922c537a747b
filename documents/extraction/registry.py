"""From bytes to numbered lines: the one way in for every kind of file."""

from documents.domain.lines import SourceText, strip_invisible
from documents.extraction.email import extract_email
from documents.extraction.kinds import identify
from documents.extraction.limits import ExtractionLimits
from documents.extraction.pdf import extract_pdf
from documents.extraction.problems import ExtractionProblem
from documents.extraction.text import extract_text

__all__ = ["ExtractionLimits", "ExtractionProblem", "extract"]


def extract(*, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    """The file `content`, called `name`, as numbered lines with pages, parts and warnings.

    No line has a CR, LF, NUL or lone surrogate in it. Raises ExtractionProblem, and nothing else, for a file that is
    refused; nothing is left behind then, no file and no process.
    """
    if not content:
        raise ExtractionProblem("empty_file")
    if len(content) > limits.max_bytes:
        raise ExtractionProblem("too_large", found=f"{len(content):,} bytes; at most {limits.max_bytes:,} are read")
    name = name.replace("\\", "/").rsplit("/", 1)[-1] or "file"
    kind = identify(content=content, name=name)
    if kind == "pdf":
        source = extract_pdf(content=content, name=name, limits=limits)
    elif kind == "email":
        source = extract_email(content=content, limits=limits, read_attachment=extract)
    else:
        source = extract_text(content=content, name=name)
    _check(source, limits=limits)
    return source


def _check(source: SourceText, *, limits: ExtractionLimits) -> None:
    if not any(strip_invisible(line).strip() for line in source.lines):
        raise ExtractionProblem("no_text")
    if source.pages[-1] > limits.max_pages:
        raise ExtractionProblem(
            "too_many_pages", found=f"{source.pages[-1]:,} pages; at most {limits.max_pages:,} are read"
        )
