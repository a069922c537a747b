"""The truth of a record on the text that character recognition gave of it."""

import pytest

from tests.records.carrying import align, carry_truth
from tests.records.recognising import count_misreadings
from tests.records.scanning import PAGE_LINES, SCANS, WIDEST, lay_out, scan

DRAWN = ["DISCHARGE SUMMARY", "Patient: Biscuit", "", "Weight 12 kg", "LAB REPORT", "Glucose 5.2 mmol/l"]


@pytest.mark.parametrize(
    ("read", "pairs"),
    [
        pytest.param(DRAWN, [(0, 0), (1, 1), (3, 3), (4, 4), (5, 5)], id="as drawn; blank lines are none"),
        pytest.param(
            ["~ .", "DlSCHARGE SUMMARV", "Pat1ent: Biscuit Weight 12 kg", "LAB REPORT", "G1ucose 5.2 rnmol/l"],
            [(0, 1), (1, 2), (4, 3), (5, 4)],
            id="damaged, a speck, two lines in one",
        ),
        pytest.param([""], [], id="nothing read"),
    ],
)
def test_lines_are_known_again(read, pairs):
    assert align(DRAWN, read) == pairs


def test_documents_begin_where_their_first_known_line_stands_and_end_before_the_next():
    truth = {
        "documents": [
            {"start_line": 1, "end_line": 4, "title": "DISCHARGE SUMMARY"},
            {"start_line": 5, "end_line": 5, "title": "lost"},
            {"start_line": 6, "end_line": 9, "title": "LAB REPORT"},
        ],
        "gaps": [{"start_line": 10, "end_line": 10, "reason": "ruler"}],
        "patients": [{"name": "Biscuit", "weights": [{"value": 12, "line": 3}, {"value": 13, "line": 5}]}],
    }
    lines = ["speck", "DISCHARGE SUMMARY", "Weight 12 kg", "", "Glucose", "x", "----"]
    carried = carry_truth(truth, lines=lines, line_of={1: 2, 3: 3, 7: 5, 10: 7})
    assert [(each["start_line"], each["end_line"], each["title"]) for each in carried["documents"]] == [
        (2, 3, "DISCHARGE SUMMARY"),
        (5, 6, "LAB REPORT"),
    ]
    assert carried["gaps"] == [{"start_line": 7, "end_line": 7, "reason": "ruler"}]
    assert carried["patients"] == [{"name": "Biscuit", "weights": [{"value": 12, "line": 3}, {"value": 13}]}]
    assert (carried["lines"], carried["n_documents"]) == (7, 2)


def test_what_was_misread_is_counted_in_characters_and_words():
    counted = count_misreadings(["Weight   12 kg", "------"], ["We1ght 12", "kg"])
    assert (counted.characters, counted.character_errors) == (12, 1)
    assert (counted.words, counted.word_errors) == (3, 1)


def test_pages_break_at_form_feeds_and_when_full_and_long_lines_are_wrapped():
    fitting = WIDEST // 5
    long = "word " * (fitting + 1)
    pages = lay_out(["one", "\ftwo", long, *["x"] * PAGE_LINES])
    assert [len(page) for page in pages] == [1, PAGE_LINES, 3]
    assert [(line.number, line.text.strip()) for line in pages[1][:3]] == [
        (2, "two"),
        (3, ("word " * fitting).strip()),
        (3, "word"),
    ]


def test_a_scan_is_the_same_for_the_same_seed():
    pages = lay_out(["DISCHARGE SUMMARY", "\uf073 Größe: 12 kg → 13"])
    first, again, other = (scan(pages, as_from=SCANS["fax"], seed=seed) for seed in (1, 1, 2))
    assert first == again != other
