"""The picture of a page made fit for character recognition: grey, upright, of square pixels, of a size that pays."""

from io import BytesIO
from itertools import pairwise
from typing import NamedTuple

from PIL import Image, ImageOps

BEST_DPI = 300  # what Tesseract's models were trained near to
_LOWEST_DPI, _HIGHEST_DPI = 150, 400  # outside of these a picture is made larger or smaller
_USUAL_WIDTH = 8.3  # inches of a sheet, where a picture does not say its resolution
_MOST_PIXELS = 25_000_000  # recognised at once: A3 at 400 dpi
_PROFILE_WIDTH = 600  # pixels of the small copy in which the slant is looked for
_STEEPEST = 12.0  # degrees
_CLEARLY = 1.5  # times sharper, for a page to be taken as one on its side
_PAPER = 255


class PagePicture(NamedTuple):
    image: Image.Image  # mode "L"
    dpi: int

    def to_file(self) -> bytes:
        """As Tesseract reads it fastest: it takes standard input byte by byte, so that packing pays (0.2 s a page), and
        unpacking this costs next to nothing."""
        buffer = BytesIO()
        self.image.save(buffer, "TIFF", compression="packbits")
        return buffer.getvalue()

    def turned(self, degrees_clockwise: float) -> "PagePicture":
        """Turned by whole quarters without loss, otherwise on white."""
        if degrees_clockwise % 90 == 0:
            turns = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
            turn = turns.get(int(degrees_clockwise) % 360)
            return self if turn is None else PagePicture(self.image.transpose(turn), self.dpi)
        image = self.image.rotate(-degrees_clockwise, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=_PAPER)
        return PagePicture(image, self.dpi)


def whiten(picture: PagePicture) -> PagePicture:
    """The page on white paper: what is nearer to the paper's shade than to the darkest ink is made white."""
    shades = shrink(picture).tobytes()
    limit = (min(shades) + sorted(shades)[len(shades) // 2]) // 2
    return PagePicture(picture.image.point(lambda shade: _PAPER if shade > limit else shade), picture.dpi)


def prepare(image: Image.Image, *, dpi: tuple[float, float] | None) -> PagePicture:
    """Of a decoded picture. A fax has twice as many pixels across as down, or not quite: it is made square."""
    grey = _to_grey(image)
    width, height = grey.size
    across, down = dpi if dpi and min(dpi) >= 50 and max(dpi) <= 4800 else (0.0, 0.0)
    if not across:
        across = down = _guess_dpi(width, height)
    best = min(max(across, down, _LOWEST_DPI), _HIGHEST_DPI)
    if max(across, down) < 250:  # coarse letters are read better enlarged
        best = BEST_DPI
    scale_x, scale_y = best / across, best / down
    size = (max(1, round(width * scale_x)), max(1, round(height * scale_y)))
    too_many = size[0] * size[1] / _MOST_PIXELS
    if too_many > 1:
        size = (max(1, int(size[0] / too_many**0.5)), max(1, int(size[1] / too_many**0.5)))
        best = best / too_many**0.5
    if abs(size[0] - width) > 2 or abs(size[1] - height) > 2:
        grey = grey.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    return PagePicture(grey, round(best))


def shrink(picture: PagePicture) -> Image.Image:
    """A small copy, in which paper and slant are looked at: what is asked of every page must cost little."""
    image = picture.image
    return image.reduce(max(1, image.width // _PROFILE_WIDTH))


def is_blank(small: Image.Image) -> bool:
    """Whether there is nothing to read: paper of one shade."""
    shades = small.tobytes()
    return max(shades) - min(shades) < 40


class Pose(NamedTuple):
    """How the lines of a page lie."""

    is_sideways: bool  # they run up or down
    slant: float  # degrees by which the page has to be turned clockwise, after a quarter turn if it is sideways


def find_pose(small: Image.Image) -> Pose:
    """Lines that lie level make the darkness of rows change most from row to row."""
    small = ImageOps.invert(small)
    upright = _find_slant(small)
    sideways = _find_slant(small.transpose(Image.Transpose.ROTATE_270))
    is_sideways = sideways[0] > _CLEARLY * upright[0]
    return Pose(is_sideways=is_sideways, slant=sideways[1] if is_sideways else upright[1])


def _find_slant(inverted: Image.Image) -> tuple[float, float]:
    """The greatest sharpness, and at which turn; no turn where none is much better."""
    level = _sharpness(inverted, 0.0)
    coarse_copy = inverted.reduce(2)
    _, coarse = max((_sharpness(coarse_copy, angle), angle) for angle in _around(0.0, _STEEPEST, 1.0))
    fine = max((_sharpness(inverted, angle), angle) for angle in _around(coarse, 0.75, 0.25))
    return fine if fine[0] > 1.1 * level else (level, 0.0)


def _around(middle: float, reach: float, step: float) -> list[float]:
    count = round(reach / step)
    return [middle + step * index for index in range(-count, count + 1)]


def _sharpness(inverted: Image.Image, angle: float) -> float:
    turned = inverted.rotate(-angle, fillcolor=0)
    rows = list(turned.resize((1, turned.height), Image.Resampling.BOX).tobytes())
    return float(sum((above - below) ** 2 for above, below in pairwise(rows)))


def _guess_dpi(width: int, height: int) -> float:
    """Of a picture that does not tell: as if it were a sheet."""
    return min(max(min(width, height) / _USUAL_WIDTH, 72.0), 1200.0)


def _to_grey(image: Image.Image) -> Image.Image:
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, (_PAPER, _PAPER, _PAPER, 255))
        return Image.alpha_composite(paper, rgba).convert("L")
    return image if image.mode == "L" else image.convert("L")
