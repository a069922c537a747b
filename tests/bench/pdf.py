"""Pages per second of PDF extraction, beside bare pypdfium2 over the same pages in the same minute."""

import gc
import time
from collections.abc import Callable
from statistics import median

import pypdfium2
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from documents.extraction.pdf_worker import read_pdf
from documents.extraction.registry import ExtractionLimits, extract
from tests.bench.figures import Figure, Section, at_least
from tests.bench.material import Material
from tests.records.draw import draw_pdf

Clock = Callable[[], float]

SHARE_OF_BARE = 0.5  # at least
_LINES = 25_000
_ROUNDS = 5
_LEADING, _MARGIN = 11.5, 40.0


def measure_pdf(material: Material) -> Section:
    """A typewriter face, as practice systems print, and a proportional one, as letters are set."""
    text = "\n".join(material.generated[100_000].read_text(encoding="utf-8").split("\n")[:_LINES])
    figures = [
        *_compare("typewriter", content=draw_pdf(text=text)),
        *_compare("proportional", content=_draw_proportional(text)),
    ]
    return Section(
        name="pdf",
        title="PDF text layer, beside bare pypdfium2 (get_text_range)",
        figures=(*figures, Figure(name="start of the confined process", value=_start_seconds(), unit="s")),
        notes=(
            f"medians of {_ROUNDS} rounds in turn; each ratio is the median of the rounds' own",
            "'bare' and 'extraction' (pages to lines) by processor time, in this process; "
            "'confined' is the whole way, its process included, by wall time",
        ),
    )


def _draw_proportional(text: str) -> bytes:
    """The pages of `text` in Helvetica. Characters that the face has not are left to it."""
    canvas = Canvas("", pagesize=letter, invariant=1, pageCompression=1)
    for page in text.split("\f"):
        canvas.setFont("Helvetica", 9)
        for row, line in enumerate(page.split("\n")[:62]):
            if line.strip():
                canvas.drawString(_MARGIN, letter[1] - _MARGIN - row * _LEADING, line)
        canvas.showPage()
    drawn: bytes = canvas.getpdfdata()
    return drawn


def _compare(face: str, *, content: bytes) -> list[Figure]:
    limits = ExtractionLimits()
    pages = _read_bare(content)
    ways: dict[str, tuple[Clock, Callable[[], object]]] = {
        "bare": (time.process_time, lambda: _read_bare(content)),
        "extraction": (
            time.process_time,
            lambda: read_pdf(content, max_pages=limits.max_pages, max_characters=limits.max_characters),
        ),
        "confined": (time.perf_counter, lambda: extract(content=content, name="bench.pdf", limits=limits)),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, (clock, read) in ways.items():
            taken[name].append(_time(read, clock=clock))
    shares = [bare / own for bare, own in zip(taken["bare"], taken["extraction"], strict=True)]
    return [
        Figure(name=f"{face}: pages", value=pages),
        *(Figure(name=f"{face}: {name}", value=pages / median(taken[name]), unit="pages/s") for name in ways),
        Figure(name=f"{face}: extraction / bare", value=median(shares), bound=at_least(SHARE_OF_BARE)),
    ]


def _read_bare(content: bytes) -> int:
    """How many pages were read."""
    document = pypdfium2.PdfDocument(content)
    count = len(document)
    for index in range(count):
        page = document[index]
        text_page = page.get_textpage()
        text_page.get_text_range()
        text_page.close()
        page.close()
    document.close()
    return count


def _time(read: Callable[[], object], *, clock: Clock) -> float:
    """Seconds of one reading, without the collector: the confined process switches it off too."""
    gc.collect()
    gc.disable()
    try:
        started = clock()
        read()
        return clock() - started
    finally:
        gc.enable()


def _start_seconds() -> float:
    """What a PDF of one short page takes."""
    content = draw_pdf(text="Recheck of the left ear")
    return median(
        _time(lambda: extract(content=content, name="bench.pdf", limits=ExtractionLimits()), clock=time.perf_counter)
        for _ in range(_ROUNDS)
    )
