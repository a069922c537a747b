"""The fake's limits as pure counting: what is left, what is given back, what the headers say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_openai.limits import COUNTINGS, Allowance, Charge, Limits
from tests.fake_openai.wire import format_duration


class Clock:
    def __init__(self) -> None:
        self.now = 6_000_000.0  # begins a minute

    def __call__(self) -> float:
        return self.now


def make_allowance(**options: Any) -> tuple[Allowance, Clock]:
    clock = Clock()
    defaults: dict[str, Any] = {"requests_per_minute": 60, "tokens_per_minute": 6_000, "enforced": True}
    return Allowance(limits=Limits(**{**defaults, **options}), clock=clock), clock


def take_all(allowance: Allowance, *, tokens: int, times: int) -> list[Charge]:
    return [allowance.take(tokens=tokens) for _ in range(times)]


def test_an_even_bucket_frees_a_share_with_every_second():
    allowance, clock = make_allowance()
    assert all(charge.wait is None for charge in take_all(allowance, tokens=1_000, times=6))
    assert allowance.take(tokens=1_000).wait == pytest.approx(10.0)
    clock.now += 10.0
    assert allowance.take(tokens=1_000).wait is None
    assert allowance.take(tokens=100).wait == pytest.approx(1.0)


def test_a_fixed_window_is_whole_again_with_the_minute():
    allowance, clock = make_allowance(counting="fixed")
    clock.now += 50.0
    take_all(allowance, tokens=1_000, times=6)
    assert allowance.take(tokens=1).wait == pytest.approx(10.0)
    clock.now += 10.0
    assert [charge.wait for charge in take_all(allowance, tokens=1_000, times=7)] == [None] * 6 + [60.0]


def test_a_sliding_window_frees_what_began_a_minute_ago():
    allowance, clock = make_allowance(counting="sliding")
    allowance.take(tokens=4_000)
    clock.now += 20.0
    allowance.take(tokens=2_000)
    assert allowance.take(tokens=3_000).wait == pytest.approx(40.0)
    assert allowance.take(tokens=5_000).wait == pytest.approx(60.0)
    clock.now += 40.0
    assert allowance.take(tokens=4_000).wait is None


def test_no_second_has_more_than_its_share_where_seconds_are_held():
    allowance, clock = make_allowance(requests_per_minute=90, per_second=True)
    assert [charge.wait is None for charge in take_all(allowance, tokens=1, times=3)] == [True, True, False]
    clock.now += 0.75
    assert allowance.take(tokens=1).wait == pytest.approx(0.25)
    clock.now += 0.25
    assert allowance.take(tokens=1).wait is None


@pytest.mark.parametrize("counting", COUNTINGS)
def test_unused_output_comes_back_only_where_it_is_refunded(counting):
    for refunds, charged in ((True, 1_500), (False, 6_000)):
        allowance, _ = make_allowance(counting=counting, refunds=refunds)
        charge = allowance.take(tokens=6_000)
        assert allowance.settle(charge=charge, unused=4_500) == charged
        assert (allowance.take(tokens=4_500).wait is None) == refunds


@given(
    counting=st.sampled_from(COUNTINGS[1:]),
    steps=st.lists(st.tuples(st.floats(0, 20), st.integers(1, 3_000), st.integers(0, 3_000)), max_size=60),
)
def test_no_window_has_more_than_the_limit(counting, steps):
    allowance, clock = make_allowance(counting=counting, refunds=True)
    taken: list[tuple[float, int]] = []
    for pause, tokens, unused in steps:
        clock.now += pause
        charge = allowance.take(tokens=tokens)
        if charge.wait is None:
            taken.append((clock.now, allowance.settle(charge=charge, unused=unused)))
        else:
            assert charge.wait > 0
        within = [
            amount
            for at, amount in taken
            if (int(at // 60) == int(clock.now // 60) if counting == "fixed" else at > clock.now - 60)
        ]
        assert sum(within) <= 6_000
        assert len(within) <= 60


def test_headers_tell_what_is_left_in_the_form_that_is_wanted():
    def tell(**options: Any) -> dict[str, str]:
        allowance, _ = make_allowance(**options)
        allowance.take(tokens=1_500)
        return {name.removeprefix("x-ratelimit-"): value for name, value in allowance.tell().items()}

    limits = {"limit-requests": "60", "limit-tokens": "6000"}
    left = {"remaining-requests": "59", "remaining-tokens": "4500"}
    assert tell() == {**limits, **left, "reset-requests": "1s", "reset-tokens": "15s"}
    assert tell(counting="fixed")["reset-tokens"] == "1m0s"
    assert tell(headers="missing") == {}
    assert tell(headers="only_limits") == limits
    assert tell(headers="only_requests") == {
        "limit-requests": "60",
        "remaining-requests": "59",
        "reset-requests": "1s",
    }
    assert set(tell(headers="only_tokens")) == {"limit-tokens", "remaining-tokens", "reset-tokens"}
    assert {tell(headers="minus_one")[name] for name in (*limits, *left)} == {"-1"}
    assert tell(reset_as="1h2m")["reset-tokens"] == "1h2m"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0ms"), (0.012, "12ms"), (1.5, "1.5s"), (59.9996, "60s"), (360, "6m0s"), (86.4, "1m26s"), (3_720, "1h2m0s")],
)
def test_durations_are_written_as_the_api_writes_them(seconds, words):
    assert format_duration(seconds) == words
