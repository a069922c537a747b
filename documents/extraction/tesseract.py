"""Tesseract, a program of its own, asked about one picture of a page: words with their places and confidences.

The program is run directly, with its TSV output: ocrmypdf, which wraps it, makes a PDF whose text layer has neither
confidences nor columns, and writes files; the library behind it (libtesseract) has no stable binding for Python.
The picture goes in by standard input, so that nothing is written to disk.
"""

import os
import re
import resource
import subprocess
from dataclasses import dataclass
from typing import NamedTuple

_PAGE_LAYOUT = "3"  # --psm: find blocks and lines by itself, upright text
_ORIENTATION_ONLY = "0"
_ROTATE = re.compile(r"^Rotate: (\d+)$", re.MULTILINE)
_SURE = re.compile(r"^Orientation confidence: ([\d.]+)$", re.MULTILINE)
_LEAST_SURE = 1.0  # of an orientation; Tesseract's own measure, in which upright pages of text have 5 to 30
_WORD_LEVEL = "5"


class Word(NamedTuple):
    text: str
    confidence: float  # percent
    left: int  # pixels, y downwards
    top: int
    right: int
    bottom: int
    line: tuple[int, int, int]  # block, paragraph, line, as Tesseract cut the page


class TesseractFailed(Exception):
    """It ended without an answer; `too_slow` says that its time was up."""

    def __init__(self, *, too_slow: bool) -> None:
        super().__init__("too slow" if too_slow else "failed")
        self.too_slow = too_slow


@dataclass(frozen=True, kw_only=True, slots=True)
class Tesseract:
    program: str  # its path
    languages: str  # "eng+spa"
    seconds: float  # for one picture

    def read(self, picture: bytes, *, dpi: int) -> list[Word]:
        """The words of a picture file. Raises TesseractFailed."""
        return parse_table(self._run(picture, languages=self.languages, layout=_PAGE_LAYOUT, dpi=dpi, output="tsv"))

    def find_rotation(self, picture: bytes, *, dpi: int) -> int | None:
        """By how many degrees clockwise the picture has to be turned to stand upright; None where it cannot tell."""
        try:
            told = self._run(picture, languages="osd", layout=_ORIENTATION_ONLY, dpi=dpi)
        except TesseractFailed:  # too few characters, or its data for that are not installed
            return None
        turn, sure = _ROTATE.search(told), _SURE.search(told)
        return int(turn[1]) if turn and sure and float(sure[1]) >= _LEAST_SURE else None

    def _run(self, picture: bytes, *, languages: str, layout: str, dpi: int, output: str | None = None) -> str:
        command = [self.program, "stdin", "stdout", "-l", languages, "--psm", layout, "--dpi", str(dpi)]
        process = subprocess.Popen(  # noqa: S603  # a program of the settings, no shell
            [*command, output] if output else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # a page on a core: its own threads only wait for one another
        )
        with process:
            self._bound(process.pid)
            try:
                told, _ = process.communicate(picture, timeout=self.seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise TesseractFailed(too_slow=True) from None
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise TesseractFailed(too_slow=False)
        return told.decode("utf-8", "replace")

    def _bound(self, pid: int) -> None:
        """Its processor time, so that it ends by itself where nobody is left to end it."""
        if hasattr(resource, "prlimit"):
            seconds = int(self.seconds) + 1
            try:
                resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))
            except (ProcessLookupError, PermissionError):  # it ended already
                return


def parse_table(table: str) -> list[Word]:
    """The words of Tesseract's TSV. Lines that do not fit its form are left out."""
    words = []
    for row in table.split("\n")[1:]:
        cells = row.rstrip("\r").split("\t")
        if len(cells) < 12 or cells[0] != _WORD_LEVEL or not cells[11].strip():
            continue
        try:
            block, paragraph, line = map(int, cells[2:5])
            left, top, width, height = map(int, cells[6:10])
            confidence = float(cells[10])
        except ValueError:
            continue
        text = "\t".join(cells[11:]).strip()
        words.append(Word(text, confidence, left, top, left + width, top + height, (block, paragraph, line)))
    return words
