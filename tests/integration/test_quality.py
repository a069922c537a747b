"""The quality gate (A12): the rules engine may get better, not worse. The quick sets; `make accuracy` holds all."""

from pathlib import Path

import pytest

from jobs.evaluation.measuring import evaluate
from tests.accuracy.floors import count_unmeasured, find_breaches, measure_groups, read_floors
from tests.accuracy.running import tell_how_to_see
from tests.accuracy.sets import RecordSet, lay_out, read_sets

QUICK = [one for one in read_sets() if one.quick]


@pytest.mark.parametrize("one", QUICK, ids=[one.name for one in QUICK])
def test_the_rules_engine_keeps_its_floors(one: RecordSet, tmp_path: Path) -> None:
    _, records = lay_out(of=one, under=tmp_path)
    evaluations = list(evaluate(records=records, engine="rules"))
    breaches = find_breaches(measurements=list(measure_groups(of=one, evaluations=evaluations)), floors=read_floors())

    assert count_unmeasured(evaluations=evaluations) == 0
    if breaches:
        pytest.fail("\n".join([*map(str, breaches), tell_how_to_see(of=one)]), pytrace=False)


def test_every_quick_set_has_floors_for_what_must_not_happen() -> None:
    floors = read_floors()
    for one in QUICK:
        assert floors[one.name]["coverage_violations"] == floors[one.name]["facts_without_source"] == 0
