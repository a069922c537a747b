"""Pages per second of character recognition, beside plain Tesseract over the same pages with as many processes."""

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from statistics import median

import pypdfium2
from PIL import Image
from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from documents.extraction.limits import ExtractionLimits
from documents.extraction.ocr import find_recognition, recognise_file
from pennie.lib.cores import count_cores
from tests.bench.figures import Figure, Section, at_least
from tests.bench.material import Material
from tests.records.draw import draw_pdf

SHARE_OF_PLAIN = 0.85  # at least
_PAGES = 8
_ROUNDS = 3
_DPI = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class _Taken:
    """Seconds of one reading of all pages."""

    wall: float
    processor: float


class NoTesseract(OSError):
    def __init__(self) -> None:
        super().__init__("Tesseract is not installed: apt-get install tesseract-ocr tesseract-ocr-osd")


def measure_ocr(material: Material) -> Section:
    """A scan of pages of a record, as a PDF of pictures. Raises NoTesseract."""
    program = which("tesseract")
    if program is None:
        raise NoTesseract
    limits = ExtractionLimits()
    languages = "+".join(find_recognition(limits).languages)
    processes = count_cores()
    pages = _draw_pages(material)
    scan = _bind(pages)
    with tempfile.TemporaryDirectory(prefix="pennie-ocr-") as folder:
        pictures = [Path(folder) / f"{number}.pgm" for number in range(len(pages))]
        for page, path in zip(pages, pictures, strict=True):
            page.save(path)
        ways: dict[str, Callable[[], object]] = {
            "plain": lambda: _read_plainly(pictures, program=program, languages=languages, processes=processes),
            "ours": lambda: recognise_file(content=scan, kind="pdf", pages=range(1, len(pages) + 1), limits=limits),
        }
        taken: dict[str, list[_Taken]] = {name: [] for name in ways}
        for _ in range(_ROUNDS):
            for name, read in ways.items():
                taken[name].append(_time(read))
    rounds = list(zip(taken["plain"], taken["ours"], strict=True))
    return Section(
        name="ocr",
        title="Character recognition, beside plain Tesseract",
        figures=(
            Figure(name="pages", value=len(pages)),
            Figure(name="processes", value=processes),
            *(
                Figure(name=name, value=len(pages) / median(each.wall for each in taken[name]), unit="pages/s")
                for name in ways
            ),
            Figure(name="ours / plain, by wall time", value=median(plain.wall / ours.wall for plain, ours in rounds)),
            Figure(
                name="ours / plain, by processor time",
                value=median(plain.processor / ours.processor for plain, ours in rounds),
                bound=at_least(SHARE_OF_PLAIN),
            ),
        ),
        notes=(
            f"letter-size pages at {_DPI} dpi, {languages}, OMP_THREAD_LIMIT=1; medians of {_ROUNDS} rounds in turn",
            "'plain' is a tesseract process for each ready picture, with the same options; 'ours' is the whole way "
            "from a PDF of pictures: process, drawing, levelling, recognition, rows",
        ),
    )


def _draw_pages(material: Material) -> list[Image.Image]:
    text = "\f".join(material.generated[100_000].read_text(encoding="utf-8").split("\f")[:_PAGES])
    document = pypdfium2.PdfDocument(draw_pdf(text=text))
    try:
        return [
            document[index].render(scale=_DPI / 72, grayscale=True).to_pil().copy()
            for index in range(min(_PAGES, len(document)))
        ]
    finally:
        document.close()


def _bind(pages: list[Image.Image]) -> bytes:
    """A PDF with a picture on each page, as a scanner makes it."""
    canvas = Canvas("", pagesize=letter, invariant=1)
    for page in pages:
        canvas.drawImage(ImageReader(page), 0, 0, *letter)
        canvas.showPage()
    bound: bytes = canvas.getpdfdata()
    return bound


def _read_plainly(pictures: list[Path], *, program: str, languages: str, processes: int) -> None:
    def read(picture: Path) -> None:
        subprocess.run(
            [program, str(picture), "stdout", "-l", languages, "--psm", "3", "--dpi", str(_DPI), "tsv"],
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            capture_output=True,
            check=True,
        )

    with ThreadPoolExecutor(max_workers=processes) as pool:
        list(pool.map(read, pictures))


def _time(read: Callable[[], object]) -> _Taken:
    """By both clocks: other work on the machine lengthens the wall time of either way, and not by the same."""
    started, spent = time.perf_counter(), _processor_seconds()
    read()
    return _Taken(wall=time.perf_counter() - started, processor=_processor_seconds() - spent)


def _processor_seconds() -> float:
    """Of all processes below this one that have ended; both ways do their work in such."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
