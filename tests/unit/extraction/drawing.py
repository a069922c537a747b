"""PDFs drawn for tests, line by line at a constant leading as a text export prints."""

import io
from collections.abc import Callable, Sequence

from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas

PAGE = (595, 792)


def draw(*drawers: Callable[[Canvas], object], password: str | None = None) -> bytes:
    """A PDF with one page for each drawer. An empty password lets everybody read and only the owner change it."""
    buffer = io.BytesIO()
    encrypt = pdfencrypt.StandardEncryption(password, ownerPassword="owner") if password is not None else None
    canvas = Canvas(buffer, pagesize=PAGE, invariant=1, encrypt=encrypt)
    for drawer in drawers:
        drawer(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def draw_lines(
    lines: Sequence[str], *, per_page: int = 58, leading: float = 12, font: str = "Courier", size: float = 9
) -> bytes:
    """A PDF of `lines`, `per_page` on each page, blank ones as mere space."""

    def drawer(page: Sequence[str]) -> Callable[[Canvas], object]:
        def draw_page(canvas: Canvas) -> None:
            canvas.setFont(font, size)
            for row, line in enumerate(page):
                if line:
                    canvas.drawString(50, 750 - row * leading, line)

        return draw_page

    return draw(*(drawer(lines[first : first + per_page]) for first in range(0, len(lines), per_page)))


def draw_picture(canvas: Canvas) -> None:
    """A page with a drawing and no text."""
    canvas.rect(100, 100, 200, 200, fill=1)
