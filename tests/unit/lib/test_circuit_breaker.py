"""The circuit breaker as a pure state machine: what holds in every life of it, and the rows of its specification."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennie.lib.circuit_breaker import Circuit, Step, Taken, count_calls, take
from tests.circuit_traces import POLICY, START_MS, TRACES, Moment, live


class Life:
    """One circuit, and a clock that is turned by hand."""

    def __init__(self) -> None:
        self.circuit = Circuit()
        self.now_ms = START_MS

    def take(self, verb: Any, *, after_ms: int = 0, **fields: Any) -> Taken:
        self.now_ms += after_ms
        step = Step(verb=verb, **{"era": self.circuit.era} | fields)
        taken = take(policy=POLICY, circuit=self.circuit, now_ms=self.now_ms, step=step)
        self.circuit = taken.circuit
        return taken

    def open(self) -> "Life":
        self.take("report", unhealthy=5)
        assert self.circuit.reason == "model_away"
        return self

    def probe(self, health: str) -> Taken:
        self.now_ms = max(self.now_ms, self.circuit.due_ms)
        assert self.take("admit", token="p").answer == "probe"
        return self.take("report", token="p", health=health)


# What holds always


@given(trace=TRACES)
def test_there_are_never_two_probes_under_lease(trace: list[Moment]) -> None:
    held_until: dict[str, int] = {}
    for now_ms, step, taken in live(trace):
        if taken.answer == "probe":
            others = [token for token, until in held_until.items() if until > now_ms and token != step.token]
            assert others == []
            held_until = {step.token: now_ms + POLICY.lease_ms}
        elif taken.circuit.probe == "":
            held_until = {}


@given(trace=TRACES)
def test_a_call_is_let_through_while_closed_and_else_only_as_the_probe(trace: list[Moment]) -> None:
    for now_ms, step, taken in live(trace):
        if step.verb != "admit":
            assert (taken.answer, taken.wait_ms) == ("", 0)
        elif taken.answer == "allowed":
            assert taken.circuit.reason == ""
        elif taken.answer == "refused":
            assert taken.circuit.reason != ""
            assert taken.wait_ms > 0
            assert now_ms < taken.circuit.due_ms or now_ms < taken.circuit.probe_until_ms
        else:
            assert now_ms >= taken.circuit.due_ms
            assert (taken.circuit.probe, taken.circuit.probe_until_ms) == (step.token, now_ms + POLICY.lease_ms)


@given(trace=TRACES)
def test_a_healthy_probe_always_closes_and_a_lost_one_only_delays(trace: list[Moment]) -> None:
    *_, (now_ms, _, last) = live(trace)
    circuit = last.circuit
    if not circuit.reason:
        return
    waited = 0
    while (taken := take(policy=POLICY, circuit=circuit, now_ms=now_ms, step=Step(verb="admit", token="new"))).wait_ms:
        now_ms += taken.wait_ms
        waited += taken.wait_ms
    assert taken.answer == "probe"
    assert waited <= max(circuit.most_cool_off_ms, POLICY.lease_ms)
    told = Step(verb="report", token="new", health="healthy")
    closed = take(policy=POLICY, circuit=taken.circuit, now_ms=now_ms, step=told).circuit
    assert closed == Circuit(since_ms=now_ms, era=circuit.era)


@given(trace=TRACES, waits=st.lists(st.integers(0, 11_000), min_size=5, max_size=5))
def test_it_opens_when_all_calls_fail_whatever_was_before(trace: list[Moment], waits: list[int]) -> None:
    """Five failed calls, at most 11 s apart; or, after many good ones, a row of two seconds."""
    *_, (now_ms, _, last) = live(trace)
    circuit = last.circuit
    for wait_ms in [*waits, POLICY.row_ms]:
        now_ms += wait_ms
        failed = Step(verb="report", era=circuit.era, unhealthy=1)
        circuit = take(policy=POLICY, circuit=circuit, now_ms=now_ms, step=failed).circuit
    assert circuit.reason != ""


@given(trace=TRACES)
def test_good_calls_alone_never_open_it_and_its_state_stays_small(trace: list[Moment]) -> None:
    before = Circuit()
    for now_ms, step, taken in live(trace):
        circuit = taken.circuit
        assert len(circuit.slots) <= POLICY.slots
        assert taken.before == before.reason
        if circuit.reason and not before.reason:
            assert step.unhealthy or step.verb == "suspend"
            assert (circuit.era, circuit.since_ms) == (now_ms, now_ms)
        if before.reason and not circuit.reason:
            assert step.verb == "reset" or step.health == "healthy"
        assert circuit.cool_off_ms <= max(circuit.most_cool_off_ms, 0)
        before = circuit


@given(trace=TRACES)
def test_reading_changes_nothing(trace: list[Moment]) -> None:
    *_, (now_ms, _, last) = live(trace)
    assert take(policy=POLICY, circuit=last.circuit, now_ms=now_ms, step=Step(verb="read")).circuit == last.circuit


# The rows of the specification


@pytest.mark.parametrize(
    ("healthy", "unhealthy", "opens"),
    [(0, 4, False), (0, 5, True), (5, 5, True), (6, 5, False), (100, 99, False), (100, 100, True)],
)
def test_it_opens_at_five_failures_that_are_half_of_the_calls(healthy: int, unhealthy: int, opens: bool) -> None:
    life = Life()
    life.take("report", healthy=healthy, unhealthy=unhealthy)
    assert bool(life.circuit.reason) is opens


def test_failures_older_than_a_minute_do_not_count_by_share() -> None:
    life = Life()
    life.take("report", unhealthy=4)
    life.take("report", after_ms=60_000, healthy=1)
    assert count_calls(policy=POLICY, circuit=life.circuit, now_ms=life.now_ms) == (1, 0)
    life.take("report", unhealthy=4)
    assert life.circuit.reason == ""


def test_five_in_a_row_open_it_after_two_seconds_however_many_were_good_before() -> None:
    life = Life()
    life.take("report", healthy=1000)
    for _ in range(9):
        life.take("report", unhealthy=1, after_ms=222)
    assert life.circuit.reason == ""  # good calls of other processes may not have been told yet
    life.take("report", unhealthy=1, after_ms=224)
    assert life.circuit.reason == "model_away"


def test_a_good_call_ends_the_row() -> None:
    life = Life()
    life.take("report", healthy=1000)
    for _ in range(20):
        life.take("report", unhealthy=4, after_ms=1_000)
        life.take("report", healthy=1, after_ms=1_000)
    assert life.circuit.reason == ""


def test_the_cool_off_doubles_to_five_minutes_and_begins_anew_after_success() -> None:
    life = Life().open()
    pauses = [life.circuit.cool_off_ms]
    for _ in range(6):
        life.probe("unhealthy")
        pauses.append(life.circuit.cool_off_ms)
        assert life.circuit.due_ms == life.now_ms + life.circuit.cool_off_ms
    assert pauses == [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]
    life.probe("healthy")
    assert life.open().circuit.cool_off_ms == 10_000


def test_others_wait_for_the_probe_but_not_for_one_that_died() -> None:
    life = Life().open()
    assert life.take("admit", token="a").wait_ms == 10_000
    assert life.take("admit", token="a", after_ms=10_000).answer == "probe"
    assert life.take("admit", token="a").answer == "probe"  # the same request, sent twice
    assert life.take("admit", token="b").wait_ms == POLICY.look_ms
    assert life.take("admit", token="b", after_ms=POLICY.lease_ms - 1).wait_ms == 1
    assert life.take("admit", token="b", after_ms=1).answer == "probe"
    life.take("report", token="a", health="healthy")  # it was not dead, but slow: no longer its word
    assert life.circuit.probe == "b"


def test_a_probe_that_tells_nothing_makes_room_for_the_next_at_once() -> None:
    life = Life().open()
    life.probe("nothing")
    assert life.circuit.cool_off_ms == 10_000
    assert life.take("admit", token="b").answer == "probe"


def test_calls_of_before_it_opened_neither_close_nor_reopen_it() -> None:
    life = Life().open()
    life.take("report", era=0, healthy=100)
    assert life.circuit.reason == "model_away"
    life.probe("healthy")
    life.take("report", era=0, unhealthy=50, after_ms=3_000)
    assert life.circuit == Circuit(since_ms=life.circuit.since_ms, era=life.circuit.era)


def test_an_account_without_money_waits_longer_and_longer_up_to_an_hour() -> None:
    life = Life()
    pauses = []
    for _ in range(6):
        for _ in range(16):  # all calls in flight say so
            life.take("suspend", reason="no_credit", for_ms=300_000)
        pauses.append(life.circuit.cool_off_ms)
        life.now_ms = life.circuit.due_ms
        assert life.take("admit", token="p").answer == "probe"
        life.take("report", token="p", health="nothing")
    assert pauses == [300_000, 600_000, 1_200_000, 2_400_000, 3_600_000, 3_600_000]
    life.probe("healthy")
    assert life.circuit.reason == ""


def test_it_does_not_matter_whether_the_probe_is_reported_before_or_after_it_suspends() -> None:
    lives = [Life(), Life()]
    suspend: dict[str, Any] = {"reason": "no_credit", "for_ms": 300_000}
    for life in lives:
        life.take("suspend", **suspend)
        life.take("admit", token="p", after_ms=300_000)
    lives[0].take("suspend", **suspend)
    lives[0].take("report", token="p", health="nothing")
    lives[1].take("report", token="p", health="nothing")
    lives[1].take("suspend", **suspend)
    assert lives[0].circuit == lives[1].circuit
    assert lives[0].circuit.cool_off_ms == 600_000


def test_no_money_is_the_stronger_reason() -> None:
    life = Life().open()
    life.take("suspend", reason="no_credit", for_ms=300_000, after_ms=1_000)
    assert (life.circuit.reason, life.circuit.due_ms) == ("no_credit", life.now_ms + 300_000)


def test_a_person_closes_it_at_once() -> None:
    life = Life().open()
    life.take("reset", after_ms=1_000)
    assert life.take("admit", token="a").answer == "allowed"
