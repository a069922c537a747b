"""Periods, figures, and why an upload was dear."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from jobs.domain.costs import Extra, Figures, UploadCosts, Usual, explain, find_causes
from jobs.domain.periods import UnfitPeriod, read_period

TODAY = date(2026, 12, 17)
USUAL = Usual(lines=1_000, cached_share=0.4)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, ("2026-12-01", "2027-01-01")),
        ("2026-12-03", None, ("2026-12-03", "2027-01-01")),
        (None, "2026-02-01", ("2026-01-01", "2026-02-01")),
        (None, "2026-02-15", ("2026-02-01", "2026-02-15")),
        ("2026-01-01", "2026-01-02", ("2026-01-01", "2026-01-02")),
    ],
)
def test_what_is_not_said_of_a_period_is_the_month(since: Any, until: Any, expected: tuple[str, str]) -> None:
    period = read_period(since=since, until=until, today=TODAY)
    assert (period.since.isoformat(), period.until.isoformat()) == expected


def test_a_period_begins_and_ends_at_midnight_in_utc() -> None:
    period = read_period(since="2026-03-01", until="2026-03-02", today=TODAY)
    assert (period.begin, period.end) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("since", "until", "field", "cure"),
    [
        ("yesterday", None, "since", "Send one such as 2026-03-31."),
        ("20260301", None, "since", "Send one such as 2026-03-31."),
        ("2026-02-30", None, "since", "Send one such as 2026-03-31."),
        ("0001-01-01", None, "since", "Send one such as 2026-03-31."),
        (None, "31.12.2026", "until", "Send one such as 2026-03-31."),
        ("2026-03-02", "2026-03-02", "until", "Choose a later `until`."),
        ("2027-03-02", None, "until", "Choose a later `until`."),
        ("2025-01-01", "2026-12-01", "since", "Ask for a year at a time."),
    ],
)
def test_days_that_make_no_period_are_refused_with_the_cure(since: Any, until: Any, field: str, cure: str) -> None:
    with pytest.raises(UnfitPeriod, match=cure) as refused:
        read_period(since=since, until=until, today=TODAY)
    assert refused.value.field == field


def test_figures_per_thousand_lines_are_of_all_tokens_and_of_the_known_cost() -> None:
    figures = Figures(input_tokens=9_000, output_tokens=1_000, cost_usd=Decimal("0.05"), lines=2_000)
    assert figures.tokens_per_1000_lines == 5_000
    assert figures.cost_per_1000_lines == Decimal("0.025")
    assert Figures(input_tokens=9_000).tokens_per_1000_lines is None
    assert Figures(cost_usd=Decimal(1)).cost_per_1000_lines is None


def costs(*, lines: int = 1_000, cached: int = 40, **more: Any) -> UploadCosts:
    figures = Figures(calls=20, input_tokens=100, cached_input_tokens=cached, lines=lines, cost_usd=Decimal(2))
    return UploadCosts(figures=figures, **more)


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"lines": 2_500}, "many_lines", "it is 2.5 times as long as the mean upload (1,000 lines)"),
        ({"cached": 10}, "little_cached", "10% of its input came from the cache, of all uploads' 40%"),
        ({"asked_again": Extra(calls=3, cost_usd=Decimal("0.2"))}, "asked_again", "3 calls ($0.20) asked again"),
        ({"truncated": Extra(calls=1, cost_usd=Decimal("0.05"))}, "truncated", "1 call ($0.0500) brought truncated"),
        ({"failed": Extra(calls=2, cost_usd=Decimal("0.3"))}, "failed", "2 calls ($0.30) brought nothing of use"),
        (
            {"runs": 3, "later_runs": Extra(calls=4, cost_usd=Decimal("0.4"))},
            "several_runs",
            "3 runs, all but the first made 4 calls ($0.40)",
        ),
    ],
)
def test_each_cause_is_told_with_its_figures(given: dict[str, Any], code: str, words: str) -> None:
    dear = costs(**given)
    (cause,) = find_causes(costs=dear, usual=USUAL)
    assert cause.code == code
    assert words in cause.words
    assert words in explain(costs=dear, causes=[cause])


def test_what_is_like_all_others_has_no_cause() -> None:
    usual = costs()
    assert find_causes(costs=usual, usual=USUAL) == ()
    assert explain(costs=usual, causes=()) == (
        "$2.00 for 1,000 lines in 20 calls: nothing out of the ordinary, its lines read once."
    )


def test_the_dearest_cause_comes_first_and_those_without_a_cost_last() -> None:
    dear = costs(
        lines=5_000, asked_again=Extra(calls=1, cost_usd=Decimal(1)), failed=Extra(calls=1, cost_usd=Decimal(3))
    )
    assert [each.code for each in find_causes(costs=dear, usual=USUAL)] == ["failed", "asked_again", "many_lines"]


def test_calls_of_unknown_cost_are_told() -> None:
    figures = Figures(calls=2, uncertain_calls=1, lines=10, cost_usd=Decimal("0.001"))
    assert explain(costs=UploadCosts(figures=figures), causes=()).startswith(
        "$0.0010 for 10 lines in 2 calls (1 of unknown cost): "
    )
