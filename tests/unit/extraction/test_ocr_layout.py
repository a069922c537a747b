"""Words with their places as lines of text."""

import pytest

from documents.extraction.ocr_layout import lay_out
from documents.extraction.tesseract import Word

STEP, HEIGHT, LEADING = 10, 16, 30


def write(*lines: str, lean: float = 0.0) -> list[Word]:
    """The words of `lines` as on a typewriter; `lean`: by how much of its height the page's left edge wanders left,
    as on one turned clockwise, where lines sink to the right by as much."""
    words = []
    for row, line in enumerate(lines):
        at = 0
        for word in line.split():
            at = line.index(word, at)
            left, top = 100 + at * STEP - lean * row * LEADING, 100 + row * LEADING + lean * at * STEP
            right = left + len(word) * STEP
            words.append(Word(word, 95.0, int(left), int(top), int(right), int(top) + HEIGHT, (1, 1, row)))
            at += len(word)
    return words


CARD = (
    "19.03.2011 He   Erstvorstellung, munter, gut genährt und wach",
    "                Hoden beide unten, Nabel ohne Befund und trocken",
    "09.04.2011 He   Impfung mit der zweiten Dosis, ohne Befund",
    "  zwei Zeichen: noch keine Einrückung, die etwas sagt",
)


@pytest.mark.parametrize("lean", [0.0, 0.02, -0.02])
def test_a_row_that_is_set_in_begins_with_blanks(lean):
    lines = lay_out(write(*CARD, lean=lean)).lines
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 16, 0, 0]
    assert [" ".join(line.split()) for line in lines] == [" ".join(line.split()) for line in CARD]


def test_a_speck_in_the_margin_moves_no_edge():
    speck = Word("i", 40.0, 10, 100 + 4 * LEADING, 14, 100 + 4 * LEADING + HEIGHT, (2, 1, 0))
    lines = lay_out([*write(*CARD), speck]).lines
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 16, 0, 0, 0]


def test_columns_side_by_side_are_set_in_nowhere():
    row = "the cough is worse at night and began    after a weekend in the kennel she ate"
    lines = lay_out(write(*[row] * 6)).lines
    assert len(lines) >= 12
    assert not any(line.startswith(" ") for line in lines)
