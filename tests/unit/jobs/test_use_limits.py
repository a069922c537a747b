"""Which limits of use hold for whom, and from when on a file fits."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.domain.use_limits import (
    MEASURES,
    Limit,
    Measure,
    Need,
    Scope,
    SetLimit,
    choose_limits,
    find_reset,
    fits_window,
    unit_of,
)

CLINIC, OTHER_CLINIC, USER, OTHER_USER = (uuid4() for _ in range(4))
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def set_limit(
    amount: int,
    *,
    scope: Scope = "user",
    clinic: UUID | None = None,
    user: UUID | None = None,
    measure: Measure = "calls_per_hour",
) -> SetLimit:
    return SetLimit(scope=scope, measure=measure, clinic=clinic, user=user, amount=amount)


def choose(*rows: SetLimit, default: int = 100) -> dict[tuple[Scope, Measure], int]:
    chosen = choose_limits(rows, clinic=CLINIC, user=USER, default_calls_per_hour=default)
    return {(each.scope, each.measure): each.amount for each in chosen}


EVERYBODYS = set_limit(1)
CLINICS = set_limit(2, clinic=CLINIC)
USERS = set_limit(3, user=USER)
USERS_IN_CLINIC = set_limit(4, clinic=CLINIC, user=USER)
OTHERS = [
    set_limit(9, clinic=OTHER_CLINIC),
    set_limit(9, user=OTHER_USER),
    set_limit(9, clinic=OTHER_CLINIC, user=USER),
    set_limit(9, clinic=CLINIC, user=OTHER_USER),
    set_limit(9, scope="clinic", clinic=OTHER_CLINIC),
]


@pytest.mark.parametrize(
    ("rows", "amount"),
    [
        ([EVERYBODYS, CLINICS, USERS, USERS_IN_CLINIC], 4),
        ([USERS, CLINICS, EVERYBODYS], 3),
        ([EVERYBODYS, CLINICS], 2),
        ([EVERYBODYS], 1),
        ([], 100),
        ([set_limit(0)], 0),
    ],
)
def test_the_most_particular_limit_of_a_user_counts(rows: list[SetLimit], amount: int) -> None:
    assert choose(*OTHERS, *rows) == {("user", "calls_per_hour"): amount}
    assert choose(*reversed(rows), *OTHERS) == {("user", "calls_per_hour"): amount}


def test_without_a_default_only_what_is_set_limits() -> None:
    assert choose(*OTHERS, default=0) == {}
    assert choose(EVERYBODYS, default=0) == {("user", "calls_per_hour"): 1}


def test_a_clinics_own_limit_counts_before_each_clinics_and_scopes_hold_together() -> None:
    rows = [
        set_limit(20, scope="clinic"),
        set_limit(30, scope="clinic", clinic=CLINIC),
        set_limit(40, scope="global"),
        set_limit(50, scope="clinic", measure="pages_per_upload"),
    ]
    assert list(choose(*rows).items()) == [
        (("global", "calls_per_hour"), 40),
        (("clinic", "calls_per_hour"), 30),
        (("clinic", "pages_per_upload"), 50),
        (("user", "calls_per_hour"), 100),
    ]


@pytest.mark.parametrize("measure", MEASURES)
def test_each_measure_counts_one_unit(measure: Measure) -> None:
    assert unit_of(measure) == measure.split("_")[0]
    assert Need(calls=1, lines=2, pages=3, tokens=4).of(unit_of(measure)) > 0


@pytest.mark.parametrize(
    ("amount", "used", "needed", "fits"),
    [
        (100, 0, 100, True),
        (100, 0, 500, True),  # a record that needs more than the hour's calls could never be sent else
        (100, 1, 500, False),
        (100, 60, 40, True),
        (100, 60, 41, False),
        (100, 500, 0, True),  # what asks nobody is not held up
        (0, 0, 1, False),
    ],
)
def test_what_fits_a_window(amount: int, used: int, needed: int, fits: bool) -> None:
    limit = Limit(scope="user", measure="calls_per_hour", amount=amount)
    assert fits_window(limit, used=used, needed=needed) is fits


@given(
    amount=st.integers(0, 100),
    needed=st.integers(1, 150),
    uses=st.lists(st.tuples(st.integers(0, 3599), st.integers(0, 80)), max_size=8),
)
def test_a_file_fits_when_it_was_said_to_and_no_sooner(amount: int, needed: int, uses: list[tuple[int, int]]) -> None:
    limit = Limit(scope="user", measure="calls_per_hour", amount=amount)
    when = [(NOW - timedelta(seconds=ago), calls) for ago, calls in uses]

    def used(at: datetime) -> int:
        return sum(calls for moment, calls in when if moment > at - HOUR)

    if fits_window(limit, used=used(NOW), needed=needed):
        return
    reset = find_reset(limit, needed=needed, uses=when, window=HOUR)
    if reset is None:
        assert amount == 0
        return
    assert fits_window(limit, used=used(reset), needed=needed)
    assert not fits_window(limit, used=used(reset - timedelta(seconds=1)), needed=needed)
