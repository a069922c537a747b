"""The pages of a picture file, one after the other."""

from io import BytesIO

import pytest
from PIL import Image

from documents.extraction.picture_pages import PictureFile


@pytest.mark.parametrize(("mode", "dpi"), [("L", 300), ("L", 200), ("1", 200)])
def test_a_page_stays_what_it_is_while_the_next_is_decoded(mode: str, dpi: int) -> None:
    pages = [Image.new(mode, (400, 400), shade) for shade in (0, 255)]
    buffer = BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:], dpi=(dpi, dpi))
    file = PictureFile(buffer.getvalue(), max_pages=10, max_pixels=1_000_000)
    first, second = (file.draw(number) for number in file.numbers)
    assert [page.image.getextrema() for page in (first, second)] == [(0, 0), (255, 255)]
