"""Floors of accuracy: when they break, what is said, and how new ones are proposed."""

from pathlib import Path

import pytest

from tests.accuracy.fields import count_fields, describe
from tests.accuracy.floors import Measurement, find_breaches, propose_floors, read_floors, write_floors
from tests.accuracy.sets import RecordSet, lay_out
from tests.records.generate import compose

MEASURED = Measurement(
    group="layouts",
    figures={"boundary_f1": 0.9, "coverage_violations": 1, "precision.weight": 0.987},
    files={
        "a": {"boundary_f1": 1.0, "coverage_violations": 0},
        "b": {"boundary_f1": 0.7, "coverage_violations": 1},
        "c": {"boundary_f1": 0.9, "coverage_violations": 0},
        "d": {"boundary_f1": 0.95, "coverage_violations": 0},
    },
)


@pytest.mark.parametrize(
    ("floors", "told"),
    [
        ({"boundary_f1": 0.9}, []),
        ({"boundary_f1": 0.0, "coverage_violations": 1}, []),
        (
            {"boundary_f1": 0.95},
            ["layouts: boundary_f1 0.9000 is 0.0500 under its floor 0.95; the worst: b (0.700), c (0.900), d (0.950)"],
        ),
        (
            {"coverage_violations": 0},
            [
                "layouts: coverage_violations 1.0000 is 1.0000 above its floor 0; "
                "the worst: b (1.000), a (0.000), c (0.000)"
            ],
        ),
        ({"type_acc": 0.5}, ["layouts: nothing measures type_acc, which has the floor 0.5"]),
    ],
)
def test_a_floor_that_breaks_says_by_how_much_and_where(floors: dict[str, float], told: list[str]) -> None:
    assert [str(each) for each in find_breaches(measurements=[MEASURED], floors={"layouts": floors})] == told


def test_groups_that_were_not_measured_break_nothing() -> None:
    assert find_breaches(measurements=[MEASURED], floors={"scans": {"boundary_f1": 0.99}}) == []


def test_floors_are_proposed_a_bit_below_what_was_measured_and_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "floors.toml"

    write_floors(floors=propose_floors(measurements=[MEASURED]), path=path)

    assert read_floors(path=path) == {
        "layouts": {"boundary_f1": 0.88, "coverage_violations": 0, "precision.weight": 0.96}
    }


def test_a_set_is_composed_anew_and_the_same_each_time(tmp_path: Path) -> None:
    one = RecordSet(name="tiny", about="", seed=700_100, records_per_layout=1)

    folder, records = lay_out(of=one, under=tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "old.txt").write_text("of an earlier run")
    lay_out(of=one, under=tmp_path)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert all("layout" in record.truth.tags for record in records)


@pytest.mark.parametrize("true_boundaries", [False, True])
def test_facts_are_counted_by_layout_and_field(tmp_path: Path, true_boundaries: bool) -> None:
    record = compose(layout="vaccination_cards", seed=4, documents=3, language="en")
    (tmp_path / "cards.txt").write_text(record.text, encoding="utf-8")
    (tmp_path / "cards.truth.json").write_text(record.truth_json, encoding="utf-8")

    counts = count_fields(folders=[tmp_path], true_boundaries=true_boundaries)

    named = counts["vaccination_cards"]["name"]
    assert named.true == named.matched > 0
    lines = list(describe(counts=counts))
    assert any(line.startswith("name ") and " 1.000" in line for line in lines)
    assert lines[-1].startswith("all ")
