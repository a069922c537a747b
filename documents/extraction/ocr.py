"""Character recognition of scanned pages: whether it can be had, and what it read."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Literal

from documents.extraction.certainty import measure_confidence, measure_doubt
from documents.extraction.confinement import bare_environment, run_confined
from documents.extraction.email_words import make_storable
from documents.extraction.limits import ExtractionLimits
from documents.extraction.problems import ExtractionProblem
from documents.extraction.refusing import read_answer
from pennie.lib.cores import count_cores

_WORKER = "documents.extraction.ocr_worker"
_LISTING_SECONDS = 10.0
_SPARE = 1.1  # times its seconds the worker is given, for its start and what it began in time


@dataclass(frozen=True, kw_only=True, slots=True)
class RecognisedPage:
    number: int  # from 1
    lines: tuple[str, ...]
    confidences: tuple[int | None, ...]  # percent; None: a blank line
    failure: Literal["too_slow", "failed"] | None  # why it was not read

    @property
    def confidence(self) -> float:
        """Of the page, in percent; 0 for one without words."""
        return measure_confidence(lines=self.lines, confidences=self.confidences)

    @property
    def doubt(self) -> float:
        """The share of its characters on doubtful lines, 0 to 1."""
        return measure_doubt(lines=self.lines, confidences=self.confidences)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognition:
    """What was read of a file."""

    pages: tuple[RecognisedPage, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecognitionState:
    """Whether scans can be read here. `missing` says what is not there and how to get it; empty: nothing is."""

    program: str
    languages: tuple[str, ...]
    missing: str


def find_recognition(limits: ExtractionLimits) -> RecognitionState:
    """Tesseract and the languages that were asked for, as far as they are installed."""
    program = shutil.which(limits.tesseract) if limits.tesseract else None
    if program is None:
        return RecognitionState(program="", languages=(), missing="Tesseract is not installed")
    installed = _list_languages(program)
    asked = [language for language in limits.ocr_languages.split("+") if language]
    known = tuple(language for language in asked if language in installed)
    absent = [language for language in asked if language not in installed]
    missing = f"Tesseract has no data for {', '.join(absent)}" if absent else ""
    return RecognitionState(program=program, languages=known, missing=missing)


def recognise_file(
    *, content: bytes, kind: Literal["pdf", "image"], pages: Sequence[int] = (), limits: ExtractionLimits
) -> Recognition:
    """`pages` (from 1) of a PDF, or all of a picture file, in order.

    Raises ExtractionProblem: `ocr_unavailable`, `too_slow` (before anything is read, where it would take longer than
    `limits.ocr_seconds`), `too_many_pages`, `too_many_pixels`, `corrupt`, `no_text` for a mere icon, and those of
    `run_confined`.
    """
    state = find_recognition(limits)
    if not state.languages:
        raise ExtractionProblem("ocr_unavailable", found=state.missing)
    asked = {
        "kind": kind,
        "pages": list(pages),
        "program": state.program,
        "languages": "+".join(state.languages),
        "processes": limits.ocr_processes or count_cores(),
        "seconds": limits.ocr_seconds,
        "page_seconds": min(limits.ocr_page_seconds, max(1.0, limits.ocr_seconds)),
        "max_pages": limits.max_pages,
        "max_pixels": limits.max_pixels,
    }
    begun = monotonic()
    try:
        output = run_confined(
            module=_WORKER,
            arguments=(json.dumps(asked),),
            content=content,
            seconds=limits.ocr_seconds * _SPARE,
            memory_bytes=limits.memory_bytes,
            is_unwanted=limits.is_unwanted,
        )
    finally:
        limits.recognition_time.used += monotonic() - begun
    answer = read_answer(output)
    return Recognition(
        pages=tuple(
            RecognisedPage(
                number=page["number"],
                lines=tuple(map(_clean, page["lines"])),
                confidences=tuple(page["confidences"]),
                failure=page["failure"],
            )
            for page in answer["pages"]
        ),
        warnings=tuple(answer["warnings"]),
    )


def _clean(line: str) -> str:
    return make_storable(line).replace("\n", " ").replace("\r", " ").replace("\f", " ")


def _list_languages(program: str) -> frozenset[str]:
    languages = _ask_languages(program)
    if not languages:  # it may be put right while we run
        _ask_languages.cache_clear()
    return languages


@lru_cache(maxsize=8)
def _ask_languages(program: str) -> frozenset[str]:
    try:
        told = subprocess.run(  # noqa: S603  # a program of the settings, no shell
            [program, "--list-langs"],
            capture_output=True,
            timeout=_LISTING_SECONDS,
            check=True,
            env=bare_environment(),
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(told.decode("utf-8", "replace").split("\n")[1:]) - {"", "osd"}
