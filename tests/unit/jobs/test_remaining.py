"""When a job is likely to be done."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.domain.remaining import expect_end

BEGUN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("done", "seconds", "left"),
    [
        (1, 10, 30),  # three more of ten seconds each
        (2, 10, 10),
        (3, 10, 3),  # a third of ten seconds, in whole ones
        (2, 0, 0),  # all kept answers, at once
    ],
)
def test_what_is_left_takes_as_long_as_what_is_done(done, seconds, left):
    now = BEGUN + timedelta(seconds=seconds)
    assert expect_end(begun=BEGUN, now=now, done=done, total=4) == now + timedelta(seconds=left)


@pytest.mark.parametrize(("done", "total"), [(0, 4), (4, 4), (0, 0)])
def test_nothing_is_said_before_the_first_answer_and_after_the_last(done, total):
    assert expect_end(begun=BEGUN, now=BEGUN + timedelta(seconds=5), done=done, total=total) is None


def test_a_clock_that_was_set_back_expects_no_end_before_now():
    now = BEGUN - timedelta(seconds=60)
    assert expect_end(begun=BEGUN, now=now, done=1, total=4) == now
