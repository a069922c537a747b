"""The limit that processes share through Redis, on a real one; and what each does while Redis is away."""

import logging
import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from jobs.llm.client import ToldLimits, Usage
from jobs.llm.limit_script import LimitScript
from jobs.llm.limiter import Flow, LocalLimiter, Reservation, SharedLimiter, Wait, hash_account, share_limiter
from pennie.lib.windowed_limit import START_REQUESTS, Granted, Told, WindowedLimit
from pennie.stack.ports import find_free_port
from tests.limit_rig import Bucket, Worker, simulate, worst_minute
from tests.limit_traces import Step, limits_told, play, traces

FLOW = Flow(clinic="clinic", priority="normal")
TOLD = ToldLimits(requests_per_minute=600, tokens_per_minute=60_000)
NOTHING = Usage(input_tokens=0, output_tokens=0)


@pytest.fixture(scope="module")
def connection() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True, max_connections=100) as made:
        yield made


def make_script(connection: redis.Redis, *, key: str = "", member: str = "", **most: int) -> LimitScript:
    return LimitScript(connection=connection, key=key or f"test:{uuid4().hex}", member=member, **most)


def reserve(limiter: SharedLimiter | LocalLimiter, *, waiter: str = "one", tokens: int = 10) -> Reservation | Wait:
    return limiter.reserve(waiter=waiter, flow=FLOW, characters=0, output_tokens=tokens)


def take(limiter: SharedLimiter | LocalLimiter, *, tokens: int = 10) -> Reservation:
    said = reserve(limiter, tokens=tokens)
    assert isinstance(said, Reservation)
    return said


# The script is the state machine


@given(told=st.one_of(st.none(), limits_told), steps=traces, most=st.sampled_from([0, 10, 1_000]))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_script_says_to_the_last_bit_what_the_state_machine_says(
    connection: redis.Redis, told: tuple[Told, Told] | None, steps: list[Step], most: int
) -> None:
    """And `play` holds that it never goes over the limit."""
    script = make_script(connection, most_requests=most, most_tokens=most * 10)
    by_script = play(limit=script, steps=steps, told=told)
    by_machine = play(limit=WindowedLimit(most_requests=most, most_tokens=most * 10), steps=steps, told=told)
    assert by_script.said == by_machine.said
    assert by_script.states == by_machine.states


@pytest.mark.parametrize("refunds", [False, True])
def test_a_simulated_three_minutes_are_the_same_and_refused_nothing(connection: redis.Redis, refunds: bool) -> None:
    workers = [Worker(output_tokens=1_500), Worker(flow="a:urgent", weight=8), Worker(flow="b:bulk", weight=1)]
    runs = [
        simulate(
            limit=limit,
            workers=workers,
            seconds=180,
            provider=Bucket(requests=600, tokens=200_000, refunds=refunds),
            start=1_700_000_000.0,
        )
        for limit in (make_script(connection), WindowedLimit())
    ]
    assert runs[0] == runs[1]
    assert runs[0].refused == 0
    assert len(runs[0].calls) > 200


def test_the_script_is_loaded_again_when_redis_has_forgotten_it(connection: redis.Redis) -> None:
    script = make_script(connection)
    script.describe()
    connection.script_flush()
    said = script.reserve(waiter="one", flow="f", weight=4, characters=10, output_tokens=10)
    assert isinstance(said, Granted)


def test_nothing_is_kept_for_ever(connection: redis.Redis) -> None:
    key = f"test:{uuid4().hex}"
    script = make_script(connection, key=key, member="one", most_requests=1)
    script.reserve(waiter="one", flow="f", weight=4, characters=10, output_tokens=10)
    script.reserve(waiter="two", flow="f", weight=4, characters=10, output_tokens=10)
    keys = list(connection.scan_iter(f"{{{key}}}:*"))
    assert len(keys) == 5
    assert all(0 < connection.ttl(each) <= 3600 for each in keys)


def test_the_clock_is_that_of_redis(connection: redis.Redis) -> None:
    said = make_script(connection).reserve(waiter="one", flow="f", weight=4, characters=10, output_tokens=10)
    assert isinstance(said, Granted)
    assert said.slot == pytest.approx(connection.time()[0] / 0.25, abs=8)


