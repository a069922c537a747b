"""One page read by Tesseract: laid straight, read, and turned where that gave little."""

from documents.extraction.ocr_layout import Recognised, lay_out
from documents.extraction.page_picture import PagePicture, find_pose, is_blank, shrink, whiten
from documents.extraction.tesseract import Tesseract

_GOOD = 80.0  # percent, mean of a page: it stands upright, whatever it says
_FEW = 12  # characters: a page upside down gives a few words by chance
_LEVEL = 0.5  # degrees: less does no harm


def recognise(picture: PagePicture, *, tesseract: Tesseract) -> Recognised:
    """The lines of a page.

    1. Blank paper is not asked about.
    2. The page is levelled by what a small copy tells, which costs a fortieth of reading it.
    3. One on its side is turned as Tesseract says; that is asked only there, because it costs half of reading it.
    4. It is read. Where next to nothing is found, grain may hide a few lines: it is whitened and read again.
    5. If that went badly, it may be upside down: it is turned if Tesseract says so, and read again.

    Of two readings the better one is taken.

    Raises TesseractFailed.
    """
    small = shrink(picture)
    if is_blank(small):
        return Recognised(lines=[], confidences=[])
    pose = find_pose(small)
    if pose.is_sideways:
        picture = picture.turned(90)
    if abs(pose.slant) >= _LEVEL:
        picture = picture.turned(pose.slant)
    if pose.is_sideways:
        picture = picture.turned(tesseract.find_rotation(picture.to_file(), dpi=picture.dpi) or 0)
    page = _read(picture, tesseract=tesseract)
    if _count(page) < _FEW:
        picture = whiten(picture)
        page = max(page, _read(picture, tesseract=tesseract), key=_weigh)
    if page.confidence >= _GOOD and _count(page) >= _FEW:
        return page
    rotation = tesseract.find_rotation(picture.to_file(), dpi=picture.dpi)
    if not rotation:
        return page
    return max(page, _read(picture.turned(rotation), tesseract=tesseract), key=_weigh)


def _read(picture: PagePicture, *, tesseract: Tesseract) -> Recognised:
    return lay_out(tesseract.read(picture.to_file(), dpi=picture.dpi))


def _count(page: Recognised) -> int:
    return sum(map(len, page.lines))


def _weigh(page: Recognised) -> float:
    """Characters that are right, as far as is known: many doubtful ones are worth less than some that are sure."""
    return page.confidence**2 * float(_count(page) ** 0.5)
