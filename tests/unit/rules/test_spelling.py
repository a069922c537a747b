"""What is left of a line's spelling where a scan has spoilt it."""

import pytest

from documents.domain.rules.spelling import spell


@pytest.mark.parametrize(
    ("printed", "scanned"),
    [
        ("harbor lane clinic", "harb0r 1ane cl|n|c"),
        ("medical history", "medica1  hi5tory"),
        ("internal medicine", "intemal medicine"),
        ("swallow street", "svvallow str eet"),
        ("patient record, page 2", "patient record. page l2"),
        ("chart i of biscuit", "chart 1 of biscuit"),
        ("file no. 4711 - biscuit", "file no. #47|l biscuit"),
    ],
)
def test_spoilt_copies_are_spelt_alike(printed, scanned):
    assert spell(printed) == spell(scanned) != ""


@pytest.mark.parametrize(
    ("line", "other"), [("harbor lane clinic", "harbor lane office"), ("biscuit whitlow", "pickle whitlow")]
)
def test_other_words_stay_other_words(line, other):
    assert spell(line) != spell(other)


@pytest.mark.parametrize("line", ["", "12/03/2019", "- 4 -", "#7", "| 3 |", "(2)", "====="])
def test_of_numbers_and_marks_nothing_is_left(line):
    assert spell(line) == ""
