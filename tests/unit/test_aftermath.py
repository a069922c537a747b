"""The judgement after a siege: what must not be is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.aftermath import Allowed, Standstill, check_answers, find_lateness, find_recovery
from tests.chaos.clients import Heard
from tests.chaos.receiver import Receipt, check_receipts
from tests.chaos.strikes import Blow
from tests.chaos.witness import Pause, Told, check_no_stale_write, count_begun_while_paused, find_starved

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def write(who: str, what: str = "job", *, fence: int | None = 1, former: int | None = 1, **more: Any) -> Any:
    row = {"job": "a", "who": who, "what": what, "fence": fence, "former_fence": former, "state": "processing"}
    return row | more


CLAIM, TAKEN = write("worker1", former=0), write("worker2", fence=2)


@pytest.mark.parametrize(
    ("writes", "stale"),
    [
        ([CLAIM, write("worker1"), write("worker1", "attempt"), write("worker1", "segmentation", fence=None)], 0),
        ([CLAIM, write("relay3"), TAKEN, write("worker2", fence=2, former=2)], 0),
        ([CLAIM, TAKEN, write("worker1", fence=2, former=2)], 1),
        ([CLAIM, TAKEN, write("worker1", "attempt", fence=1)], 1),
        ([CLAIM, TAKEN, write("worker2", "attempt", fence=1)], 1),
        ([CLAIM, write("worker1", state="completed"), write("worker1", "segmentation", fence=None)], 1),
        ([CLAIM, write("reaper4", fence=2, state="failed"), write("worker1", "attempt")], 1),
    ],
    ids=["own", "senders", "row", "attempt", "old fence", "after the end", "failed meanwhile"],
)
def test_only_who_has_the_job_writes_for_it(writes: Any, stale: int) -> None:
    assert len(list(check_no_stale_write(Told(writes=writes, pauses=())))) == stale


@pytest.mark.parametrize(("lives_on", "starved"), [(True, {"a"}), (False, set())])
def test_a_job_is_starved_whose_worker_lived_on(lives_on: bool, starved: set[str]) -> None:
    writes = [CLAIM | {"at": NOW}, TAKEN | {"at": after(5), "former_state": "processing"}]
    writes += [write("worker1", "attempt", job="b") | {"at": after(6)}] if lives_on else []
    assert find_starved(Told(writes=writes, pauses=())) == starved


def test_a_job_that_is_begun_while_its_queue_is_paused_is_counted() -> None:
    testimony = Told(writes=(), pauses=[Pause(clinic="c", queue="bulk", began=NOW, ended=after(5))])

    def count(seconds: float, **other: str) -> int:
        event = {"reason": "claimed", "priority": "bulk", "clinic_id": "c", "at": after(seconds)} | other
        return count_begun_while_paused(testimony, events=[event], tolerance_seconds=1)

    assert (count(3), count(0.5), count(6)) == (1, 0, 0)
    assert (count(3, clinic_id="d"), count(3, priority="normal"), count(3, reason="taken_over")) == (0, 0, 0)


def receipt(about: str, webhook_id: str = "m", event: str = "job.completed") -> Receipt:
    return Receipt(path="/hook/0", webhook_id=webhook_id, event=event, about=about, at=after(4).timestamp())


@pytest.mark.parametrize(
    ("receipts", "problems"),
    [
        ([receipt("a"), receipt("a")], 0),
        ([], 1),
        ([receipt("a"), receipt("a", "other")], 1),
        ([receipt("a"), receipt("b", "other")], 1),
        ([receipt("a", event="job.failed")], 2),
    ],
    ids=["again", "never", "two ids", "undue", "another end"],
)
def test_each_event_comes_under_one_id(receipts: Any, problems: int) -> None:
    assert len(list(check_receipts(receipts, due={"a": "job.completed"}))) == problems


@pytest.mark.parametrize(
    ("status", "code", "allowed", "is_told"),
    [
        (200, "", Allowed(), False),
        (500, "error", Allowed(unavailable=True, no_answer=True), True),
        (503, "unavailable", Allowed(), True),
        (503, "unavailable", Allowed(unavailable=True), False),
        (503, "no JSON", Allowed(unavailable=True), True),
        (0, "ConnectionResetError", Allowed(), True),
        (0, "ConnectionResetError", Allowed(no_answer=True), False),
        (0, "TimeoutError", Allowed(no_answer=True), True),
        (409, "idempotency_key_in_flight", Allowed(), True),
        (409, "idempotency_key_in_flight", Allowed(in_flight=True), False),
    ],
)
def test_callers_are_answered_or_refused_as_they_are_told(
    status: int, code: str, allowed: Allowed, is_told: bool
) -> None:
    heard = Heard(asked="GET /", status=status, code=code, seconds=0.1, at=0.0)
    assert bool(list(check_answers([heard], allowed=allowed))) is is_told


def test_recovery_is_the_longest_that_a_job_stood_still() -> None:
    row = {"job_id": "a", "clinic_id": "c", "priority": "bulk"}
    events = [
        row | {"version": 1, "after": "pending", "at": NOW},
        row | {"version": 2, "after": "processing", "at": after(6)},
        row | {"version": 3, "after": "processing", "at": after(11)},
    ]
    blow = Blow(kind="kill", who="worker", at=after(8).timestamp(), cut=[{"id": "a", "version": 2}])
    paused = [Pause(clinic="c", queue="bulk", began=after(-1), ended=after(4))]
    found = find_recovery([blow], events=events, pauses=())
    assert found == {"cut off": [Standstill(seconds=3, blows=1)], "waiting": [Standstill(seconds=6, blows=0)]}
    assert find_recovery([], events=events, pauses=paused)["waiting"] == [Standstill(seconds=2, blows=0)]


@pytest.mark.parametrize(("seconds", "blows", "is_too_long"), [(12, 0, False), (14, 1, True), (14, 2, False)])
def test_each_blow_gives_as_much_time_again(seconds: float, blows: int, is_too_long: bool) -> None:
    assert Standstill(seconds=seconds, blows=blows).is_too_long is is_too_long


def test_a_webhook_is_as_late_as_it_first_came() -> None:
    messages = [{"webhook_id": "m", "created_at": NOW}, {"webhook_id": "never", "created_at": NOW}]
    assert find_lateness(messages, receipts=[receipt("a")], blows=()) == [Standstill(seconds=4, blows=0)]
    away = Blow(kind="stopped", who="postgres", at=after(1).timestamp(), until=after(3).timestamp())
    assert find_lateness(messages, receipts=[receipt("a")], blows=[away]) == [Standstill(seconds=1, blows=0)]
