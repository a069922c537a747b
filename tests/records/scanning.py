"""Pages of a record as a scanner or a fax machine gives them: drawn, then spoilt, the same pixels for the same seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from random import Random
from textwrap import wrap
from typing import NamedTuple

import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

PAGE_LINES = 66  # a page without a form feed is broken here
WIDEST = 118  # characters of a drawn line; a longer one is wrapped, as on paper
_MARGIN = 42.0  # points
_LEADING = (letter[1] - 2 * _MARGIN) / PAGE_LINES
_ADVANCE = 0.6  # width of a Courier glyph, in font sizes; letters of the other fonts are narrower
_LARGEST = 9.5  # points
_FONTS = ("Courier", "Helvetica", "Times-Roman")
_SPECK = 2  # pixels, its side
_GLYPH = "¤"  # drawn for what the fonts have no letter for: character recognition makes something odd of an icon, too


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """How pages are spoilt. All lengths are pixels of the finished picture."""

    dpi: int
    skew: float = 0.0  # degrees at the most, either way, another for each page
    turns: tuple[int, ...] = (0,)  # degrees clockwise by which pages lie wrong, one page after the other
    blur: float = 0.0  # radius
    noise: float = 0.0  # of 255, at the most, to each pixel
    specks: float = 0.0  # share of pixels that turn black
    is_black_and_white: bool = False


SCANS: Mapping[str, Scan] = {
    "clean": Scan(dpi=300),
    "office": Scan(dpi=200, skew=1.5, blur=0.6, noise=40),
    "turned": Scan(dpi=200, turns=(90, 180, 270, 0), skew=0.8, blur=0.4, noise=25),
    "coarse": Scan(dpi=150, skew=2.0, blur=0.5, noise=50),
    "fax": Scan(dpi=200, skew=1.0, blur=0.7, noise=60, specks=0.0002, is_black_and_white=True),
}


class DrawnLine(NamedTuple):
    number: int  # 1-based, of the record's line that it shows the whole or a part of
    text: str


def lay_out(lines: Sequence[str]) -> list[list[DrawnLine]]:
    """The drawn lines of each page: broken at form feeds and after PAGE_LINES lines, none wider than WIDEST."""
    pages: list[list[DrawnLine]] = [[]]
    for number, line in enumerate(lines, start=1):
        pages.extend([] for _ in range(line.count("\f")))
        for piece in _wrap(line.replace("\f", "").rstrip()):
            if len(pages[-1]) == PAGE_LINES:
                pages.append([])
            pages[-1].append(DrawnLine(number, piece))
    return pages


def _wrap(line: str) -> list[str]:
    if len(line) <= WIDEST:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    return wrap(line, WIDEST, subsequent_indent=indent, drop_whitespace=False, break_on_hyphens=False)


def scan(pages: Sequence[Sequence[DrawnLine]], *, as_from: Scan, seed: int) -> bytes:
    """A TIFF with a picture of each page."""
    random = Random(seed)
    drawn = pypdfium2.PdfDocument(_draw(pages, font=random.choice(_FONTS)))
    try:
        pictures = [
            _spoil(
                drawn[place].render(scale=as_from.dpi / 72, grayscale=True).to_pil(),
                as_from=as_from,
                turn=as_from.turns[place % len(as_from.turns)],
                random=random,
            )
            for place in range(len(drawn))
        ]
    finally:
        drawn.close()
    buffer = BytesIO()
    packing = "group4" if as_from.is_black_and_white else "tiff_adobe_deflate"
    dpi = (as_from.dpi, as_from.dpi)
    pictures[0].save(buffer, "TIFF", save_all=True, append_images=pictures[1:], compression=packing, dpi=dpi)
    return buffer.getvalue()


def _draw(pages: Sequence[Sequence[DrawnLine]], *, font: str) -> bytes:
    """Runs of words that two blanks or more part begin where a typewriter has them, so that columns stay columns."""
    canvas = Canvas("", pagesize=letter, invariant=1)
    longest = max((len(line.text) for page in pages for line in page), default=1)
    size = min(_LARGEST, (letter[0] - 2 * _MARGIN) / (_ADVANCE * max(1, longest)))
    for page in pages:
        canvas.setFont(font, size)
        for position, line in enumerate(page, start=1):
            for column, words in _split_columns(_make_drawable(line.text)):
                across = _MARGIN + column * _ADVANCE * size
                canvas.drawString(across, letter[1] - _MARGIN - position * _LEADING, words)
        canvas.showPage()
    drawn: bytes = canvas.getpdfdata()
    return drawn


def _split_columns(line: str) -> list[tuple[int, str]]:
    """Where each run of words begins, and the run."""
    found: list[tuple[int, str]] = []
    at = 0
    for part in line.expandtabs().split("  "):
        if part.strip():
            found.append((at + len(part) - len(part.lstrip()), part.strip()))
        at += len(part) + 2
    return found


def _make_drawable(line: str) -> str:
    return "".join(letter if _has_letter(letter) else _GLYPH for letter in line)


def _has_letter(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _spoil(picture: Image.Image, *, as_from: Scan, turn: int, random: Random) -> Image.Image:
    if as_from.skew:
        angle = random.uniform(-as_from.skew, as_from.skew)
        picture = picture.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=255)
    if as_from.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(as_from.blur))
    if as_from.noise:
        picture = ImageChops.subtract(picture, _draw_noise(picture.size, random, most=as_from.noise))
    if as_from.is_black_and_white:
        picture = picture.point(lambda shade: 255 if shade > 140 else 0)
    if as_from.specks:
        _add_specks(picture, random, share=as_from.specks)
    picture = picture.rotate(-turn, expand=True) if turn else picture
    return picture.convert("1") if as_from.is_black_and_white else picture


def _add_specks(picture: Image.Image, random: Random, *, share: float) -> None:
    pen = ImageDraw.Draw(picture)
    for _ in range(int(picture.width * picture.height * share / _SPECK**2)):
        left, top = random.randrange(picture.width), random.randrange(picture.height)
        pen.rectangle((left, top, left + _SPECK - 1, top + _SPECK - 1), fill=0)


def _draw_noise(size: tuple[int, int], random: Random, *, most: float) -> Image.Image:
    grain = Image.frombytes("L", size, random.randbytes(size[0] * size[1]))
    return grain.point(lambda shade: int(shade * most / 255))