def test_each_process_knows_how_many_share_the_limit(connection: redis.Redis) -> None:
    key = f"test:{uuid4().hex}"
    scripts = [make_script(connection, key=key, member=f"process-{number}") for number in range(3)]
    for script in scripts:
        script.pause(seconds=0.0, now=1_000.0)
    assert [script.known.members for script in scripts] == [1, 2, 3]
    scripts[0].pause(seconds=0.0, now=1_032.0)
    assert scripts[0].known.members == 1, "the others have not been heard of for half a minute"
    make_script(connection, key=key, member="onlooker").describe(now=1_033.0)
    scripts[0].describe(now=1_034.0)
    assert scripts[0].known.members == 1, "who only looks has no share"


# Many threads


def test_eight_threads_never_go_over_the_limit(connection: redis.Redis) -> None:
    limiter = SharedLimiter(script=make_script(connection))
    limiter.settle(reservation=take(limiter), usage=NOTHING, told=TOLD)  # 1000 a second, 5000 at once
    begun, until = time.monotonic(), time.monotonic() + 4.0
    granted: list[tuple[float, int]] = []
    failed: list[BaseException] = []

    def hammer(number: int) -> None:
        try:
            while time.monotonic() < until:
                said = limiter.reserve(waiter=f"w{number}", flow=FLOW, characters=0, output_tokens=100)
                if isinstance(said, Wait):
                    time.sleep(min(said.seconds, 0.05))
                    continue
                granted.append((time.monotonic() - begun, said.tokens))
                limiter.settle(reservation=said, usage=Usage(input_tokens=0, output_tokens=100), told=TOLD)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failed == []
    granted.sort()
    spent = sum(tokens for _, tokens in granted)
    elapsed = granted[-1][0]
    assert spent <= 5_000 + 1_000 * (elapsed + 0.5)
    assert spent >= 0.9 * (5_000 + 1_000 * 3.5)
    assert worst_minute(granted, seconds=1.0) <= 5_000 + 1_100
    assert not limiter.describe().is_local


# Redis away


class Outage:
    """A shared limiter whose Redis can go away and come back, and a clock that tests move."""

    def __init__(self, connection: redis.Redis, *, members: int) -> None:
        self.now = 1_000.0
        self._connection = connection
        key = f"test:{uuid4().hex}"
        for number in range(members - 1):
            make_script(connection, key=key, member=f"other-{number}").pause(seconds=0.0)
        self.script = make_script(connection, key=key, member="this")
        self.script.pause(seconds=0.0)
        self.limiter = SharedLimiter(script=self.script, clock=lambda: self.now)

    def begin(self) -> None:
        address = f"redis://127.0.0.1:{find_free_port()}/0"
        self.script._connection = redis.Redis.from_url(address, decode_responses=True, retry=None)

    def end(self, *, after: float = 6.0) -> None:
        self.script._connection = self._connection
        self.now += after


