"""What a file would take, by its shape."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.domain.estimating import Amounts, Pace, Shape, estimate_amounts, estimate_for_rules, estimate_seconds


def shape(**changed: int) -> Shape:
    usual = {
        **{"lines": 1000, "words": 800, "starts": 50, "doubts": 10, "windows": 2},
        **{"asked_lines": 880, "asked_characters": 48_000, "asked_windows": 2, "prompt_characters": 2_800},
    }
    return Shape(**{**usual, **changed})


def amounts(**changed: int) -> Amounts:
    return Amounts(**{"reasks": 0, "calls": 16, "input_tokens": 100_000, "output_tokens": 16_000, **changed})


@pytest.mark.parametrize(
    ("doubts", "windows", "calls"), [(0, 1, 1), (1, 1, 2), (50, 1, 4), (50, 4, 9), (50, 14, 27), (3, 14, 17)]
)
def test_calls_are_windows_and_an_allowance_for_doubts(doubts: int, windows: int, calls: int) -> None:
    assert estimate_amounts(shape(doubts=doubts, windows=windows, asked_windows=windows)).calls == calls


def test_what_is_answered_already_costs_nothing() -> None:
    told = estimate_amounts(shape(asked_windows=0, asked_lines=0, asked_characters=0))
    assert told == Amounts(reasks=0, calls=0, input_tokens=0, output_tokens=0)
    assert estimate_seconds(told, pace=Pace(concurrency=16)) == 0


@given(starts=st.integers(0, 900), windows=st.integers(1, 9))
def test_an_answer_is_never_taken_for_the_most_that_it_may_be(starts: int, windows: int) -> None:
    told = estimate_amounts(shape(starts=starts, doubts=0, asked_windows=windows))
    assert 880 * 3 <= told.output_tokens <= 880 * 25 * 1.25 + 1
    assert told.input_tokens == pytest.approx(windows * 2_800 * 0.235 + 48_000 * 0.30, abs=1)


def test_time_goes_by_rounds_or_by_what_the_limits_let_through() -> None:
    a_call = 1 + 1_000 / 80
    assert estimate_seconds(amounts(), pace=Pace(concurrency=16)) == pytest.approx(a_call, abs=0.1)
    assert estimate_seconds(amounts(), pace=Pace(concurrency=5)) == pytest.approx(4 * a_call, abs=0.1)
    assert estimate_seconds(amounts(reasks=1), pace=Pace(concurrency=16)) == pytest.approx(2 * a_call, abs=0.1)
    assert estimate_seconds(amounts(), pace=Pace(concurrency=16, calls_per_minute=8)) == 120
    assert estimate_seconds(amounts(), pace=Pace(concurrency=16, tokens_per_minute=58_000)) == 120


def test_the_rules_cost_nothing() -> None:
    told = estimate_for_rules(lines=10_000, windows=26)
    assert (told.calls, told.tokens, told.cost_usd, told.windows) == (0, 0, Decimal(0), 26)
