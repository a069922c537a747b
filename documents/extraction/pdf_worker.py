"""The text layer of a PDF, read in a confined process: PDF bytes in, JSON out. Imports nothing of the product's frame.

Answers `{"pages": [[[line, …], share of the page that is pictures, whether something is drawn, [line with a word under
a dark box, …]], …]}`, an unreadable or textless page having no lines, or `{"problem": code, "found": …}`.
"""

import gc
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pypdfium2_raw as pdfium  # see pdf_text

from documents.extraction.page_layout import Row, arrange, lay_out
from documents.extraction.pdf_shapes import Shapes, find_covered, look_at_shapes
from documents.extraction.pdf_text import PageText, Places
from documents.extraction.refusing import Refused
from documents.extraction.sharing import share
from pennie.lib.cores import count_cores

_ENCRYPTED = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
_FORM_DRAWN_IN = 1  # FLATTEN_SUCCESS
_WORTH_SHARING = 100  # pages: from here a second process saves more than it costs
_FEW = 3  # pages: up to here there may be too few gaps to know the leading by

pdfium.FPDF_InitLibraryWithConfig(pdfium.FPDF_LIBRARY_CONFIG(version=2))


def main(arguments: Sequence[str]) -> None:
    """Read a PDF from standard input. Arguments: the most pages and the most characters to read."""
    gc.disable()  # a short life, bounded in memory; collecting costs a tenth of it
    max_pages, max_characters = map(int, arguments)
    content = sys.stdin.buffer.read()
    try:
        answer: dict[str, object] = {
            "pages": read_pdf(content, max_pages=max_pages, max_characters=max_characters, shared=count_cores() > 1)
        }
    except Refused as refusal:
        answer = {**refusal.answer}
    sys.stdout.write(json.dumps(answer, separators=(",", ":")))


Raw = tuple[list[Row], tuple[float, bool], list[str]]  # rows, share of pictures and whether anything is drawn, covered
Page = tuple[list[str], float, bool, list[str]]  # the same with lines for rows


def read_pdf(content: bytes, *, max_pages: int, max_characters: int, shared: bool = False) -> list[Page]:
    """Each page of a PDF. `shared` has a child read half of a long one (see `sharing.share`)."""
    document = _open(content)
    try:
        count = pdfium.FPDF_GetPageCount(document)
        _check_count(count, max_pages=max_pages)
        if shared and count >= _WORTH_SHARING:
            halves = share(work=lambda half: _read_half(document, half, max_characters=max_characters), count=count)
            pages = _join(*halves)
            _check_size(pages, max_characters=max_characters)
        else:
            pages = _read_pages(document, range(count), max_characters=max_characters)
        rows = [page_rows for page_rows, _, _ in pages]
        laid = lay_out(rows, type_size=_measure_type(document) if count <= _FEW else 0.0)
        return [(lines, *shapes, covered) for lines, (_, shapes, covered) in zip(laid, pages, strict=True)]
    finally:
        pdfium.FPDF_CloseDocument(document)


def _open(content: bytes) -> Any:
    document = pdfium.FPDF_LoadMemDocument64(content, len(content), None)
    if not document:
        raise Refused("encrypted" if pdfium.FPDF_GetLastError() in _ENCRYPTED else "corrupt")
    return document


def _check_count(count: int, *, max_pages: int) -> None:
    if count <= 0:
        raise Refused("corrupt")
    if count > max_pages:
        raise Refused("too_many_pages", f"{count:,} pages; at most {max_pages:,} are read")


def _check_size(pages: Sequence[Raw], *, max_characters: int) -> None:
    if sum(len(text) for rows, _, _ in pages for text, _ in rows) > max_characters:
        raise Refused("too_large", f"its text unfolds to more than {max_characters:,} characters")


def _read_half(document: Any, half: range, *, max_characters: int) -> list[Raw] | dict[str, str]:
    """Rows of each page, or the answer that refuses them: an exception would not come out of the child."""
    try:
        return _read_pages(document, half, max_characters=max_characters)
    except Refused as refusal:
        return refusal.answer


def _join(*halves: list[Raw] | dict[str, str]) -> list[Raw]:
    pages: list[Raw] = []
    for half in halves:
        if isinstance(half, dict):
            raise Refused(**half)
        pages += half
    return pages


def _read_pages(document: Any, indices: range, *, max_characters: int) -> list[Raw]:
    """Rows of each page; none of one that cannot be loaded. Stops where the text unfolds too far."""
    places = Places()
    has_form = _has_form(document)
    pages: list[Raw] = []
    characters = 0
    for index in indices:
        with _load_text(document, index, has_form=has_form) as (page, text_page, has_values):
            text = PageText(text_page, places=places) if text_page else None
            fragments = text.fragments(has_values=has_values) if text else []
            shapes = look_at_shapes(page) if page else Shapes(0.0, False, False)
            covered = find_covered(page, text) if text and shapes.may_cover else []
        rows = arrange(fragments, by_position=has_values)
        characters += sum([len(line) for line, _ in rows])
        pages.append((rows, shapes[:2], covered))
        if characters > max_characters:
            _check_size(pages, max_characters=max_characters)
    return pages


def _measure_type(document: Any) -> float:
    """Font size of the first page's last line, in points; 0 if unknown."""
    with _load_text(document, 0, has_form=False) as (_, text_page, _):
        return PageText(text_page, places=Places()).measure_type() if text_page else 0.0


def _has_form(document: Any) -> bool:
    return bool(pdfium.FPDF_GetFormType(document) != pdfium.FORMTYPE_NONE)


@contextmanager
def _load_text(document: Any, index: int, *, has_form: bool) -> Iterator[tuple[Any, Any, bool]]:
    """A page and its text, None if they cannot be loaded, and whether a form's values were drawn in.

    They are no text before they are drawn into the page.
    """
    page = pdfium.FPDF_LoadPage(document, index)
    has_values = False
    if page and has_form:
        has_values = pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == _FORM_DRAWN_IN
        if has_values:
            pdfium.FPDF_ClosePage(page)
            page = pdfium.FPDF_LoadPage(document, index)
    text_page = pdfium.FPDFText_LoadPage(page) if page else None
    try:
        yield page, text_page, has_values
    finally:
        if text_page:
            pdfium.FPDFText_ClosePage(text_page)
        if page:
            pdfium.FPDF_ClosePage(page)
