"""Scanned pages made for tests: text drawn as a PDF, then drawn from that as a picture, turned and spoilt as asked."""

import io
from collections.abc import Callable, Sequence
from shutil import which
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.unit.extraction.drawing import PAGE, draw, draw_lines

# A runner without Tesseract says so in its summary; CI has it (.ci/run).
needs_tesseract = pytest.mark.skipif(which("tesseract") is None, reason="Tesseract is not installed")

RECORD = [
    "RIVERSIDE ANIMAL HOSPITAL",
    "",
    "Patient: Luna          Species: Cat",
    "Weight: 4.1 kg         Sex: female spayed",
    "",
    "The owner reports vomiting since yesterday evening.",
    "No diarrhea, appetite reduced, drinking well.",
    "",
    "Plan: bland diet for three days, recheck on Friday.",
]


def draw_page(lines: Sequence[str] = RECORD, *, dpi: int = 200, leading: float = 22, size: float = 14) -> Image.Image:
    """A page of `lines`, grey."""
    return render(draw_lines(lines, per_page=len(lines), leading=leading, size=size, font="Helvetica"), dpi=dpi)


def render(pdf: bytes, *, dpi: int = 200) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    image: Image.Image = document[0].render(scale=dpi / 72, grayscale=True).to_pil().copy()
    document.close()
    return image


def save(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **{"dpi": (200, 200), **options})
    return buffer.getvalue()


def save_fax(pages: Sequence[Image.Image], *, compression: str = "group4", coarse: bool = False) -> bytes:
    """A TIFF as fax machines make it: black and white, 204 pixels an inch across, 196 or (coarse) 98 down."""
    down = 98 if coarse else 196
    size = (1728, round(11 * down))
    black_and_white = [
        page.resize(size).point([0] * 150 + [255] * 106).convert("1", dither=Image.Dither.NONE) for page in pages
    ]
    first, *further = black_and_white
    return save(first, "TIFF", dpi=(204, down), compression=compression, save_all=True, append_images=further)


def scan_into_pdf(
    *images: Image.Image | None, over: Callable[[Canvas], object] | None = None, rotate: int = 0
) -> bytes:
    """A PDF with a picture on each page, None a page without; `over` draws text on it, which a reader sees or not."""

    def drawer(image: Image.Image | None) -> Callable[[Canvas], object]:
        def draw_scan(canvas: Canvas) -> None:
            if image is not None:
                canvas.drawImage(ImageReader(image), 0, 0, *PAGE)
            if over is not None:
                over(canvas)
            canvas.setPageRotation(rotate)

        return draw_scan

    return draw(*map(drawer, images))


def invisible(lines: Sequence[str]) -> Callable[[Canvas], object]:
    """A text layer as OCR programs make it: drawn, but not seen."""

    def draw_text(canvas: Canvas) -> None:
        text = canvas.beginText(50, 700)
        text.setTextRenderMode(3)
        for line in lines:
            text.textLine(line)
        canvas.drawText(text)

    return draw_text
