"""Documents that begin like the file's first one."""

import pytest
from rapidfuzz import fuzz

from documents.domain.rules.features import read_line
from documents.domain.rules.first_lines import FIRST, FirstLines, outline
from tests.unit.rules.reading import TOLD, starts_of

TOP = ("Harbor Lane Animal Hospital", "File 4711 / sheet 1", "Patient: Biscuit", "Owner: Dana")


def compare(*lines: str, first: int = 0) -> FirstLines:
    features = [read_line(line) for line in lines]
    return FirstLines(range(1, len(lines) + 1), features=lambda number: features[number - 1], first=first)


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("Patient: Biscuit", "Patient: Pickle"),
        ("Record no. 12 of 14 March", "Record no. 7 of 2 March"),
        ("==========", "======"),
        ("HARBOR LANE    Tel 555-0100", "HARBOR LANE    Tel 555-0177"),
    ],
)
def test_numbers_values_and_lengths_leave_an_outline_as_it_is(line, other):
    assert outline(read_line(line)) == outline(read_line(other)) != ""


@pytest.mark.parametrize(
    ("line", "other"), [("Patient: Biscuit", "Owner: Biscuit"), ("=====", "-----"), ("Biscuit", "Biscuit 4")]
)
def test_other_labels_rulers_and_lines_without_numbers_have_other_outlines(line, other):
    assert outline(read_line(line)) != outline(read_line(other))


class TestLikeness:
    @pytest.mark.parametrize(
        ("block", "likeness"),
        [
            (("Harbor Lane Animal Hospital", "File 12 / sheet 3", "Patient: Pickle", "Owner: Lucy"), 1.0),
            (("Harbar Lane Anlmal Hospltal", "File 12 / sheet 3", "Patient: Pickle", "Owner: Lucy"), 1.0),
            (("Harbour Lane Anirnal Hospital", "File 12 / sheet 3", "Patient: Pickle", "Weight: 3 kg"), 0.75),
            (("Harbor Lane Animal Hospital", TOLD[3], TOLD[4], TOLD[5]), 0.25),
            (("Ridge Veterinary Laboratory", "File 12 / sheet 3", "Patient: Pickle", "Owner: Lucy"), 0.0),
        ],
    )
    def test_is_the_share_of_first_lines_that_come_again_in_their_order(self, block, likeness):
        assert compare(*TOP, TOLD[0], *block, TOLD[1]).likeness(5) == likeness

    def test_of_few_letters_alone_says_nothing(self):
        assert compare("Bo", "Owner: Dana", TOLD[0], "Bo", TOLD[1], TOLD[2]).likeness(3) == 0.0
        assert compare("Bo", "Owner: Dana", TOLD[0], "Bo", "Owner: Lucy", TOLD[2]).likeness(3) > 0.0

    def test_is_to_the_first_document_and_not_to_a_cover_page(self):
        lines = ("FAX COVER SHEET", "Pages: 3", *TOP, TOLD[0], *TOP, TOLD[1])
        assert compare(*lines, first=2).likeness(7) == 1.0
        assert compare(*lines).likeness(7) == 0.0

    @pytest.mark.parametrize("lines", [(), ("Harbor Lane",), ("Harbor Lane", "Harbor Lane")])
    def test_of_a_file_of_hardly_a_line_is_none(self, lines):
        assert [compare(*lines).likeness(position) for position in range(1, len(lines))] == [0.0] * (len(lines) - 1)


class TestTop:
    def test_of_a_block_like_the_first_is_its_first_line(self):
        compared = compare(*TOP, TOLD[0], *TOP, TOLD[1])
        assert [compared.top(position) for position in range(4, 10)] == [4, 5, 5, 5, 5, 9]

    def test_of_a_line_that_is_another_than_its_like_is_that_line(self):
        compared = compare(*TOP, TOLD[0], *TOP[:3], "DISCHARGE SUMMARY", TOLD[1])
        assert compared.top(8) == 8

    def test_is_never_the_file_s_first_line(self):
        assert [compare(*TOP, TOLD[0]).top(position) for position in (1, 2, 3)] == [1, 2, 3]


def test_a_document_that_begins_like_the_first_begins_there():
    top = ("~ Muster & Sons / Biscuit ~", "room 4, table 2", "kept by the desk")
    lines = [line for place in range(4) for line in (*top, *TOLD[3 * place : 3 * place + 3], "", "")]
    assert starts_of(lines) == [1, 9, 17, 25]
    other = ("~ Amber / Biscuit ~", "~ Birch / Biscuit ~", "~ Cedar / Biscuit ~", "~ Delta / Biscuit ~")
    lines = [line if line != top[0] else other[place // 8] for place, line in enumerate(lines)]
    assert starts_of(lines) != [1, 9, 17, 25]


def test_a_file_of_nothing_but_its_first_lines_takes_no_more_comparisons_for_a_line(monkeypatch):
    compared = []
    ratio = fuzz.ratio

    def count(*args, **options):
        compared.append(1)
        return ratio(*args, **options)

    monkeypatch.setattr(fuzz, "ratio", count)
    spoilt = ["Harbor Lane Hospital", "Harbour Lane Hospital", "Harbor Lane Hospitals", "Harbor Lame Hospital"]
    lines = compare(*spoilt * 200)
    for position in range(800):
        lines.top(position)
    assert 800 <= len(compared) <= 800 * FIRST * FIRST
