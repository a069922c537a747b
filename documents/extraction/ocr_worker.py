"""Scanned pages read by Tesseract, in a confined process: the bytes of a picture or PDF in, JSON out.

Answers `{"pages": [{"number": …, "lines": [line, …], "confidences": [percent or null, …], "failure": null}, …],
"warnings": [sentence, …]}`, `failure` being "too_slow" or "failed" of a page that was not read, or `{"problem": code,
"found": …}`. Pages are read in parallel, each by a Tesseract of its own; decoding and drawing them is done one at a
time, because neither pdfium nor a file of pictures can be shared by threads.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock, Timer
from typing import Any, Protocol

from documents.extraction.page_picture import PagePicture
from documents.extraction.recognition import recognise
from documents.extraction.refusing import Refused
from documents.extraction.tesseract import Tesseract, TesseractFailed

USUAL_SECONDS = 2.5  # that a page takes on one core
_MOST_WAITING = 2  # pages decoded ahead for each process


class PageSource(Protocol):
    """A file of which the pages can be had as pictures, in any order."""

    numbers: Sequence[int]  # of the pages to read, from 1
    warnings: Sequence[str]

    def draw(self, number: int) -> PagePicture: ...  # raises Refused


def main(arguments: Sequence[str]) -> None:
    """Argument: JSON as `ocr.recognise_file` writes it."""
    asked = json.loads(arguments[0])
    try:
        source = _open(sys.stdin.buffer.read(), asked=asked)
        answer: dict[str, Any] = read_pages(
            source,
            tesseract=Tesseract(program=asked["program"], languages=asked["languages"], seconds=asked["page_seconds"]),
            processes=asked["processes"],
            seconds=asked["seconds"],
        )
    except Refused as refusal:
        answer = {**refusal.answer}
    sys.stdout.write(json.dumps(answer, separators=(",", ":")))


def read_pages(source: PageSource, *, tesseract: Tesseract, processes: int, seconds: float) -> dict[str, Any]:
    """All pages of `source`, `processes` at once. Raises Refused (`too_slow`) where they would take longer than
    `seconds`, before any is read."""
    usual = len(source.numbers) * USUAL_SECONDS / processes
    if usual > seconds:
        raise Refused("too_slow", f"character recognition of {len(source.numbers):,} pages takes {usual:,.0f} seconds")
    drawing, waiting = Lock(), BoundedSemaphore(processes * _MOST_WAITING)

    def read(number: int) -> dict[str, Any]:
        try:
            with waiting:
                with drawing, _bounded(number, seconds=tesseract.seconds):
                    picture = source.draw(number)
                page = recognise(picture, tesseract=tesseract)
        except TesseractFailed as failed:
            return _tell(number, failure="too_slow" if failed.too_slow else "failed")
        return _tell(number, lines=page.lines, confidences=page.confidences)

    with ThreadPoolExecutor(max_workers=processes) as pool:
        try:
            pages = list(pool.map(read, source.numbers))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {"pages": pages, "warnings": list(source.warnings)}


@contextmanager
def _bounded(number: int, *, seconds: float) -> Iterator[None]:
    """Drawing a page cannot be broken off, and a few hundred bytes can make it take days: where it takes longer, this
    process says so and ends, whatever else it does."""
    timer = Timer(seconds, _give_up, args=(number, seconds))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _give_up(number: int, seconds: float) -> None:
    refusal = Refused("too_slow", f"drawing page {number:,} takes more than {seconds:g} seconds")
    os.write(sys.stdout.fileno(), json.dumps(refusal.answer).encode())
    os._exit(0)


def _tell(
    number: int,
    *,
    lines: Sequence[str] = (),
    confidences: Sequence[int | None] = (),
    failure: str | None = None,
) -> dict[str, Any]:
    return {"number": number, "lines": list(lines), "confidences": list(confidences), "failure": failure}


def _open(content: bytes, *, asked: dict[str, Any]) -> PageSource:
    if asked["kind"] == "pdf":
        from documents.extraction.pdf_pictures import PdfPages  # each kind brings a library that the other need not pay

        return PdfPages(content, numbers=asked["pages"], max_pixels=asked["max_pixels"])
    from documents.extraction.picture_pages import PictureFile

    return PictureFile(content, max_pages=asked["max_pages"], max_pixels=asked["max_pixels"])
