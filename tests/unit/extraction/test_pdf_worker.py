import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.extraction.pdf_worker import read_pdf
from tests.unit.extraction.drawing import draw, draw_lines


def read(content: bytes) -> list[str]:
    return [line for page, *_ in read_pdf(content, max_pages=100, max_characters=10**6) for line in page]


RECORD = [
    "RIVERSIDE ANIMAL HOSPITAL", "", "Patient:   Luna      Species: Dog", "    indented by four", "", "",
    "a well-known hyphen at the end-", "of a line", "Glucose     95   mg/dL   70 - 110", "-" * 40, "x", ".",
    "Señora Núñez – “quoted” 4,1 kg", "Page 1 of 2",
]  # fmt: skip


@pytest.mark.parametrize("font", ["Courier", "Helvetica", "Times-Roman"])
@pytest.mark.parametrize("leading", [9.2, 12, 14])
def test_the_lines_of_a_drawn_text_come_back_with_blanks_hyphens_and_spacing(font, leading):
    assert read(draw_lines(RECORD, font=font, leading=leading)) == RECORD


words = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.just(""), st.lists(words, min_size=1, max_size=6).map(" ".join)), min_size=3, max_size=90),
    st.sampled_from(["Courier", "Helvetica"]),
)
def test_any_text_drawn_at_a_constant_leading_comes_back_line_by_line(lines, font):
    for edge in (*range(0, len(lines), 30), *range(29, len(lines), 30), len(lines) - 1):
        lines[edge] = "edge of a page"
    lines[1] = "one leading below"
    assert read(draw_lines(lines, per_page=30, font=font)) == lines


@pytest.mark.parametrize("font", ["Courier", "Helvetica", "Times-Roman"])
def test_the_columns_of_a_dense_table_stay_apart_in_every_line(font):
    table = [
        f"{'Total Protein' if row % 3 else 'ALT':<18}{row:>5}  mg/dL   {row:>4} - {row + 9:<8}H" for row in range(50)
    ]
    assert read(draw_lines(table, font=font)) == table


@pytest.mark.parametrize("scale", [0.24, 1, 10])
def test_words_drawn_one_by_one_have_one_space_between_and_cells_three_or_more(scale):
    def cells(canvas):
        canvas.scale(scale, scale)
        canvas.setFont("Helvetica", 10 / scale)
        for row in range(12):
            x = 50 / scale
            for word, gap in (("Total", 2.8), ("Protein", 30), ("6.4", 12), ("g/dL", 2.8), ("high", 0)):
                canvas.drawString(x, (700 - 12 * row) / scale, word)
                x += canvas.stringWidth(word) + gap / scale

    lines = read(draw(cells))
    assert [line.split() for line in lines] == [["Total", "Protein", "6.4", "g/dL", "high"]] * 12
    assert {tuple(re.split(" {3,}", line)) for line in lines} == {("Total Protein", "6.4", "g/dL high")}


@pytest.mark.parametrize(("size", "leading"), [(9, 12), (10, 12), (12, 14), (12, 16)])
def test_the_blank_lines_of_a_file_with_one_or_two_gaps_come_back(size, leading):
    for lines in (
        ["TITLE", "", "body"],
        ["TITLE", "", "", "body"],
        ["TITLE", "", "body", "", "end"],
        ["TITLE", "body"],
    ):
        assert read(draw_lines(lines, size=size, leading=leading)) == lines


def test_a_sideways_page_reads_like_an_upright_one():
    def sideways(canvas):
        canvas.translate(400, 100)
        canvas.rotate(90)
        for row, line in enumerate(["Radiograph report", "thorax, two views", "", "no lesion"]):
            if line:
                canvas.drawString(0, -12 * row, line)

    assert read(draw(sideways)) == ["Radiograph report", "thorax, two views", "", "no lesion"]


def test_the_values_of_a_filled_form_stand_beside_their_labels():
    def form(canvas):
        for row, (label, value) in enumerate((("Name:", "Biscuit"), ("Species:", "Dog"))):
            canvas.drawString(50, 700 - 24 * row, label)
            canvas.acroForm.textfield(name=label, value=value, x=120, y=695 - 24 * row, width=200, height=18)

    assert [line for line in read(draw(form)) if line] == ["Name: Biscuit", "Species: Dog"]


def test_text_off_the_sheet_is_read():
    assert read(draw(lambda canvas: canvas.drawString(50, 700, "word " * 60 + "END")))[0].endswith("word END")
