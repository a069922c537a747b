"""Text under a black box is still text: it is read, and told."""

from dataclasses import replace

import pytest

from documents.extraction.limits import ExtractionLimits
from documents.extraction.registry import extract
from tests.unit.extraction.drawing import draw
from tests.unit.extraction.office import write_zip
from tests.unit.extraction.scans import needs_tesseract

LIMITS = ExtractionLimits(seconds=30, tesseract="")


def draw_words(canvas) -> None:
    canvas.setFont("Helvetica", 12)
    canvas.drawString(50, 700, "Patient Luna, four years old")
    canvas.drawString(50, 680, "Owner Marguerite Dunleavy")
    canvas.drawString(50, 660, "Weight 4.1 kg")


def box(*, x=88, y=677, width=120, height=14, shade=0.0, fill=1, outline=0):
    def draw_box(canvas) -> None:
        canvas.setFillGray(shade)
        canvas.rect(x, y, width, height, fill=fill, stroke=outline)

    return draw_box


def warnings(*drawers, pages: int = 1) -> tuple[str, ...]:
    def page(canvas) -> None:
        for drawer in drawers:
            drawer(canvas)

    return extract(content=draw(*[page] * pages), name="record.pdf", limits=LIMITS).warnings


@pytest.mark.parametrize(
    ("drawers", "told"),
    [
        ((draw_words, box()), True),
        ((draw_words, box(shade=0.2)), True),
        ((draw_words, lambda canvas: (canvas.rotate(90), box(x=677, y=-208, width=14, height=120)(canvas))), True),
        ((draw_words,), False),
        ((box(), draw_words), True),  # black on black, which hides as well
        ((draw_words, box(shade=0.8)), False),  # a highlight drawn over
        ((draw_words, box(fill=0, outline=1)), False),  # a frame
        ((draw_words, box(y=500)), False),  # a bar elsewhere
        ((draw_words, box(y=675, height=1.5)), False),  # an underline
        ((box(), lambda canvas: (canvas.setFillGray(1), canvas.drawString(90, 680, "White heading"))), False),
    ],
    ids=[
        "box", "dark grey", "turned", "none", "under", "light", "frame", "elsewhere", "underline", "white on black",
    ],
)  # fmt: skip
def test_words_under_a_dark_box_are_told_and_others_are_not(drawers, told):
    assert bool(warnings(*drawers)) is told


def test_the_warning_names_pages_and_lines_and_quotes_nothing():
    (warning,) = warnings(draw_words, box(), pages=3)
    assert "pages 1 to 3" in warning
    assert "(line 2, 5, 8)" in warning
    assert "Marguerite" not in warning
    assert "Owner" not in warning


def test_the_words_are_read_like_any_others():
    def page(canvas) -> None:
        draw_words(canvas)
        box()(canvas)

    source = extract(content=draw(page), name="record.pdf", limits=LIMITS)
    assert "Owner Marguerite Dunleavy" in source.lines


def test_the_lines_with_such_words_are_known_also_of_a_file_in_another():
    def page(canvas) -> None:
        draw_words(canvas)
        box()(canvas)

    pdf = draw(page)
    assert extract(content=pdf, name="record.pdf", limits=LIMITS).covered_lines == {2}
    archive = write_zip({"1.txt": "A letter", "2.pdf": pdf})
    source = extract(content=archive, name="record.zip", limits=LIMITS)
    assert [source.lines[line - 1] for line in source.covered_lines] == ["Owner Marguerite Dunleavy"]


@needs_tesseract
def test_words_that_are_hidden_from_character_recognition_too_are_told_though_they_were_not_read():
    def page(canvas) -> None:  # with a text layer that no font explains, so that the page itself is read
        for row in range(12):
            canvas.drawString(50, 600 - 20 * row, "3DWLHQW /XQD 4xk7q zz9t w3rt pl0k m5nb v8cx qq7w r4tz")
        canvas.drawString(50, 680, "Owner Marguerite Dunleavy")
        box(x=44, width=200)(canvas)

    source = extract(content=draw(page), name="record.pdf", limits=replace(LIMITS, tesseract="tesseract"))
    assert source.confidences
    assert "Owner Marguerite Dunleavy" not in source.text
    assert source.covered_lines == frozenset()
    (warning,) = (each for each in source.warnings if "black box on page 1:" in each)
    assert warning.endswith("The words are in the file.")


def test_a_box_in_a_form_that_is_drawn_on_the_page_is_found():
    def page(canvas) -> None:
        draw_words(canvas)
        canvas.beginForm("stamp")
        box()(canvas)
        canvas.endForm()
        canvas.doForm("stamp")

    assert extract(content=draw(page), name="record.pdf", limits=LIMITS).warnings
