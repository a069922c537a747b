"""Jobs submitted at a pace: policy, and the loop that keeps to it, by a clock of the test's own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jobs.domain.pacing import LOOK_AGAIN_SECONDS, Hold, Pace, find_hold, next_due
from jobs.operations.pacing import Pacer

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=3)


@pytest.mark.parametrize(
    ("pace", "due_at", "under_way", "hold"),
    [
        (Pace(), SOON, 10_000, None),
        (Pace(per_minute=10), None, 0, None),
        (Pace(per_minute=10), NOW, 0, None),
        (Pace(per_minute=10), SOON, 0, Hold(why="rate", seconds=3.0)),
        (Pace(at_most=5), None, 4, None),
        (Pace(at_most=5), None, 5, Hold(why="at_most", seconds=LOOK_AGAIN_SECONDS)),
        (Pace(per_minute=10, at_most=5), SOON, 6, Hold(why="at_most", seconds=LOOK_AGAIN_SECONDS)),
        (Pace(per_minute=10, at_most=5), NOW, 4, None),
    ],
)
def test_the_next_is_held_up_by_rate_or_by_what_is_under_way(
    pace: Pace, due_at: datetime | None, under_way: int, hold: Hold | None
) -> None:
    assert find_hold(pace=pace, due_at=due_at, under_way=under_way, now=NOW) == hold


def test_they_are_spread_evenly() -> None:
    assert next_due(pace=Pace(per_minute=30), now=NOW) == NOW + timedelta(seconds=2)
    assert next_due(pace=Pace(at_most=1), now=NOW) == NOW


@pytest.mark.parametrize(
    "bounds",
    [{"per_minute": 0}, {"per_minute": -1}, {"per_minute": float("nan")}, {"at_most": 0}],
)
def test_a_pace_that_lets_nothing_through_is_none(bounds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"above 0|at least 1"):
        Pace(**bounds)  # type: ignore[arg-type]  # some of it is no whole number


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOW

    def read(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def submit_all(pacer: Pacer, clock: Clock, *, jobs: int) -> Iterator[float]:
    """Seconds after NOW at which each was submitted."""
    for _ in range(jobs):
        pacer.wait()
        yield (clock.read() - NOW).total_seconds()
        pacer.submitted()


def test_a_loop_keeps_to_the_rate() -> None:
    clock = Clock()
    pacer = Pacer(pace=Pace(per_minute=20), count_under_way=lambda: 0, sleep=clock.sleep, read_clock=clock.read)
    assert list(submit_all(pacer, clock, jobs=4)) == [0.0, 3.0, 6.0, 9.0]


def test_a_loop_waits_for_what_is_under_way_and_says_so() -> None:
    clock = Clock()
    counts = iter([2, 2, 1])
    pacer = Pacer(pace=Pace(at_most=2), count_under_way=lambda: next(counts), sleep=clock.sleep, read_clock=clock.read)
    told: list[Hold] = []
    pacer.wait(on_hold=told.append)
    assert [hold.why for hold in told] == ["at_most", "at_most"]
    assert clock.now == NOW + timedelta(seconds=2 * LOOK_AGAIN_SECONDS)
