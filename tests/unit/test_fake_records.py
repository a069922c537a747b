"""The fake finds the lines of a question among many records."""

import pytest

from tests.fake_openai.records import Library, UnknownLines, read_record
from tests.records.generator import generate

RECORDS = [read_record(text=text, truth=truth) for text, truth in (generate(seed=n, lines=400) for n in range(3))]


@pytest.mark.parametrize("position", range(3))
@pytest.mark.parametrize("first", [1, 120, 300])
def test_a_window_is_found_in_the_record_that_it_was_taken_from(position, first):
    lines = RECORDS[position].lines[first - 1 : first + 79]
    shown = {number: text for number, text in enumerate(lines, start=1) if text.strip()}
    assert Library(records=RECORDS).find(shown=shown) == (RECORDS[position], first - 1)


def test_numbers_may_be_ahead_of_the_records_own():
    shown = {1_000 + number: text for number, text in enumerate(RECORDS[0].lines[:80], start=1) if text.strip()}
    assert Library(records=RECORDS).find(shown=shown) == (RECORDS[0], -1_000)


def test_lines_of_none_of_them_are_unknown():
    with pytest.raises(UnknownLines):
        Library(records=RECORDS).find(shown={1: "words of", 2: "another file"})
    with pytest.raises(UnknownLines):
        Library(records=[]).find(shown={1: "words"})
