"""`python -m tests.records.draw` draws NAME.pdf of each record: a line of text a line, monospaced, not wrapped."""

import sys
from collections.abc import Sequence
from pathlib import Path

from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from tests.records.build import RECORDS

PAGE_LINES = 66  # a page without a form feed is broken here
LIMIT = 400_000  # bytes; a larger PDF is not kept in the tree
_MARGIN = 36.0
_LEADING = (letter[1] - 2 * _MARGIN) / PAGE_LINES
_ADVANCE = 0.6  # width of a Courier glyph, in font sizes


def split_pages(*, text: str) -> list[list[str]]:
    """The lines of each page that is drawn: broken at form feeds and after PAGE_LINES lines."""
    pages: list[list[str]] = [[]]
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("\f") or len(pages[-1]) == PAGE_LINES:
            pages.append([])
        pages[-1].append(line.removeprefix("\f"))
    return pages


def draw_pdf(*, text: str) -> bytes:
    """`text` as a PDF, the same bytes each time. Raises UnicodeEncodeError for letters that Courier has not."""
    pages = split_pages(text=text)
    canvas = Canvas("", pagesize=letter, invariant=1, pageCompression=1)
    size = _fit_size(pages)
    for page in pages:
        canvas.setFont("Courier", size)
        for position, line in enumerate(page, start=1):
            line.encode("cp1252")
            if line.strip():
                canvas.drawString(_MARGIN, letter[1] - _MARGIN - position * _LEADING, line)
        canvas.showPage()
    drawn: bytes = canvas.getpdfdata()
    return drawn


def _fit_size(pages: Sequence[Sequence[str]]) -> float:
    longest = max(len(line) for page in pages for line in page)
    return min(9.0, (letter[0] - 2 * _MARGIN) / (_ADVANCE * longest))


def draw_all(*, folder: Path) -> list[str]:
    """Draw every record of `folder`; names of those that are too large to keep."""
    left_out = []
    for path in sorted(folder.glob("*.txt")):
        drawn = draw_pdf(text=path.read_text(encoding="utf-8"))
        if len(drawn) > LIMIT:
            left_out.append(path.stem)
        else:
            path.with_suffix(".pdf").write_bytes(drawn)
    return left_out


if __name__ == "__main__":
    for name in draw_all(folder=RECORDS):
        sys.stdout.write(f"{name}.pdf would be over {LIMIT} bytes and was not written\n")
