"""How lines look above and below a place, beside what is usual in the file."""

import pytest

from documents.domain.rules.features import read_line
from documents.domain.rules.looks import LEAST, Looks, tell_kind
from tests.unit.rules.reading import TOLD

ROW = "Creatinine   1.2   mg/dl   0.5 - 1.8"
NOTE = ("Weight 12 kg, bright", "gums pink, no cough")


def looks_of(lines: list[str]) -> Looks:
    return Looks(lines, words=range(1, len(lines) + 1), features=[read_line(line) for line in lines])


@pytest.mark.parametrize(
    "lines", [TOLD[:1], (ROW,), ("- bread", "• milk"), ("1. bread", "2) milk"), ("Weight: 12 kg",), ("PLAN OF CARE",)]
)
def test_lines_of_one_kind_are_told_from_all_others(lines):
    others = {TOLD[0], ROW, "- bread", "1. bread", "Weight: 12 kg", "PLAN OF CARE", "      bread", "bread"} - {*lines}
    (kind,) = {tell_kind(read_line(line), line) for line in lines}
    assert kind not in {tell_kind(read_line(line), line) for line in others if line[:1] != lines[0][:1]}


def test_a_change_of_looks_tells_most_where_it_is():
    looks = looks_of([*TOLD[:12], *NOTE * 6])
    changes = [looks.change(position) for position in range(4, 20)]
    assert max(changes) == looks.change(12) == 1.0
    assert looks.change(5) == 0.0


def test_a_file_that_changes_everywhere_tells_less_than_one_that_changes_once():
    paper = [TOLD[0], TOLD[1], TOLD[2], ROW, ROW, ROW, *NOTE]
    assert looks_of([*TOLD[:12], *NOTE * 6]).change(12) > looks_of(paper * 6).change(24)


def test_a_short_file_has_nothing_usual():
    assert looks_of([*TOLD[: LEAST - 3], *NOTE]).change(LEAST - 3) == 0.0
    assert looks_of([*TOLD[: LEAST - 2], *NOTE]).change(LEAST - 2) > 0.0


@pytest.mark.parametrize("lines", [[], ["Biscuit"], list(TOLD) * 2])
def test_lines_that_all_look_alike_change_nowhere(lines):
    looks = looks_of(lines)
    assert [looks.change(position) for position in range(1, len(lines)) if looks.change(position) > 0.5] == []