def test_while_redis_is_away_a_process_keeps_to_its_share(
    connection: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage(connection, members=3)
    outage.limiter.settle(reservation=take(outage.limiter), usage=NOTHING, told=TOLD)
    outage.begin()
    caplog.set_level(logging.WARNING)
    calls = 0
    for _ in range(600):
        outage.now += 0.1
        calls += isinstance(reserve(outage.limiter), Reservation)
    state = outage.limiter.describe()
    assert (state.is_local, state.requests_per_minute, state.tokens_per_minute) == (True, 200, 20_000)
    assert 190 <= calls <= 200, "a third of 600 a minute"
    assert len(caplog.records) == 1, "said once, however often Redis was tried"
    assert "its share of the model's limit, 200 requests" in caplog.text


def test_when_redis_is_there_again_what_was_let_in_counts(
    connection: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage(connection, members=1)
    outage.limiter.settle(reservation=take(outage.limiter), usage=NOTHING, told=TOLD)
    outage.begin()
    held = reserve(outage.limiter)
    assert isinstance(held, Wait), "no burst: what the others used a moment ago is not known"
    outage.now += 4.0
    local = [take(outage.limiter) for _ in range(30)]
    assert all(each.is_local for each in local)
    outage.end()
    caplog.clear()
    state = outage.limiter.describe()
    assert (state.is_local, state.used_requests) == (False, 31)
    assert [record.getMessage() for record in caplog.records] == [
        "Redis is there again: the model's limit is shared by all processes."
    ]
    outage.limiter.settle(reservation=local[0], usage=NOTHING, told=TOLD)
    outage.limiter.withdraw(waiter="one", reservation=local[1])
    assert outage.limiter.describe().used_requests == 31


def test_redis_is_not_tried_at_each_call(connection: redis.Redis) -> None:
    outage = Outage(connection, members=1)
    outage.limiter.describe()
    outage.begin()
    assert outage.limiter.describe().is_local
    outage.end(after=0.0)
    assert outage.limiter.describe().is_local, "it is quiet for some seconds"
    outage.now += 6.0
    assert not outage.limiter.describe().is_local


def test_a_pause_outlives_the_coming_and_going_of_redis(connection: redis.Redis) -> None:
    outage = Outage(connection, members=1)
    outage.limiter.pause(seconds=50)
    outage.begin()
    held = reserve(outage.limiter)
    assert isinstance(held, Wait)
    assert held.reason == "paused"
    assert held.seconds == pytest.approx(50.0)
    outage.limiter.pause(seconds=70)
    outage.end(after=10.0)
    held = reserve(outage.limiter)
    assert isinstance(held, Wait)
    assert held.reason == "paused"
    assert held.seconds == pytest.approx(60.0, abs=1.0)


def test_limits_told_while_redis_is_away_are_divided_too(connection: redis.Redis) -> None:
    outage = Outage(connection, members=4)
    outage.limiter.describe()
    reserved = take(outage.limiter)
    outage.begin()
    assert outage.limiter.describe().requests_per_minute == START_REQUESTS // 4
    outage.limiter.settle(reservation=reserved, usage=NOTHING, told=TOLD)
    state = outage.limiter.describe()
    assert (state.requests_per_minute, state.tokens_per_minute) == (150, 15_000)


def test_a_limiter_that_never_had_redis_is_careful(settings: object, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{find_free_port()}/0"  # type: ignore[attr-defined]
    limiter = share_limiter(account="none", model="model")
    state = limiter.describe()
    assert (state.is_local, state.requests_per_minute) == (True, START_REQUESTS // 4)
    limiter.withdraw(waiter="one")
    assert len(caplog.records) == 1


# One for each account and model


def test_processes_of_one_account_and_model_share_one_limit(connection: redis.Redis) -> None:
    account = hash_account(base_url="https://api.example/v1", api_key=f"sk-{uuid4().hex}")
    one = share_limiter(account=account, model="m")
    assert one is share_limiter(account=account, model="m")
    other = share_limiter(account=account, model="another")
    said = one.reserve(waiter="w", flow=FLOW, characters=0, output_tokens=5)
    assert isinstance(said, Reservation)
    assert (one.describe().used_requests, other.describe().used_requests) == (1, 0)
    one.pause(seconds=0.2)
    assert isinstance(one.reserve(waiter="w", flow=FLOW, characters=0, output_tokens=5), Wait)
    assert one.describe().paused_until is not None
    assert other.describe().paused_until is None
    one.withdraw(waiter="w", reservation=said)
    assert one.describe().used_requests == 0


def test_without_an_address_the_limit_is_that_of_the_process(settings: object) -> None:
    settings.REDIS_URL = ""  # type: ignore[attr-defined]
    settings.OPENAI_REQUESTS_PER_MINUTE = 60  # type: ignore[attr-defined]
    state = share_limiter(account="a", model="m").describe()
    assert (state.is_local, state.requests_per_minute, state.processes) == (True, 60, 1)


def test_neither_key_nor_address_are_told() -> None:
    hashed = hash_account(base_url="https://api.example/v1", api_key="sk-secret-secret")
    assert len(hashed) == 20
    assert hashed == hash_account(base_url="https://api.example/v1/", api_key="sk-secret-secret")
    assert hashed != hash_account(base_url="https://api.example/v1", api_key="sk-other")
    assert "secret" not in hashed
