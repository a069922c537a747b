"""A job's timeline: each state with its beginning and end, who worked, what it waited for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from jobs.domain.states import TRANSITIONS
from jobs.domain.timeline import (
    OUTCOMES,
    WAITS_FOR,
    Asked,
    Calls,
    Change,
    Present,
    Step,
    say_change,
    say_seconds,
    tell_steps,
)

BEGAN = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
WHO, OTHER = UUID(int=1), UUID(int=2)
PROBLEM = {"code": "model_away", "title": "The model does not answer", "detail": "It goes on by itself."}


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


LIFE = (
    Change(version=1, after="pending", reason="submitted", at=at(0), by=WHO),
    Change(version=2, after="processing", reason="claimed", at=at(2), worker="one", fence=1),
    Change(version=3, after="processing", reason="taken_over", at=at(70), worker="two", fence=2, windows_done=3),
    Change(
        version=4,
        after="parked",
        reason="model_away",
        at=at(80),
        worker="two",
        fence=2,
        due_at=at(110),
        problem=PROBLEM,
        windows_done=5,
        windows_total=12,
    ),
    Change(version=5, after="pending", reason="resumed", at=at(90), by=OTHER, fence=2),
    Change(version=6, after="processing", reason="claimed", at=at(91), worker="one", fence=3),
    Change(version=7, after="cancelled", reason="asked_for", at=at(99), by=OTHER, fence=3, windows_total=12),
)


def tell(
    *changes: Change, following: Change | None = None, calls: Mapping[int, Calls] | None = None, **present: Any
) -> tuple[Step, ...]:
    said = Present(**{"now": at(1_000), **present})
    return tell_steps(changes=changes, following=following, calls=calls or {}, present=said)


def test_each_step_lasts_until_the_next_and_says_who_asked_for_it() -> None:
    told = [(step.said, step.seconds, step.by) for step in tell(*LIFE)]
    assert told == [
        ("Sent in", 2.0, WHO),
        ("A worker took it", 68.0, None),
        ("Another worker took it over: the one before was lost", 10.0, None),
        ("Waiting for the model", 10.0, None),
        ("Queued again by staff", 1.0, OTHER),
        ("A worker took it", 8.0, None),
        ("Cancelled", None, OTHER),
    ]


def test_a_run_tells_its_worker_how_it_ended_how_far_it_came_and_what_it_cost() -> None:
    paid = Calls(made=4, failed={"rate_limited": 1}, known_cost_usd=Decimal("0.02"))
    runs = [step.run for step in tell(*LIFE, calls={2: paid}) if step.run]
    assert [(run.fence, run.worker, run.outcome, run.windows_done, run.windows_total) for run in runs] == [
        (1, "one", "lost", 3, None),
        (2, "two", "parked", 5, 12),
        (3, "one", "cancelled", 0, 12),
    ]
    assert [run.calls for run in runs] == [Calls(), paid, Calls()]


def test_a_run_under_way_has_no_end_and_no_outcome() -> None:
    (step,) = tell(LIFE[1])
    assert step.run is not None
    assert (step.ended, step.seconds, step.run.outcome, step.run.windows_done) == (None, None, "", None)


def test_a_page_ends_where_the_change_after_it_begins() -> None:
    whole = tell(*LIFE)
    for cut in range(1, len(LIFE)):
        assert tell(*LIFE[:cut], following=LIFE[cut]) + tell(*LIFE[cut:]) == whole


def test_a_worker_that_died_for_the_third_time_was_lost_too() -> None:
    poison = Change(version=3, after="failed", reason="poison", at=at(9), fence=2)
    (run,) = [step.run for step in tell(LIFE[1], poison) if step.run]
    assert run.outcome == "lost"


@pytest.mark.parametrize(
    ("change", "present", "waits_for"),
    [
        (LIFE[0], {}, "worker"),
        (LIFE[0], {"is_paused": True}, "paused_queue"),
        (LIFE[1], {"is_paused": True}, ""),  # what is begun ends
        (LIFE[3], {"is_paused": True}, "model_away"),
        (LIFE[6], {"is_paused": True}, ""),
        (Change(version=9, after="retrying", reason="defect", at=at(1), due_at=at(5)), {}, "retry"),
        (
            Change(version=9, after="retrying", reason="defect", at=at(1), due_at=at(5)),
            {"is_paused": True},
            "paused_queue",
        ),
        (
            Change(version=9, after="retrying", reason="defect", at=at(1), due_at=at(5)),
            {"is_paused": True, "now": at(2)},
            "retry",
        ),
    ],
)
def test_what_a_job_waits_for(change: Change, present: dict[str, Any], waits_for: str) -> None:
    (step,) = tell(change, **present)
    assert step.waits_for == waits_for


def test_a_queue_that_is_paused_now_says_nothing_of_earlier_waits() -> None:
    assert [step.waits_for for step in tell(*LIFE[:2], is_paused=True)] == ["worker", ""]


def test_cancelling_is_told_of_the_run_in_which_it_was_asked_for() -> None:
    asked = Asked(at=at(95), by=OTHER)
    told = {step.version: step.cancel_asked for step in tell(*LIFE, cancel=asked)}
    assert {version: each for version, each in told.items() if each} == {6: asked}


def test_discarding_is_told_of_the_last_failure() -> None:
    failed = Change(version=3, after="failed", reason="corrupt", at=at(9), problem=PROBLEM)
    asked = Asked(at=at(60), by=OTHER)
    again = [replace(failed, version=3), replace(LIFE[0], version=4, at=at(20)), replace(failed, version=5, at=at(30))]
    assert [step.discarded for step in tell(*again, discarded=asked)] == [None, None, asked]


def test_clocks_that_differ_make_no_time_that_is_less_than_none() -> None:
    steps = tell(LIFE[1], replace(LIFE[2], at=at(1)))
    assert steps[0].seconds == 0.0


def test_all_that_may_befall_a_job_can_be_said() -> None:
    reasons = (
        "submitted",
        "claimed",
        "taken_over",
        "handed_back",
        "due",
        "resumed",
        "retried",
        "asked_for",
        "defect",
        "",
    )
    for state in TRANSITIONS:
        for reason in reasons:
            assert say_change(state=state, reason=reason)[0].isupper()
            (step,) = tell(Change(version=1, after=state, reason=reason, at=at(0)))
            assert step.waits_for in WAITS_FOR
    for step in tell(*LIFE):
        assert step.run is None or step.run.outcome in OUTCOMES


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.96, "10.0 s"),
        (10.4, "10 s"),
        (59.7, "1 min"),
        (65, "1 min 5 s"),
        (3_600, "1 h"),
        (3_605, "1 h"),
        (7_450, "2 h 4 min"),
        (183_700, "2 d 3 h"),
    ],
)
def test_a_duration_is_said_in_its_two_greatest_units(seconds: float, words: str) -> None:
    assert say_seconds(seconds) == words
