"""The circuit breaker on a real Redis: the pure machine's twin, shared by processes, and alone without Redis."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import redis
from hypothesis import given
from hypothesis import settings as given_settings

from jobs.llm.breaker import Allowed, BreakerState, ProcessBreaker, Refused, SharedCircuit, share_breaker
from jobs.progress import progress_redis
from pennie.lib.circuit_breaker import Policy, Step
from tests.circuit_traces import KNOWN_LIVES, POLICY, START_MS, TRACES, Moment, live

# Short pauses: what is waited for here is Redis' own clock.
QUICK = Policy(trip_reason="model_away", cool_off_ms=150, lease_ms=400)


@given(trace=TRACES)
@given_settings(max_examples=300)
def test_redis_takes_every_step_as_the_pure_machine_does(trace: list[Moment]) -> None:
    compare_with_redis(trace)


@pytest.mark.parametrize("name", KNOWN_LIVES)
def test_redis_passes_the_known_edges_as_the_pure_machine_does(name: str) -> None:
    compare_with_redis(KNOWN_LIVES[name])


def compare_with_redis(trace: list[Moment]) -> None:
    key = f"breaker-test:{uuid4().hex}"
    shared = SharedCircuit(client=progress_redis(), key=key, policy=POLICY)
    try:
        for now_ms, step, taken in live(trace):
            assert shared.take(step=step, now_ms=now_ms) == (taken, now_ms)
    finally:
        progress_redis().delete(key)


class Clock:
    """Turned by hand, so that a view grows old when a test wants it to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Processes:
    """Several processes' parts of one breaker."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.clock = Clock()

    def make(self, *, policy: Policy = QUICK, client: redis.Redis | None = None, clock: Any = None) -> ProcessBreaker:
        shared = SharedCircuit(client=client or progress_redis(), key=self.key, policy=policy)
        return ProcessBreaker(shared=shared, policy=policy, model="gpt-6-luna", clock=clock or self.clock)

    def look_again(self) -> None:
        self.clock.seconds += 1.0


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes(f"breaker-test:{uuid4().hex}")
    yield made
    progress_redis().delete(made.key)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """The steps that go to Redis."""
    sent: list[Step] = []
    take = SharedCircuit.take

    def noted(self: SharedCircuit, *, step: Step, now_ms: int | None = None) -> Any:
        sent.append(step)
        return take(self, step=step, now_ms=now_ms)

    monkeypatch.setattr(SharedCircuit, "take", noted)
    return sent


def fail(breaker: ProcessBreaker, *, times: int = 5) -> None:
    for _ in range(times):
        allowed = breaker.allow()
        assert isinstance(allowed, Allowed)
        breaker.report(allowed=allowed, healthy=False)


def wait_for(condition: Callable[[], bool], *, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.005)


def wait_for_probe(breaker: ProcessBreaker) -> Allowed:
    got: list[Allowed] = []

    def is_probe() -> bool:
        answer = breaker.allow()
        if isinstance(answer, Allowed):
            got.append(answer)
        return bool(got)

    wait_for(is_probe)
    return got[0]


def test_one_process_opens_it_for_all_and_its_probe_closes_it_for_all(processes: Processes) -> None:
    one, other = processes.make(), processes.make()
    assert other.allow() == Allowed(era=0)
    fail(one)
    refused = one.allow()
    assert isinstance(refused, Refused)
    assert (refused.reason, 0 < refused.seconds <= 0.15) == ("model_away", True)
    processes.look_again()
    assert isinstance(other.allow(), Refused) or other.describe().state == "half_open"
    patient = processes.make(clock=time.monotonic)
    probe = wait_for_probe(patient)
    assert probe.probe is not None
    patient.report(allowed=probe, healthy=True)
    processes.look_again()
    for breaker in (one, other):
        allowed = breaker.allow()
        assert isinstance(allowed, Allowed)
        assert allowed.probe is None


def test_of_many_threads_and_processes_that_race_exactly_one_gets_the_probe(processes: Processes) -> None:
    policy = replace(QUICK, lease_ms=60_000)
    breakers = [processes.make(policy=policy, clock=time.monotonic) for _ in range(8)]
    fail(breakers[0])
    for healthy in (False, None, True):
        wait_for(lambda: breakers[0].describe().state == "half_open")
        start = threading.Barrier(32)

        def ask(breaker: ProcessBreaker, start: threading.Barrier = start) -> Allowed | Refused:
            start.wait(timeout=10)
            return breaker.allow()

        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(ask, breakers * 4))
        probes = [each for each in answers if isinstance(each, Allowed)]
        assert len(probes) == 1
        breakers[3].report(allowed=probes[0], healthy=healthy)  # whichever thread of whichever process tells it
    assert breakers[5].describe().state == "closed"


def test_a_probe_whose_process_died_is_followed_by_another(processes: Processes) -> None:
    one, other = (processes.make(clock=time.monotonic) for _ in range(2))
    fail(one)
    lost = wait_for_probe(one)
    found = wait_for_probe(other)
    assert lost.probe != found.probe
    one.report(allowed=lost, healthy=True)
    assert other.describe().state == "half_open"
    other.report(allowed=found, healthy=True)
    assert one.describe().state == "closed"


def test_while_it_is_closed_good_calls_cost_one_step_a_second(processes: Processes, commands: list[Step]) -> None:
    breaker = processes.make()
    for _ in range(3):
        for _ in range(200):
            allowed = breaker.allow()
            assert isinstance(allowed, Allowed)
            breaker.report(allowed=allowed, healthy=True)
        processes.look_again()
    breaker.allow()
    assert [step.healthy for step in commands] == [0, 200, 200, 200]


def test_while_it_is_open_those_who_ask_cost_one_step_a_second_too(processes: Processes, commands: list[Step]) -> None:
    breaker = processes.make(policy=POLICY)
    fail(breaker)
    del commands[:]
    for _ in range(100):
        assert isinstance(breaker.allow(), Refused)
    assert commands == []
    processes.look_again()
    for _ in range(100):
        breaker.allow()
    assert len(commands) == 1


def test_good_calls_not_yet_told_count_before_the_failed_one(processes: Processes) -> None:
    breaker = processes.make()
    allowed = breaker.allow()
    assert isinstance(allowed, Allowed)
    for _ in range(6):
        breaker.report(allowed=allowed, healthy=True)
    fail(breaker)
    assert breaker.describe().state == "closed"
    assert breaker.describe().failures == 5
    fail(breaker, times=1)
    assert breaker.describe().state != "closed"


def test_a_call_that_tells_nothing_counts_for_nothing(processes: Processes) -> None:
    breaker = processes.make()
    for _ in range(20):
        allowed = breaker.allow()
        assert isinstance(allowed, Allowed)
        breaker.report(allowed=allowed, healthy=None)
    assert breaker.describe().failures == 0


def test_calls_in_flight_when_it_opened_do_not_open_it_again(processes: Processes) -> None:
    breaker = processes.make(clock=time.monotonic)
    in_flight = breaker.allow()
    assert isinstance(in_flight, Allowed)
    fail(breaker)
    breaker.report(allowed=wait_for_probe(breaker), healthy=True)
    for _ in range(20):
        breaker.report(allowed=in_flight, healthy=False)
    assert breaker.describe().state == "closed"


def test_an_account_without_money(processes: Processes) -> None:
    before = datetime.now(tz=UTC)
    breaker = processes.make()
    breaker.suspend(reason="no_credit", seconds=300)
    state = processes.make().describe()
    assert (state.state, state.reason, state.failures, state.is_local) == ("open", "no_credit", 0, False)
    assert state.next_probe_seconds == pytest.approx(300, abs=5)
    assert state.since is not None
    assert abs((state.since - before).total_seconds()) < 5
    refused = breaker.allow()
    assert isinstance(refused, Refused)
    assert refused.reason == "no_credit"


def test_a_person_closes_it(processes: Processes) -> None:
    breaker = processes.make()
    breaker.suspend(reason="no_credit", seconds=300)
    assert processes.make().close().state == "closed"
    assert isinstance(breaker.allow(), Refused)  # for a second at the most
    processes.look_again()
    assert isinstance(breaker.allow(), Allowed)


def test_it_says_each_change_once_and_nothing_else(processes: Processes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="jobs.llm.breaker")
    breakers = [processes.make(policy=QUICK, clock=time.monotonic) for _ in range(4)]
    fail(breakers[0])
    for breaker in breakers:
        breaker.describe()
    breakers[1].report(allowed=wait_for_probe(breakers[1]), healthy=False)
    breakers[2].report(allowed=wait_for_probe(breakers[2]), healthy=True)
    for breaker in breakers:
        breaker.describe()
    breakers[3].suspend(reason="no_credit")
    breakers[3].suspend(reason="no_credit")
    assert [(record.levelname, record.getMessage().partition(":")[0]) for record in caplog.records] == [
        ("WARNING", "The model gpt-6-luna is away"),
        ("INFO", "The model gpt-6-luna is still away"),
        ("INFO", "The model gpt-6-luna is asked again"),
        ("ERROR", "The account of the model gpt-6-luna has no credit left"),
    ]


class Cable:
    """A client of Redis that can be cut off."""

    def __init__(self) -> None:
        self.is_cut = False
        self.tries = 0

    def register_script(self, script: str) -> Any:
        real = progress_redis().register_script(script)

        def run(**said: Any) -> Any:
            if self.is_cut:
                self.tries += 1
                raise redis.ConnectionError
            return real(**said)

        return run


def test_without_redis_each_process_decides_alone_and_says_so_once(
    processes: Processes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="jobs.llm.breaker")
    cable: Any = Cable()
    one, other = processes.make(policy=POLICY, client=cable), processes.make(policy=POLICY, client=cable)
    one.allow()
    other.allow()
    cable.is_cut = True
    fail(one)
    assert cable.tries == 1  # it is not waited for at each call
    assert isinstance(one.allow(), Refused)
    assert isinstance(other.allow(), Allowed)
    assert one.describe().is_local
    processes.clock.seconds += 10  # the cool-off by our own clock
    probe = one.allow()
    assert isinstance(probe, Allowed)
    assert probe.probe is not None
    assert isinstance(one.allow(), Refused)
    one.report(allowed=probe, healthy=True)
    assert one.describe().state == "closed"
    cable.is_cut = False
    processes.clock.seconds += 5
    assert not one.describe().is_local
    told = [record.getMessage().partition(" (")[0] for record in caplog.records if "Redis" in record.getMessage()]
    assert told == ["Redis is away", "Redis is back: the circuit breaker to the model is shared again."]


def test_one_that_was_open_when_redis_went_away_stays_open(processes: Processes) -> None:
    cable: Any = Cable()
    breaker = processes.make(policy=POLICY, client=cable)
    breaker.suspend(reason="no_credit", seconds=300)
    cable.is_cut = True
    processes.clock.seconds += 20
    refused = breaker.allow()
    assert isinstance(refused, Refused)
    assert refused.seconds == pytest.approx(280, abs=1)


def test_an_emptied_redis_closes_it_and_it_opens_anew(processes: Processes) -> None:
    breaker = processes.make(policy=POLICY)
    fail(breaker)
    progress_redis().delete(processes.key)
    processes.look_again()
    assert isinstance(breaker.allow(), Allowed)
    fail(breaker)
    assert isinstance(breaker.allow(), Refused)


def test_a_circuit_that_another_release_wrote_is_read(processes: Processes) -> None:
    progress_redis().set(processes.key, '{"reason": "model_away", "due_ms": 1, "of_tomorrow": 7}')
    allowed = processes.make().allow()
    assert isinstance(allowed, Allowed)
    assert allowed.probe is not None


def test_one_per_process_account_and_model(settings: Any) -> None:
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"
    one = share_breaker(account="aaaa", model="gpt-6-luna")
    assert share_breaker(account="aaaa", model="gpt-6-luna") is one
    one.suspend(reason="no_credit", seconds=60)
    for account, model in (("bbbb", "gpt-6-luna"), ("aaaa", "gpt-5-mini")):
        assert share_breaker(account=account, model=model).describe().state == "closed"
    key = f"{settings.REDIS_PREFIX}:breaker:aaaa:gpt-6-luna"
    assert progress_redis().keys(f"{settings.REDIS_PREFIX}:*") == [key]
    assert 0 < progress_redis().ttl(key) <= 24 * 3600
    progress_redis().delete(key)


def test_without_an_address_of_redis_the_process_is_alone_and_that_is_no_warning(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = ""
    breaker = share_breaker(account="cccc", model="gpt-6-luna")
    assert breaker.describe() == BreakerState(
        state="closed", reason=None, since=None, next_probe_seconds=None, failures=0, is_local=True
    )
    assert caplog.records == []


def test_the_times_of_the_traces_are_as_exact_in_lua() -> None:
    """JSON in Lua writes 14 digits."""
    assert len(str(START_MS)) < 14
