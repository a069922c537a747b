"""A PDF as numbered lines with their pages: its text layer, and character recognition where that is missing or poor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from documents.domain.lines import Part, SourceText, fold, is_blank
from documents.extraction.confinement import run_confined
from documents.extraction.doubtful_pages import name_pages, tell_recognition
from documents.extraction.limits import ExtractionLimits
from documents.extraction.ocr import RecognisedPage, Recognition, find_recognition, recognise_file
from documents.extraction.picture import check_any_read
from documents.extraction.problems import ExtractionProblem
from documents.extraction.refusing import read_answer
from documents.extraction.text_quality import judge
from documents.extraction.typography import join_hyphenated, mend_line

_WORKER = "documents.extraction.pdf_worker"
_SCANNED = 0.5  # of a page covered by pictures: from here on it may be a scan
_FEW = 200  # characters of words: less on a scanned page is a stamp of the fax or the archive
_GOOD = 0.85  # share of words in the text layer of a scan that is taken as it is
_BROKEN = 0.5  # share below which a text layer without a picture is letters that no font explains
_JUDGED = 40  # characters: of less nothing can be told
_MOST_NAMED = 20  # lines that a warning lists


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """One page: its text layer, then perhaps what was recognised in its picture."""

    number: int
    lines: tuple[str, ...]
    picture_share: float  # 0 to 1
    has_drawing: bool
    covered: tuple[str, ...] = ()  # lines with a word under a dark box
    confidences: tuple[int | None, ...] | None = None  # where it was recognised

    @property
    def is_silent(self) -> bool:
        return all(map(is_blank, self.lines))


def extract_pdf(*, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    """Lines and pages of a PDF; of a page with both text layer and picture, the better of the two.

    Raises ExtractionProblem: `encrypted`, `corrupt`, `no_text`, `ocr_unavailable` where all is scanned and there is no
    Tesseract, `too_many_pages`, `too_large`, those of `recognise_file` and those of `run_confined`.
    """
    output = run_confined(
        module=_WORKER,
        arguments=(str(limits.max_pages), str(limits.max_characters)),
        content=content,
        seconds=limits.seconds,
        memory_bytes=limits.memory_bytes,
        is_unwanted=limits.is_unwanted,
    )
    pages = [
        _Page(
            number=number,
            lines=tuple(map(mend_line, lines)),
            picture_share=share,
            has_drawing=drawn,
            covered=tuple(map(mend_line, covered)),
        )
        for number, (lines, share, drawn, covered) in enumerate(read_answer(output)["pages"], 1)
    ]
    pages, warnings = _recognise(pages, content=content, limits=limits)
    pages = _join_words(pages)
    return _number(pages, name=name, warnings=warnings)


def _recognise(pages: list[_Page], *, content: bytes, limits: ExtractionLimits) -> tuple[list[_Page], list[str]]:
    """The pages with the better of text layer and picture, and what people are to be told."""
    wanted = [page for page in pages if _wants_recognition(page)]
    if not wanted:
        return pages, []
    state = find_recognition(limits)
    if not state.languages:
        return pages, _tell_unavailable(pages, wanted=wanted, missing=state.missing)
    recognition = recognise_file(content=content, kind="pdf", pages=[page.number for page in wanted], limits=limits)
    if len(wanted) == len(pages) and all(page.is_silent for page in pages):
        check_any_read(recognition.pages)
    return _take_better(pages, recognition=recognition)


def _wants_recognition(page: _Page) -> bool:
    if page.is_silent:
        return page.has_drawing
    quality = judge(page.lines)
    if page.picture_share >= _SCANNED:
        return quality.good < _FEW or quality.share < _GOOD
    return quality.good + quality.bad >= _JUDGED and quality.share < _BROKEN


def _tell_unavailable(pages: Sequence[_Page], *, wanted: Sequence[_Page], missing: str) -> list[str]:
    """Raises ExtractionProblem where nothing can be read without it."""
    if all(page.is_silent for page in pages):
        count = f"{len(pages):,} pages" if len(pages) > 1 else "1 page"
        raise ExtractionProblem("ocr_unavailable", found=f"{count}; {missing}")
    said = name_pages(page.number for page in wanted)
    return [
        f"Not read: {said}, scanned or with a broken text layer ({missing}). Install Tesseract, then send it again."
    ]


def _take_better(pages: Sequence[_Page], *, recognition: Recognition) -> tuple[list[_Page], list[str]]:
    read = {page.number: page for page in recognition.pages}
    merged = []
    taken: list[RecognisedPage] = []
    for page in pages:
        found = read.get(page.number)
        if found is None:
            merged.append(page)
        elif page.is_silent or _is_better(found, page=page):
            merged.append(replace(page, lines=tuple(map(mend_line, found.lines)), confidences=found.confidences))
            taken.append(found)
        else:
            merged.append(page)
    return merged, [*recognition.warnings, *tell_recognition(taken)]


def _is_better(found: RecognisedPage, *, page: _Page) -> bool:
    """More words, or about as many of which more are words, and read with some confidence."""
    if found.failure or found.confidence < 60:
        return False
    layer, own = judge(page.lines), judge(found.lines)
    if own.good > 1.2 * layer.good and own.share >= layer.share - 0.1:
        return True
    return own.share > layer.share + 0.1 and own.good >= 0.7 * layer.good


def _join_words(pages: Sequence[_Page]) -> list[_Page]:
    """Words that are divided at the end of a line, where they are surely one."""
    joined = join_hyphenated([page.lines for page in pages])
    return [replace(page, lines=lines) for page, lines in zip(pages, joined, strict=True)]


def _number(pages: Sequence[_Page], *, name: str, warnings: list[str]) -> SourceText:
    silent = [page.number for page in pages if page.is_silent]
    if len(silent) == len(pages):
        raise ExtractionProblem("no_text", found=f"{len(pages):,} pages" if len(pages) > 1 else "1 page")
    told = {page.number for page in pages if page.is_silent and page.has_drawing}
    if told and not any(warning.startswith("Not read: ") for warning in warnings):
        warnings = [*warnings, f"No text on {name_pages(sorted(told))}: pictures without words, or too pale to read."]
    covered = _find_covered(pages)
    confidences = [sure for page in pages for sure in page.confidences or (None,) * len(page.lines)]
    return SourceText(
        lines=tuple(line for page in pages for line in page.lines),
        pages=tuple(page.number for page in pages for _ in page.lines),
        parts=(Part(name=name, kind="pdf", first_line=1),),
        warnings=(*warnings, *_tell_covered(covered)),
        confidences=tuple(confidences) if any(sure is not None for sure in confidences) else (),
        covered_lines=frozenset(line for lines in covered.values() for line in lines),
        page_count=len(pages),
    )


def _find_covered(pages: Sequence[_Page]) -> dict[int, list[int]]:
    """Of each page with words under a dark box the lines of the file that hold them: none where its picture was read
    and the box hid them there, too."""
    found: dict[int, list[int]] = {}
    first = 1
    for page in pages:
        covered = {fold(line) for line in page.covered} - {""}
        if covered:
            found[page.number] = [
                first + index
                for index, line in enumerate(map(fold, page.lines))
                if any(words in line for words in covered)
            ]
        first += len(page.lines)
    return found


def _tell_covered(covered: Mapping[int, Sequence[int]]) -> list[str]:
    """Of text under black boxes: where, never what."""
    if not covered:
        return []
    lines = [line for page in covered.values() for line in page]
    shown = ", ".join(map(str, lines[:_MOST_NAMED])) + (" and more" if len(lines) > _MOST_NAMED else "")
    place = f"{name_pages(covered)} (line {shown})" if lines else name_pages(covered)
    read = ", and were read" if lines else ""
    return [
        f"Text lies under a black box on {place}: the box hides it from the eye only. The words are in the file{read}."
    ]
