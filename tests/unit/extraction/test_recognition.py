"""A page is read again where it was read badly."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

from documents.extraction.page_picture import PagePicture
from documents.extraction.recognition import recognise
from documents.extraction.tesseract import Tesseract, Word


class ReadsOnWhitePaperAlone(Tesseract):
    """As Tesseract does with a few lines on grained paper."""

    def _run(self, picture: bytes, *, languages: str, layout: str, dpi: int, output: str | None = None) -> str:
        raise NotImplementedError

    def find_rotation(self, picture: bytes, *, dpi: int) -> int | None:
        return None

    def read(self, picture: bytes, *, dpi: int) -> list[Word]:
        shades = dict(enumerate(Image.open(BytesIO(picture)).histogram()))
        if any(shades[grain] for grain in range(200, 255)):
            return []
        return [Word("CT Day Sheet / Sedation", 92.0, 10, 10, 300, 40, (1, 1, 1))]


def test_a_few_lines_on_grained_paper_are_read_on_white() -> None:
    grain = Image.frombytes("L", (600, 800), Random(7).randbytes(600 * 800)).point(lambda shade: 205 + shade // 6)
    ImageDraw.Draw(grain).rectangle((10, 10, 300, 40), fill=20)
    page = recognise(PagePicture(grain, 150), tesseract=ReadsOnWhitePaperAlone(program="", languages="", seconds=1))
    assert page.lines == ["CT Day Sheet / Sedation"]
