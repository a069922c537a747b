"""The pages of a picture file: one of a JPEG or PNG, each of a TIFF fax."""

from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any
from warnings import simplefilter

from PIL import Image, ImageOps, UnidentifiedImageError

from documents.extraction.page_picture import PagePicture, prepare
from documents.extraction.refusing import Refused

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP")
_SMALLEST = 10_000  # pixels: less is an icon or a logo, no page
_RESOLUTION_UNIT, _CENTIMETRES = 296, 3  # TIFF tag
_ORIENTATION = 274  # Exif tag
# What Pillow raises on a broken file, besides what it says it does.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, OverflowError,
           ZeroDivisionError, NotImplementedError, RuntimeError, UnidentifiedImageError)  # fmt: skip

Image.MAX_IMAGE_PIXELS = None  # our own limit is looked at before anything is decoded
simplefilter("ignore")  # of damaged tags; standard error is nobody's here


class PictureFile:
    """Implements `ocr_worker.PageSource`. Raises Refused: `corrupt`, `too_many_pages`, `too_many_pixels`, `no_text`."""

    def __init__(self, content: bytes, *, max_pages: int, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self.warnings: Sequence[str] = ()
        try:
            self._image: Any = Image.open(BytesIO(content), formats=_FORMATS)
        except _BROKEN:
            raise Refused("corrupt", "it is no whole picture") from None
        self._check_pixels()
        count = self._count(most=max_pages)
        if count == 1 and self._image.width * self._image.height < _SMALLEST:
            raise Refused("no_text", f"a picture of {self._image.width} by {self._image.height} pixels")
        self.numbers: Sequence[int] = range(1, count + 1)

    def draw(self, number: int) -> PagePicture:
        """Raises Refused where the page is damaged: a page that is half there must not look whole."""
        try:
            if len(self.numbers) > 1:
                self._image.seek(number - 1)
            self._check_pixels()
            dpi = self._read_dpi()
            if self._image.format == "JPEG":
                self._image.draft("L", None)
            page = prepare(_stand_up(self._image), dpi=dpi)
            # The file's own picture holds the next page as soon as that is decoded: a page in work needs its own.
            return page._replace(image=page.image.copy()) if page.image is self._image else page
        except _BROKEN:
            told = f"page {number} of it is damaged" if len(self.numbers) > 1 else "the picture is damaged or cut off"
            raise Refused("corrupt", told) from None

    def _count(self, *, most: int) -> int:
        """Pages of a TIFF; a picture in another format is one, its frames a film's."""
        if self._image.format != "TIFF":
            return 1
        count = 0
        try:
            while True:
                self._image.seek(count)
                self._check_pixels()
                count += 1
                if count > most:
                    raise Refused("too_many_pages", f"more than {most:,} pages")
        except EOFError:
            self._image.seek(0)
            return count
        except _BROKEN:
            raise Refused("corrupt", f"the TIFF breaks off behind page {count}") from None

    def _check_pixels(self) -> None:
        width, height = self._image.size
        if width * height > self._max_pixels:
            raise Refused("too_many_pixels", f"{width:,} by {height:,}; at most {self._max_pixels:,} are read")

    def _read_dpi(self) -> tuple[float, float] | None:
        with suppress(*_BROKEN):
            across, down = self._image.info.get("dpi") or self._image.info.get("resolution") or (0, 0)
            factor = 1.0
            if (
                "dpi" not in self._image.info
                and getattr(self._image, "tag_v2", {}).get(_RESOLUTION_UNIT) == _CENTIMETRES
            ):
                factor = 2.54
            return float(across) * factor, float(down) * factor
        return None


def _stand_up(image: Any) -> Any:
    """As the camera held it. (Of a TIFF, Pillow has done so itself.)"""
    with suppress(*_BROKEN):
        if image.format in ("JPEG", "PNG", "WEBP") and image.getexif().get(_ORIENTATION, 1) != 1:
            return ImageOps.exif_transpose(image)
    return image
