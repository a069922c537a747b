"""A Word document (.docx) as numbered lines with its pages."""

from documents.domain.lines import Part, SourceText, split_lines
from documents.extraction.confinement import run_confined
from documents.extraction.email_words import make_storable
from documents.extraction.limits import ExtractionLimits
from documents.extraction.refusing import read_answer

_WORKER = "documents.extraction.word_worker"


def extract_word(*, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    """Headers, body and notes of the document; what is not read is named in a warning. Macros are never looked at.

    Raises ExtractionProblem: `corrupt`, `encrypted`, `too_large`, and those of `run_confined`.
    """
    answer = read_answer(
        run_confined(
            module=_WORKER,
            arguments=(str(limits.max_characters), str(limits.max_lines), str(limits.zip_ratio)),
            content=content,
            seconds=limits.seconds,
            memory_bytes=limits.memory_bytes,
            is_unwanted=limits.is_unwanted,
        )
    )
    lines: list[str] = []
    pages: list[int] = []
    for number, page in enumerate(answer["pages"], 1):
        own = split_lines(make_storable("\n".join(page)).replace("\f", " ") + "\n") if page else ()
        lines += own
        pages += [number] * len(own)
    return SourceText(
        lines=tuple(lines),
        pages=tuple(pages),
        parts=(Part(name=name, kind="word", first_line=1),),
        warnings=tuple(answer["warnings"]),
    )
