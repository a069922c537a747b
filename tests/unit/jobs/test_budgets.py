from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from jobs.domain.budgets import (
    BudgetState,
    day_of,
    find_latest_reset,
    find_misfits,
    find_reset,
    find_warning,
    first_day_of,
    next_period,
    round_cost,
    round_reserved,
)


def state(amount: str, *, spent: str = "0", reserved: str = "0") -> BudgetState:
    return BudgetState(
        amount_usd=Decimal(amount), spent_usd=Decimal(spent), reserved_usd=Decimal(reserved), resets_at=None
    )


@pytest.mark.parametrize(
    ("period", "day", "first", "following"),
    [
        ("day", date(2026, 11, 30), date(2026, 11, 30), date(2026, 12, 1)),
        ("day", date(2028, 2, 28), date(2028, 2, 28), date(2028, 2, 29)),
        ("month", date(2026, 11, 30), date(2026, 11, 1), date(2026, 12, 1)),
        ("month", date(2026, 1, 31), date(2026, 1, 1), date(2026, 2, 1)),
        ("month", date(2026, 2, 1), date(2026, 2, 1), date(2026, 3, 1)),
        ("month", date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        ("ever", date(2026, 12, 31), date(2026, 12, 31), None),
    ],
)
def test_periods_have_their_first_day_and_the_next_ones(period, day, first, following):
    assert first_day_of(period=period, day=day) == first
    assert next_period(period=period, day=day) == following
    reset = find_reset(period=period, day=day)
    assert reset == (following and datetime(following.year, following.month, following.day, tzinfo=UTC))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), date(2026, 11, 30)),
        (datetime(2026, 12, 1, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), date(2026, 11, 30)),
        (datetime(2026, 11, 30, 20, 0, tzinfo=timezone(timedelta(hours=-5))), date(2026, 12, 1)),
    ],
)
def test_days_are_those_of_utc(moment, day):
    assert day_of(moment) == day


@pytest.mark.parametrize(
    ("standing", "percent", "left", "fits"),
    [
        (state("1"), 0, "1", True),
        (state("1", spent="0.4", reserved="0.0999"), 49, "0.5001", True),
        (state("1", spent="0.4", reserved="0.1"), 50, "0.5", True),
        (state("1", spent="0.5", reserved="0.4"), 90, "0.1", True),  # to the last cent
        (state("1", spent="0.5", reserved="0.40000001"), 90, "0.09999999", False),
        (state("1", spent="1.2"), 120, "0", False),  # a call cost more than was expected of it
        (state("0"), 100, "0", False),
    ],
)
def test_spent_and_reserved_count_alike(standing, percent, left, fits):
    assert standing.percent == percent
    assert standing.left_usd == Decimal(left)
    assert standing.has_room_for(Decimal("0.1")) is fits


@pytest.mark.parametrize(
    ("percent", "told", "level"),
    [(49, 0, None), (50, 0, 50), (79, 0, 50), (79, 50, None), (80, 50, 80), (130, 0, 100), (100, 100, None)],
)
def test_the_highest_warning_is_told_once(percent, told, level):
    assert find_warning(percent=percent, told=told) == level


def test_who_waits_for_several_budgets_waits_for_the_last():
    first, last = datetime(2026, 11, 28, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert find_latest_reset([first, last]) == last
    assert find_latest_reset([first, None]) is None
    assert find_latest_reset([None]) is None


def test_too_much_is_reserved_rather_than_too_little():
    assert round_reserved(Decimal("0.000000001")) == Decimal("0.00000001")
    assert round_cost(Decimal("0.000000014")) == Decimal("0.00000001")
    assert round_cost(Decimal("0.000000015")) == Decimal("0.00000002")


@pytest.mark.parametrize(
    ("scope", "period", "has_clinic", "has_user", "misfits"),
    [
        ("global", "day", False, False, set()),
        ("global", "month", True, True, {"clinic", "user"}),
        ("clinic", "month", True, False, set()),
        ("clinic", "ever", False, True, {"clinic", "user", "period"}),
        ("user", "day", True, True, set()),
        ("user", "day", True, False, {"user"}),
        ("upload", "ever", True, False, set()),
        ("upload", "day", True, True, {"period", "user"}),
    ],
)
def test_only_budgets_that_mean_something_can_be(scope, period, has_clinic, has_user, misfits):
    assert set(find_misfits(scope=scope, period=period, has_clinic=has_clinic, has_user=has_user)) == misfits
