"""What is announced, when it is sent again, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.domain.states import ENDS, STATES
from jobs.domain.webhooks import (
    BATCH_EVENT,
    EVENT_TYPES,
    PAUSES,
    find_event,
    is_given_up,
    judge_status,
    next_try,
    wants,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_every_end_of_a_job_is_announced_and_nothing_else():
    assert {state for state in STATES if find_event(state=state)} == set(ENDS)
    assert {find_event(state=state) for state in ENDS} == set(EVENT_TYPES) - {BATCH_EVENT}


def test_it_is_tried_for_about_a_day_ever_less_often_and_then_given_up():
    assert list(PAUSES) == sorted(PAUSES)
    assert timedelta(hours=24) <= timedelta(seconds=sum(PAUSES)) <= timedelta(hours=26)
    assert next_try(tries=len(PAUSES), now=NOW, jitter=0.5) is not None
    assert next_try(tries=len(PAUSES) + 1, now=NOW, jitter=0.5) is None


@pytest.mark.parametrize(("jitter", "share"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_a_pause_is_spread_by_a_fifth_either_way(jitter, share):
    for tries, pause in enumerate(PAUSES, start=1):
        assert next_try(tries=tries, now=NOW, jitter=jitter) == NOW + timedelta(seconds=pause * share)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (200, None),
        (204, None),
        (301, "redirected"),
        (307, "redirected"),
        (400, "status"),
        (410, "gone"),
        (503, "status"),
    ],
)
def test_only_2xx_says_that_it_was_received(status, failure):
    assert judge_status(status) == failure


@pytest.mark.parametrize(
    ("since", "given_up"),
    [(None, False), (NOW, False), (NOW - timedelta(days=3, seconds=-1), False), (NOW - timedelta(days=3), True)],
)
def test_an_endpoint_is_given_up_after_its_days_without_a_receipt(since, given_up):
    assert is_given_up(failing_since=since, now=NOW, patience=timedelta(days=3)) is given_up


def test_none_chosen_means_all():
    assert wants(chosen=[], event="job.failed")
    assert wants(chosen=["job.failed"], event="job.failed")
    assert not wants(chosen=["job.failed"], event="job.completed")
