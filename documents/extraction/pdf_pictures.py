"""The pages of a PDF drawn as pictures, for character recognition."""

from collections.abc import Sequence
from ctypes import byref, c_float, c_uint, string_at
from typing import Any

import pypdfium2_raw as pdfium
from PIL import Image

from documents.extraction.page_picture import BEST_DPI, PagePicture
from documents.extraction.refusing import Refused

_LOWEST_DPI, _HIGHEST_DPI = 200, 400
_MOST_PIXELS = 25_000_000  # of what is drawn; a larger sheet is drawn coarser
_MOST_OBJECTS = 2_000  # of a page, looked at for its picture
_WHITE = 0xFFFFFFFF
_POINTS = 72  # in an inch


class PdfPages:
    """Implements `ocr_worker.PageSource`. Raises Refused: `corrupt`, `too_many_pixels`."""

    def __init__(self, content: bytes, *, numbers: Sequence[int], max_pixels: int) -> None:
        pdfium.FPDF_InitLibraryWithConfig(pdfium.FPDF_LIBRARY_CONFIG(version=2))
        self._content = content  # pdfium reads it as long as the document is open
        self._document = pdfium.FPDF_LoadMemDocument64(content, len(content), None)
        if not self._document:
            raise Refused("corrupt")
        self._max_pixels = max_pixels
        self.numbers = numbers
        self.warnings: Sequence[str] = ()

    def draw(self, number: int) -> PagePicture:
        page = pdfium.FPDF_LoadPage(self._document, number - 1)
        if not page:
            return PagePicture(Image.new("L", (1, 1), 255), BEST_DPI)
        try:
            return self._draw(page)
        finally:
            pdfium.FPDF_ClosePage(page)

    def _draw(self, page: Any) -> PagePicture:
        width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        dpi = self._choose_dpi(page)
        pixels = width * height * (dpi / _POINTS) ** 2
        if pixels > _MOST_PIXELS:
            dpi = max(1, int(dpi * (_MOST_PIXELS / pixels) ** 0.5))
        size = max(1, round(width * dpi / _POINTS)), max(1, round(height * dpi / _POINTS))
        bitmap = pdfium.FPDFBitmap_CreateEx(*size, pdfium.FPDFBitmap_Gray, None, 0)
        if not bitmap:
            raise MemoryError
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, *size, _WHITE)
            pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, *size, 0, pdfium.FPDF_ANNOT)
            stride = pdfium.FPDFBitmap_GetStride(bitmap)
            raw = string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * size[1])
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
        return PagePicture(Image.frombuffer("L", size, raw, "raw", "L", stride, 1), max(70, dpi))

    def _choose_dpi(self, page: Any) -> int:
        """That of the largest picture on the page, within what Tesseract reads well; 300 where there is none.

        A picture of more pixels than may be is refused before it is unpacked.
        """
        largest, found = 0.0, float(BEST_DPI)
        for index in range(min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
            shape = pdfium.FPDFPage_GetObject(page, index)
            if pdfium.FPDFPageObj_GetType(shape) != pdfium.FPDF_PAGEOBJ_IMAGE:
                continue
            across, down = c_uint(), c_uint()
            if not pdfium.FPDFImageObj_GetImagePixelSize(shape, byref(across), byref(down)):
                continue
            if across.value * down.value > self._max_pixels:
                raise Refused(
                    "too_many_pixels", f"{across.value:,} by {down.value:,}; at most {self._max_pixels:,} are read"
                )
            inches = _area(shape) / _POINTS**2
            if inches > largest and across.value and down.value:
                largest, found = inches, (across.value * down.value / inches) ** 0.5
        return round(min(max(found, _LOWEST_DPI), _HIGHEST_DPI))


def _area(shape: Any) -> float:
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    if not pdfium.FPDFPageObj_GetBounds(shape, byref(left), byref(bottom), byref(right), byref(top)):
        return 0.0
    return max(0.0, right.value - left.value) * max(0.0, top.value - bottom.value)
