"""The text layer of a PDF as numbered lines with their pages."""

import json
from collections.abc import Iterable

from documents.domain.lines import Part, SourceText, is_blank
from documents.extraction.confinement import run_confined
from documents.extraction.limits import ExtractionLimits
from documents.extraction.problems import ExtractionProblem

_WORKER = "documents.extraction.pdf_worker"
_MOST_NAMED = 20  # ranges of pages that a warning lists


def extract_pdf(*, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    """Lines and pages of a PDF with a text layer; pages without text are named in a warning.

    Raises ExtractionProblem: `encrypted`, `corrupt`, `no_text_layer`, `too_many_pages`, `too_large`, and those of
    `run_confined`.
    """
    output = run_confined(
        module=_WORKER,
        arguments=(str(limits.max_pages), str(limits.max_characters)),
        content=content,
        seconds=limits.seconds,
        memory_bytes=limits.memory_bytes,
    )
    answer = json.loads(output)
    if "problem" in answer:
        raise ExtractionProblem(answer["problem"], found=answer["found"])
    return _number(answer["pages"], name=name)


def _number(printed: list[list[str]], *, name: str) -> SourceText:
    silent = [number for number, lines in enumerate(printed, 1) if all(map(is_blank, lines))]
    if len(silent) == len(printed):
        raise ExtractionProblem("no_text_layer", found=f"{len(printed):,} pages" if len(printed) > 1 else "1 page")
    warnings: tuple[str, ...] = ()
    if silent:
        warnings = (f"No text on {_name_pages(silent)}: blank, or scanned (OCR is not there yet).",)
    return SourceText(
        lines=tuple(line for lines in printed for line in lines),
        pages=tuple(number for number, lines in enumerate(printed, 1) for _ in lines),
        parts=(Part(name=name, kind="pdf", first_line=1),),
        warnings=warnings,
    )


def _name_pages(pages: Iterable[int]) -> str:
    """ "page 3" or "pages 3, 7 to 9"."""
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and page == ranges[-1][1] + 1:
            ranges[-1][1] = page
        else:
            ranges.append([page, page])
    named = [str(first) if first == last else f"{first} to {last}" for first, last in ranges[:_MOST_NAMED]]
    more = f" and {len(ranges) - _MOST_NAMED} more places" if len(ranges) > _MOST_NAMED else ""
    return ("page " if len(ranges) == 1 and ranges[0][0] == ranges[0][1] else "pages ") + ", ".join(named) + more
