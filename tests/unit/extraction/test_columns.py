import pytest

from documents.extraction.columns import Piece, order_rows
from documents.extraction.pdf_worker import read_pdf
from tests.unit.extraction.drawing import draw

LEFT = [
    "Luna was presented this morning for",
    "vomiting that began yesterday in the",
    "evening, after she had eaten a piece",
    "of the ribbon that the children left",
    "on the floor of the living room when",
    "they had opened their presents there.",
]
RIGHT = [
    "The abdomen was soft and not painful",
    "on palpation, and radiographs of two",
    "views showed no sign of obstruction;",
    "we advise a bland diet for some days",
    "and ask you to bring her back to us",
    "at once if she vomits any more today.",
]
TABLE = [("Analyte", "Result", "Range"), ("ALT", "121", "10 - 125"), ("AST", "30", "0 - 50"), ("BUN", "18", "7 - 27")]


def read(*drawers) -> list[str]:
    def page(canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for drawer in drawers:
            drawer(canvas)

    lines = read_pdf(draw(page), max_pages=9, max_characters=10**6)[0][0]
    return [" ".join(line.split()) for line in lines if line]


def column(lines, *, x, top=700, leading=13):
    def draw_column(canvas) -> None:
        for row, line in enumerate(lines):
            canvas.drawString(x, top - leading * row, line)

    return draw_column


def across(rows, *, xs, top=700, leading=13):
    def draw_rows(canvas) -> None:
        for row, cells in enumerate(rows):
            for x, cell in zip(xs, cells, strict=True):
                canvas.drawString(x, top - leading * row, cell)

    return draw_rows


def text(line: str, *, y: float):
    return lambda canvas: canvas.drawString(50, y, line)


@pytest.mark.parametrize(
    "drawers",
    [
        [column(LEFT, x=50), column(RIGHT, x=310)],
        [column(RIGHT, x=310, top=700), column(LEFT, x=50, top=700)][::-1],
        [across(list(zip(LEFT, RIGHT, strict=True)), xs=(50, 310))],
    ],
    ids=["column by column", "the same", "row by row"],
)
def test_two_columns_of_a_letter_are_read_one_after_the_other(drawers):
    assert read(text("RIVERSIDE ANIMAL HOSPITAL", y=740), *drawers, text("Kind regards", y=580)) == [
        "RIVERSIDE ANIMAL HOSPITAL", *LEFT, *RIGHT, "Kind regards",
    ]  # fmt: skip


@pytest.mark.parametrize("by_column", [True, False])
def test_the_rows_of_a_table_stay_together_however_it_was_drawn(by_column):
    xs = (50, 150, 230)
    columns = [column(cells, x=x) for x, cells in zip(xs, zip(*TABLE, strict=True), strict=True)]
    drawn = columns if by_column else [across(TABLE, xs=xs)]
    assert read(*drawn) == [" ".join(row) for row in TABLE]


def test_labels_and_values_that_were_drawn_apart_come_together():
    labels, values = ["Name:", "Species:", "Breed:", "Weight:"], ["Luna", "Cat", "Domestic shorthair", "4.1 kg"]
    rows = [f"{label} {value}" for label, value in zip(labels, values, strict=True)]
    assert read(column(labels, x=50), column(values, x=130)) == rows
    assert read(text("PATIENT", y=740), column(values, x=130), column(labels, x=50), text("end", y=600)) == [
        "PATIENT", *rows, "end",
    ]  # fmt: skip


def test_a_stamp_beside_a_text_does_not_tear_its_lines():
    stamp = column(["RECEIVED", "March 4"], x=480, top=697, leading=9)
    lines = read(column(LEFT, x=50), stamp)
    assert [line for line in lines if line in LEFT] == LEFT


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_page_that_is_shown_turned_reads_as_it_is_shown(rotation):
    def page(canvas) -> None:
        width, height = (792, 595) if rotation % 180 else (595, 792)
        canvas.setPageRotation(rotation)
        if rotation == 90:
            canvas.translate(595, 0)
        elif rotation == 180:
            canvas.translate(595, 792)
        else:
            canvas.translate(0, 792)
        canvas.rotate(rotation)
        for row, (label, value) in enumerate((("Name:", "Luna"), ("Weight:", "4.1 kg"), ("Sex:", "female"))):
            canvas.drawString(50, height - 60 - 14 * row, label)
            canvas.drawString(150, height - 60 - 14 * row, value)
        assert width

    lines = read_pdf(draw(page), max_pages=9, max_characters=10**6)[0][0]
    assert [" ".join(line.split()) for line in lines if line] == ["Name: Luna", "Weight: 4.1 kg", "Sex: female"]


def test_pieces_in_three_columns_of_prose_are_read_from_the_left():
    lines = [f"words of a column that goes on, line {row}" for row in range(6)]
    pieces = [
        Piece(f"{name} {line}", left, left + 180.0, 20.0 * row, 10.0)
        for row, line in enumerate(lines)
        for name, left in (("a", 0.0), ("b", 200.0), ("c", 400.0))
    ]
    order = [pieces[number].text.split()[0] for row in order_rows(pieces) for number in row]
    assert order == ["a"] * 6 + ["b"] * 6 + ["c"] * 6
