"""The rate limits in a reply's headers, as providers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.llm.client import ToldLimits
from jobs.llm.limit_headers import read_duration, read_limits

NAMES = [f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")]


def test_all_that_openai_tells_is_read() -> None:
    values = ("600", "150000", "599", "149984", "100ms", "6m0s")
    assert read_limits(dict(zip(NAMES, values, strict=True))) == ToldLimits(
        requests_per_minute=600,
        tokens_per_minute=150_000,
        remaining_requests=599,
        remaining_tokens=149_984,
        reset_requests_seconds=0.1,
        reset_tokens_seconds=360.0,
    )


def test_what_is_missing_is_not_told() -> None:
    assert read_limits({}) == ToldLimits()
    assert read_limits({"x-ratelimit-remaining-tokens": "5"}) == ToldLimits(remaining_tokens=5)


@pytest.mark.parametrize("said", ["-1", "0", "", "unlimited", "nan", "inf", "1e3", "9999999999999", "6,000"])
def test_a_limit_that_cannot_be_one_is_none(said: str) -> None:
    assert read_limits({"x-ratelimit-limit-requests": said, "x-ratelimit-limit-tokens": said}) == ToldLimits()


@pytest.mark.parametrize("said", ["150000.0", " 150000 ", "+150000"])
def test_a_limit_is_read_as_azure_and_others_write_it(said: str) -> None:
    assert read_limits({"x-ratelimit-limit-tokens": said}).tokens_per_minute == 150_000


def test_nothing_left_is_not_the_same_as_not_told() -> None:
    assert read_limits({"x-ratelimit-remaining-tokens": "0"}).remaining_tokens == 0
    assert read_limits({"x-ratelimit-remaining-tokens": "-1"}).remaining_tokens is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("6m0s", 360.0),
        ("1s", 1.0),
        ("12ms", 0.012),
        ("1h2m3.5s", 3723.5),
        ("1m30.951s", 90.951),
        ("7.66s", 7.66),
        ("59", 59.0),
        ("0.5", 0.5),
        ("0s", 0.0),
        ("1d", 86_400.0),
        (" 2S ", 2.0),
    ],
)
def test_durations(said: str, seconds: float) -> None:
    assert read_duration(said) == pytest.approx(seconds)


@pytest.mark.parametrize("said", [None, "", "-1", "soon", "5 minutes", "s", "1s2", "400d", "1.2.3s", "٣s"])
def test_a_duration_that_cannot_be_one_is_not_told(said: str | None) -> None:
    assert read_duration(said) is None


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20)))
def test_no_header_makes_it_fail(headers: dict[str, str]) -> None:
    read_limits(headers)
