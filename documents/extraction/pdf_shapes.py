"""What stands on a PDF page beside its text: how much of it is a picture, and which of its words a dark box covers."""

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import PYFUNCTYPE, byref, c_float, c_int, c_uint, c_ulong, c_void_p, cast, string_at
from typing import Any, NamedTuple

import pypdfium2_raw as pdfium  # see pdf_text

from documents.extraction.pdf_text import Box, PageText

_MOST_OBJECTS = 5_000  # of a page, looked at
_DEEPEST = 4  # forms within forms
_DARK = 90  # of 255: lightest shade that hides print
_SMALLEST_BOX = (5.0, 4.0)  # points; a rule or an underline covers nothing
_SCALE = 2.0  # pixels a point, of the drawing in which words are looked for
_MOST_PIXELS = 16_000_000  # of that drawing
_SHORTEST = 2  # characters of a word that is looked at: a full stop is a dark box by itself
_HARMLESS_NOTES = (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_POPUP)


def _bind(function: Any, result: Any, *arguments: Any) -> Any:
    """A function of pdfium by plain addresses: ctypes takes a third of the time for a call then."""
    return PYFUNCTYPE(result, *arguments)(cast(function, c_void_p).value or 0)


_count = _bind(pdfium.FPDFPage_CountObjects, c_int, c_void_p)
_get = _bind(pdfium.FPDFPage_GetObject, c_void_p, c_void_p, c_int)
_type = _bind(pdfium.FPDFPageObj_GetType, c_int, c_void_p)
_count_in = _bind(pdfium.FPDFFormObj_CountObjects, c_int, c_void_p)
_get_in = _bind(pdfium.FPDFFormObj_GetObject, c_void_p, c_void_p, c_ulong)
_bounds = _bind(pdfium.FPDFPageObj_GetBounds, c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
_fill = _bind(pdfium.FPDFPageObj_GetFillColor, c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
_mode = _bind(pdfium.FPDFPath_GetDrawMode, c_int, c_void_p, c_void_p, c_void_p)


class Shapes(NamedTuple):
    picture_share: float  # of the page that pictures cover, 0 to 1
    has_drawing: bool  # something is drawn that is no text
    may_cover: bool  # there is a dark box, or a note that may be one


def look_at_shapes(page: Any) -> Shapes:
    """Of one page, by its objects; nothing is drawn."""
    handle = cast(page, c_void_p).value
    pictures, has_drawing, may_cover, budget = 0.0, False, _has_notes(page), _MOST_OBJECTS
    for index in range(min(_count(handle), _MOST_OBJECTS)):
        shape = _get(handle, index)
        kind = _type(shape)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            continue
        has_drawing = True
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures += _area(shape)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            may_cover = may_cover or _is_dark_box(shape)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            holds_picture, holds_box, budget = _look_into(shape, depth=_DEEPEST, budget=budget)
            pictures += _area(shape) if holds_picture else 0.0
            may_cover = may_cover or holds_box
    sheet = pdfium.FPDF_GetPageWidthF(page) * pdfium.FPDF_GetPageHeightF(page)
    return Shapes(min(1.0, pictures / sheet) if sheet else 0.0, has_drawing, may_cover)


def find_covered(page: Any, text: PageText) -> list[str]:
    """The lines of a page in which a word stands under a dark box. The page is drawn to see that."""
    covered: list[str] = []
    with _draw(page) as canvas:
        for line, words in text.find_words():
            if any(_is_covered(text, start, end, canvas=canvas) for start, end in words if end - start >= _SHORTEST):
                covered.append(line)
    return covered


def _is_covered(text: PageText, start: int, end: int, *, canvas: "_Canvas") -> bool:
    box = text.box_of(start, end)
    return box is not None and canvas.is_dark(box)


class _Canvas(NamedTuple):
    page: Any
    size: tuple[int, int]
    stride: int
    pixels: bytes  # grey

    def is_dark(self, box: Box) -> bool:
        """Whether nothing in the box is lighter than what hides print. A box off the sheet is not."""
        x, y = c_int(), c_int()
        corners = []
        for across, down in ((box[0], box[1]), (box[2], box[3])):
            if not pdfium.FPDF_PageToDevice(self.page, 0, 0, *self.size, 0, across, down, byref(x), byref(y)):
                return False
            corners.append((x.value, y.value))
        (left, right), (top, bottom) = (sorted(pair) for pair in zip(*corners, strict=True))
        if (
            left < 0
            or top < 0
            or right >= self.size[0]
            or bottom >= self.size[1]
            or right - left < 3
            or bottom - top < 3
        ):
            return False
        rows = range(top, bottom + 1)
        return max(max(self.pixels[row * self.stride + left : row * self.stride + right + 1]) for row in rows) < _DARK


@contextmanager
def _draw(page: Any) -> Iterator[_Canvas]:
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    scale = min(_SCALE, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    bitmap = pdfium.FPDFBitmap_CreateEx(*size, pdfium.FPDFBitmap_Gray, None, 0)
    if not bitmap:
        raise MemoryError
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, *size, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, *size, 0, pdfium.FPDF_ANNOT)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        yield _Canvas(page, size, stride, string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * size[1]))
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)


def _look_into(form: int, *, depth: int, budget: int) -> tuple[bool, bool, int]:
    """Whether a form holds a picture, a dark box, and how many objects may still be looked at."""
    picture = box = False
    for index in range(min(_count_in(form), budget)):
        budget -= 1
        shape = _get_in(form, index)
        kind = _type(shape)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            picture = True
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            box = box or _is_dark_box(shape)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth > 0 and budget > 0:
            inner_picture, inner_box, budget = _look_into(shape, depth=depth - 1, budget=budget)
            picture, box = picture or inner_picture, box or inner_box
        if budget <= 0:
            break
    return picture, box, budget


def _is_dark_box(shape: int) -> bool:
    width, height = _extent(shape)
    if width < _SMALLEST_BOX[0] or height < _SMALLEST_BOX[1]:
        return False
    mode, stroke = c_int(), c_int()
    if not _mode(shape, byref(mode), byref(stroke)) or mode.value == pdfium.FPDF_FILLMODE_NONE:
        return False
    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
    if not _fill(shape, byref(red), byref(green), byref(blue), byref(alpha)):
        return False
    return max(red.value, green.value, blue.value) < _DARK and alpha.value > 200


def _area(shape: int) -> float:
    width, height = _extent(shape)
    return width * height


def _extent(shape: int) -> tuple[float, float]:
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    if not _bounds(shape, byref(left), byref(bottom), byref(right), byref(top)):
        return 0.0, 0.0
    return max(0.0, right.value - left.value), max(0.0, top.value - bottom.value)


def _has_notes(page: Any) -> bool:
    """Whether there are annotations that draw something: a link or a form's field does not count."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), 100)):
        note = pdfium.FPDFPage_GetAnnot(page, index)
        if not note:
            continue
        kind = pdfium.FPDFAnnot_GetSubtype(note)
        pdfium.FPDFPage_CloseAnnot(note)
        if kind not in _HARMLESS_NOTES:
            return True
    return False
