"""What a model's mistakes do to the result, through the real client and the fake: the issue's bounds, held."""

from pathlib import Path

import pytest

from tests.faulty_answers import NO_FAULTS, run

RECORDS = Path(__file__).parent.parent / "records"
ENGLISH = ("practice_export", "referral_packet", "household_two_patients", "fax_noise", "no_titles")


@pytest.mark.parametrize("name", ENGLISH)
def test_a_truthful_model_is_believed(name: str) -> None:
    outcome = run(path=RECORDS / f"{name}.txt", seed=1, scenario=NO_FAULTS)
    assert outcome.boundary_f1 == 1.0
    assert outcome.uncovered == 0


def test_mistakes_are_repaired_where_invented_quotes_are_false() -> None:
    outcomes = [
        run(path=RECORDS / f"{name}.txt", seed=seed, scenario="invented quotes false")
        for name in ENGLISH
        for seed in (1, 2)
    ]
    assert sum(outcome.exact_f1 for outcome in outcomes) / len(outcomes) >= 0.97
    assert all(outcome.uncovered == 0 for outcome in outcomes)


def test_invented_starts_with_real_quotes_do_little_harm() -> None:
    outcomes = [run(path=RECORDS / f"{name}.txt", seed=3, scenario="all faults") for name in ENGLISH]
    assert sum(outcome.boundary_f1 for outcome in outcomes) / len(outcomes) >= 0.96
    assert all(outcome.uncovered == 0 for outcome in outcomes)
