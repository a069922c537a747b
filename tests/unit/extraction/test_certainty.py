"""How sure character recognition is of a page."""

import pytest

from documents.extraction.certainty import measure_confidence, measure_doubt


@pytest.mark.parametrize(
    ("lines", "confidences", "mean", "doubt"),
    [
        ([], [], 0.0, 0.0),
        ([""], [None], 0.0, 0.0),
        (["ten letter"], [80], 80.0, 0.0),
        (["ten letter", "", "thirty letters, and as sure of"], [90, None, 50], 60.0, 0.75),
        (["ten letter", "ten letter"], [69, 70], 69.5, 0.5),
    ],
)
def test_lines_count_by_their_letters(lines, confidences, mean, doubt):
    assert measure_confidence(lines=lines, confidences=confidences) == pytest.approx(mean)
    assert measure_doubt(lines=lines, confidences=confidences) == pytest.approx(doubt)
