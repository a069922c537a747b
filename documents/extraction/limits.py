"""What one file may cost. The caller passes the limits; nothing here reads settings."""

from collections.abc import Callable
from dataclasses import dataclass, field

from documents.extraction.confinement import never
from documents.extraction.problems import ExtractionProblem


@dataclass(kw_only=True, slots=True)
class RecognitionTime:
    """Seconds of wall time that character recognition took so far, in a file with all that is in it."""

    used: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractionLimits:
    """Bounds of one extraction. For an e-mail or an archive they bound all that is in it together."""

    max_bytes: int = 200 * 1024 * 1024
    max_pages: int = 2000
    max_pixels: int = 100_000_000  # of one page
    email_parts: int = 50  # leaves and attached messages, over all levels
    email_depth: int = 5  # messages within messages
    zip_entries: int = 200  # folders not counted
    zip_bytes: int = 500 * 1024 * 1024  # of all entries, unpacked
    zip_ratio: int = 100  # unpacked to packed, of an entry and of all
    zip_depth: int = 1  # archives within one another; an Office file counts as none
    seconds: float = 120.0  # wall and CPU time, character recognition not counted
    memory_bytes: int = 2 * 1024**3  # address space of each process that parses
    max_characters: int = 50_000_000  # text that a parser may put out: a small PDF can unfold to gigabytes
    max_lines: int = 300_000  # each costs some 2 kB until the file is read, and a few bytes may unfold to millions
    ocr_seconds: float = 3600.0  # wall time of character recognition
    ocr_page_seconds: float = 60.0  # of one page; one that takes longer is left unread, with a warning
    ocr_languages: str = "eng+spa+fra+deu"  # as Tesseract names them; those that it does not have are left out
    ocr_processes: int = 0  # pages at once; 0: as many as there are cores
    tesseract: str = "tesseract"  # the program, by name or path; empty: no character recognition
    is_unwanted: Callable[[], bool] = field(default=never, compare=False)  # asked now and then: whether to stop
    recognition_time: RecognitionTime = field(default_factory=RecognitionTime, compare=False)


def check_volume(text: str, *, limits: ExtractionLimits) -> None:
    """Raises ExtractionProblem `too_large` before a text of too many lines or characters is cut into lines."""
    if len(text) > limits.max_characters:
        raise ExtractionProblem(
            "too_large", found=f"{len(text):,} characters of text; at most {limits.max_characters:,} are read"
        )
    check_lines(text.count("\n") + text.count("\r") - text.count("\r\n"), limits=limits)


def check_lines(count: int, *, limits: ExtractionLimits) -> None:
    """Raises ExtractionProblem `too_large`."""
    if count > limits.max_lines:
        raise ExtractionProblem("too_large", found=f"{count:,} lines; at most {limits.max_lines:,} are read")
