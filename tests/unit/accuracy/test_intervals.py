"""Bootstrap intervals: the same for the same seed, as wide as the units differ."""

import pytest

from documents.domain.accuracy.intervals import Interval, Sums, bootstrap


def mean(sums: Sums) -> dict[str, float | None]:
    return {"mean": sums["value"] / sums["unit"]}


def spread(values: list[float], *, seed: int = 1, rounds: int = 500) -> Interval:
    columns = {"value": values, "unit": [1.0] * len(values)}
    return bootstrap(columns=columns, figure=mean, rounds=rounds, seed=seed)["mean"]


def test_units_that_agree_leave_no_room() -> None:
    assert spread([0.5] * 10) == Interval(low=0.5, high=0.5)


def test_the_interval_holds_the_mean_and_has_the_width_that_theory_gives() -> None:
    interval = spread([0.0, 1.0] * 50, rounds=2_000)

    assert interval.low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.015)  # standard error of 100 coin throws
    assert interval.high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.015)


def test_more_units_of_the_same_kind_make_it_narrower() -> None:
    few, many = spread([0.0, 1.0] * 5), spread([0.0, 1.0] * 50)

    assert many.high - many.low < (few.high - few.low) / 2


def test_a_seed_gives_the_same_interval_again_and_another_one_another() -> None:
    values = [number / 37 for number in range(37)]

    assert spread(values, seed=3) == spread(values, seed=3)
    assert spread(values, seed=3) != spread(values, seed=4)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_fewer_than_two_units_tell_nothing(values: list[float]) -> None:
    assert bootstrap(columns={"value": values, "unit": values}, figure=mean) == {}


def test_a_figure_that_most_draws_do_not_measure_has_no_interval() -> None:
    def figure(sums: Sums) -> dict[str, float | None]:
        return {"rare": sums["rare"] if sums["rare"] else None, "common": sums["common"] or None}

    rare, common = [1.0, *[0.0] * 9], [1.0] * 10
    columns = {"rare": [value if place == 0 else 0.0 for place, value in enumerate(rare)], "common": common}

    assert bootstrap(columns=columns, figure=figure, rounds=400).keys() == {"rare", "common"}  # 65 % of the draws
    assert bootstrap(columns={**columns, "rare": [0.0] * 10}, figure=figure, rounds=400).keys() == {"common"}
