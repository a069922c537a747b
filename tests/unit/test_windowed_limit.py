"""The limit of requests and tokens as a state machine: never over it, nearly all of it, fair."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennie.lib.limit_levels import BURST_SECONDS
from pennie.lib.windowed_limit import (
    LIFE_SECONDS,
    MOST_POLL_SECONDS,
    START_REQUESTS,
    START_TOKENS,
    Granted,
    Held,
    Told,
    Used,
    WindowedLimit,
)
from tests.limit_rig import Bucket, Worker, seconds_of, simulate, worst_minute
from tests.limit_traces import BEGIN, Step, limits_told, play, traces

SMALL = Worker(characters=1_000, output_tokens=100, used_output=50)


def told(*, requests: int | None = None, tokens: int | None = None) -> tuple[Told, Told]:
    return Told(limit=requests), Told(limit=tokens)


def limit_of(*, requests: int = 0, tokens: int = 0, now: float = BEGIN) -> WindowedLimit:
    """One that was told so; 0: none."""
    limit = WindowedLimit()
    limit.learn(now=now, told=told(requests=requests or None, tokens=tokens or None))
    return limit


def reserve(
    limit: WindowedLimit,
    *,
    now: float = BEGIN,
    waiter: str = "one",
    flow: str = "clinic:normal",
    weight: int = 4,
    characters: int = 0,
    tokens: int = 0,
) -> Granted | Held:
    return limit.reserve(now=now, waiter=waiter, flow=flow, weight=weight, characters=characters, output_tokens=tokens)


def take(limit: WindowedLimit, *, now: float = BEGIN, tokens: int = 0, characters: int = 0) -> Granted:
    said = reserve(limit, now=now, tokens=tokens, characters=characters)
    assert isinstance(said, Granted)
    return said


def hold(limit: WindowedLimit, *, now: float = BEGIN, waiter: str = "one", tokens: int = 0, flow: str = "f") -> Held:
    said = reserve(limit, now=now, waiter=waiter, tokens=tokens, flow=flow)
    assert isinstance(said, Held)
    return said


# Never over


@given(told=st.one_of(st.none(), limits_told), steps=traces)
def test_no_minute_has_more_than_the_limit(told: tuple[Told, Told] | None, steps: list[Step]) -> None:
    play(limit=WindowedLimit(), steps=steps, told=told)


@given(
    requests=st.integers(1, 400),
    tokens=st.integers(500, 50_000),
    workers=st.lists(
        st.builds(
            Worker,
            flow=st.sampled_from(["a:urgent", "b:normal", "c:bulk"]),
            weight=st.sampled_from([8, 4, 1]),
            characters=st.integers(10, 4_000),
            output_tokens=st.integers(1, 300),
            used_output=st.just(1),
            places=st.integers(1, 20),
        ),
        min_size=1,
        max_size=6,
    ),
    latency=st.floats(0.1, 30.0),
    refunds=st.booleans(),
    seed=st.integers(0, 1_000),
)
def test_a_provider_that_enforces_its_limit_refuses_nothing(
    requests: int, tokens: int, workers: list[Worker], latency: float, refunds: bool, seed: int
) -> None:
    """Calls reach it up to half a second late, in any order; the first come before it has told its limits."""
    limit = limit_of(requests=requests, tokens=tokens, now=1_000.0)
    provider = Bucket(requests=requests, tokens=tokens, refunds=refunds)
    run = simulate(limit=limit, workers=workers, seconds=150, provider=provider, latency=latency, seed=seed)
    largest = max(tokens_ for _, _, tokens_ in run.calls)
    assert run.refused == 0 or largest > tokens
    assert worst_minute([(at, 1) for at, _, _ in run.calls]) <= requests


def test_a_burst_is_capped_and_a_minutes_allowance_not_fired_at_once() -> None:
    run = simulate(
        limit=limit_of(requests=600, tokens=0, now=1_000.0),
        workers=[SMALL] * 16,
        seconds=20,
        provider=Bucket(requests=600, tokens=10**9),
    )
    assert run.count(until=0.5) <= 600 * (BURST_SECONDS + 0.5) / 60
    assert max(list(seconds_of(run))[1:]) <= 11


# Nearly all of it


@pytest.mark.parametrize("binding", ["requests", "tokens"])
@pytest.mark.parametrize("kind", ["bucket", "minutes"])
def test_nearly_all_of_the_limit_is_used(binding: str, kind: str) -> None:
    provider = Bucket(
        requests=600 if binding == "requests" else 6_000,
        tokens=600_000 if binding == "tokens" else 10**8,
        kind=kind,  # type: ignore[arg-type]
    )
    run = simulate(limit=WindowedLimit(), workers=[Worker()] * 16, seconds=62 + 6 * 60.75, provider=provider)
    used = run.count(since=62) / 600 if binding == "requests" else run.tokens(since=62) / 600_000
    assert used / (6 * 60.75 / 60) >= 0.97
    assert run.refused == 0


def test_what_others_use_of_the_account_is_respected() -> None:
    """They take half of it, unannounced. Charged without a refusal: what is left goes to us."""
    provider = Bucket(requests=6_000, tokens=600_000)
    run = simulate(
        limit=WindowedLimit(), workers=[Worker()] * 16, seconds=420, provider=provider, others=lambda now: 5_000
    )
    assert run.refused <= 5
    assert run.tokens(since=240, until=420) / (3 * 600_000) >= 0.4


# One call


def test_a_call_larger_than_the_burst_gets_through_and_the_next_waits_for_it() -> None:
    limit = limit_of(tokens=6_000)  # 100 a second, 500 at once
    take(limit, tokens=2_000)
    assert hold(limit, tokens=1).seconds == pytest.approx(2.0), "told to come again before its place is lost"
    later = BEGIN + 15.0
    assert hold(limit, now=later, tokens=1).seconds == pytest.approx(0.01, abs=0.001)
    take(limit, now=later + 0.011, tokens=1)


def test_a_call_larger_than_the_limit_goes_alone() -> None:
    limit = limit_of(tokens=6_000)
    take(limit, tokens=100)
    now, held = BEGIN, reserve(limit, tokens=9_000)
    while isinstance(held, Held):
        now += held.seconds
        held = reserve(limit, now=now, tokens=9_000)
    assert 60.5 <= now - BEGIN <= 61
    for later in (1.0, 30.0, 60.0):
        assert hold(limit, now=now + later, waiter="other", tokens=1, flow="other").seconds > 0


def test_before_a_reply_has_told_limits_are_assumed() -> None:
    state = WindowedLimit().describe(now=BEGIN)
    assert (state.requests_limit, state.tokens_limit) == (START_REQUESTS, START_TOKENS)


@pytest.mark.parametrize("said", [None, 0, -1])
def test_a_reply_that_tells_no_limit_means_none(said: int | None) -> None:
    limit = limit_of()
    granted = take(limit, tokens=1)
    limit.settle(
        now=BEGIN, granted=granted, used=Used(input_tokens=0, output_tokens=1), told=told(requests=said, tokens=said)
    )
    assert all(isinstance(reserve(limit, tokens=10**6), Granted) for _ in range(1_000))


def test_a_failure_without_headers_does_not_make_the_limit_forgotten() -> None:
    limit = limit_of(requests=60)
    for _ in range(3):
        limit.settle(now=BEGIN, granted=take(limit), used=None, told=told())
    assert limit.describe(now=BEGIN).requests_limit == 60


def test_replies_that_no_longer_tell_a_limit_end_it_after_some() -> None:
    limit = limit_of(requests=60)
    for _ in range(4):
        limit.learn(now=BEGIN, told=told())
    assert limit.describe(now=BEGIN).requests_limit == 60
    limit.learn(now=BEGIN, told=told())
    assert limit.describe(now=BEGIN).requests_limit == 0


@pytest.mark.parametrize(("most", "expected"), [(100, 100), (9_999, 600)])
def test_a_setting_bounds_what_is_told(most: int, expected: int) -> None:
    limit = WindowedLimit(most_requests=most)
    limit.learn(now=BEGIN, told=told(requests=600))
    assert limit.describe(now=BEGIN).requests_limit == expected


def test_a_setting_bounds_where_nothing_is_told() -> None:
    limit = WindowedLimit(most_tokens=5_000)
    limit.learn(now=BEGIN, told=told())
    state = limit.describe(now=BEGIN)
    assert (state.requests_limit, state.tokens_limit) == (0, 5_000)


@given(pauses=st.lists(st.tuples(st.floats(0, 5), st.floats(0, 100)), min_size=1, max_size=6))
def test_of_several_pauses_the_latest_end_stands(pauses: list[tuple[float, float]]) -> None:
    limit, now, until = limit_of(requests=600), BEGIN, BEGIN
    for after, seconds in pauses:
        now += after
        limit.pause(now=now, seconds=seconds)
        until = max(until, now + seconds)
    said = reserve(limit, now=now)
    if until > now:
        assert said == Held(seconds=until - now, reason="paused")
        said = reserve(limit, now=until)
    assert isinstance(said, Granted)


# Settling


@pytest.mark.parametrize(("real", "free"), [(100, 5_900), (3_000, 3_000), (0, 6_000)])
def test_the_estimate_of_the_input_is_corrected_both_ways(real: int, free: int) -> None:
    limit = limit_of(tokens=6_000)
    granted = take(limit, characters=3_000)
    limit.settle(now=BEGIN, granted=granted, used=Used(input_tokens=real, output_tokens=0), told=None)
    assert limit.describe(now=BEGIN).tokens_used == 6_000 - free


def test_the_unused_answer_is_not_given_back_unless_the_provider_does() -> None:
    limit = limit_of(tokens=6_000)
    granted = take(limit, tokens=400)
    limit.settle(now=BEGIN, granted=granted, used=Used(input_tokens=0, output_tokens=10), told=None)
    assert limit.describe(now=BEGIN).tokens_used == 400


def test_what_was_not_sent_is_given_back_whole() -> None:
    limit = limit_of(requests=60, tokens=6_000)
    granted = take(limit, tokens=400)
    limit.withdraw(now=BEGIN, waiter="one", granted=granted)
    state = limit.describe(now=BEGIN)
    assert (state.requests_used, state.tokens_used) == (0, 0)
    assert isinstance(reserve(limit, tokens=500), Granted), "the whole burst"


def test_tokens_per_character_are_learnt() -> None:
    limit = limit_of(tokens=10**7)
    for step in range(80):
        granted = take(limit, now=BEGIN + step, characters=1_000)
        limit.settle(now=BEGIN + step, granted=granted, used=Used(input_tokens=200, output_tokens=0), told=None)
    assert limit.describe(now=BEGIN + 80).ratio == pytest.approx(0.2, abs=0.001)
    assert take(limit, now=BEGIN + 81, characters=1_000).tokens == pytest.approx(203, abs=1)


@pytest.mark.parametrize("refunds", [True, False])
@pytest.mark.parametrize("latency", [1.0, 10.0, 30.0])
def test_a_provider_that_refunds_is_found_out_by_its_headers_and_no_other(refunds: bool, latency: float) -> None:
    limit = limit_of(requests=6_000, tokens=600_000, now=1_000.0)
    provider = Bucket(requests=6_000, tokens=600_000, refunds=refunds)
    worker = Worker(output_tokens=2_000, used_output=100)
    run = simulate(limit=limit, workers=[worker] * 16, seconds=300, provider=provider, latency=latency)
    assert limit.describe(now=1_300.0).refunds is refunds
    assert run.refused == 0
    in_flight = latency / 60 * 1_900 if refunds else 0  # charged until it is given back
    charged = 1_000 + (100 if refunds else 2_000) + in_flight
    assert run.count(since=180, until=300) >= 0.95 * 2 * 600_000 / charged


def test_a_bucket_that_is_emptier_than_thought_lowers_ours() -> None:
    limit = limit_of(requests=600, tokens=60_000)
    granted = take(limit, tokens=100)
    other = take(limit, tokens=100)
    said = (Told(limit=600, remaining=599), Told(limit=60_000, remaining=1_000))
    limit.settle(now=BEGIN, granted=granted, used=Used(input_tokens=0, output_tokens=100), told=said)
    assert hold(limit, tokens=901, waiter="two").seconds == pytest.approx(0.001), "1000 less the 100 sent since"
    limit.withdraw(now=BEGIN, waiter="two")
    assert isinstance(reserve(limit, tokens=900), Granted)
    assert other.slot == granted.slot


# The line


def fill(limit: WindowedLimit, *, now: float = BEGIN) -> None:
    """Use the burst up."""
    while isinstance(reserve(limit, now=now, waiter="filler", flow="filler", tokens=1), Granted):
        pass
    limit.withdraw(now=now, waiter="filler")


def test_the_first_in_the_line_is_told_its_moment_and_the_others_poll_within_bounds() -> None:
    limit = limit_of(requests=60)  # one a second
    fill(limit)
    first = hold(limit, waiter="first", flow="a")
    second = hold(limit, waiter="second", flow="b")
    assert first.reason == "limit"
    assert first.seconds == pytest.approx(1.0)
    assert second == Held(seconds=MOST_POLL_SECONDS, reason="turn")
    assert isinstance(reserve(limit, now=BEGIN + 1.0, waiter="second", flow="b"), Held), "not ahead of the first"
    assert isinstance(reserve(limit, now=BEGIN + 1.0, waiter="first", flow="a"), Granted)


def test_one_behind_goes_first_only_if_it_costs_those_ahead_nothing() -> None:
    limit = limit_of(requests=60)
    fill(limit)
    hold(limit, waiter="first", flow="a")
    hold(limit, waiter="second", flow="b")
    assert isinstance(reserve(limit, now=BEGIN + 2.0, waiter="second", flow="b"), Granted)
    assert isinstance(reserve(limit, now=BEGIN + 2.0, waiter="first", flow="a"), Granted)


def test_a_waiter_that_died_holds_nobody_up_for_long() -> None:
    limit = limit_of(tokens=6_000)  # 100 a second, 500 at once
    take(limit, tokens=500)
    hold(limit, waiter="dead", flow="a", tokens=400)
    assert hold(limit, now=BEGIN + 2.9, waiter="alive", flow="b", tokens=200).reason == "turn"
    assert isinstance(reserve(limit, now=BEGIN + LIFE_SECONDS, waiter="alive", flow="b", tokens=200), Granted)


def test_one_that_withdraws_holds_nobody_up() -> None:
    limit = limit_of(requests=60)
    fill(limit)
    hold(limit, waiter="first", flow="a")
    hold(limit, waiter="second", flow="b")
    limit.withdraw(now=BEGIN, waiter="first")
    assert isinstance(reserve(limit, now=BEGIN + 1.0, waiter="second", flow="b"), Granted)


URGENT, NORMAL, BULK = Worker(flow="a:urgent", weight=8), Worker(flow="b:normal"), Worker(flow="c:bulk", weight=1)


def share(workers: list[Worker], *, flow: str, since: float = 60.0, until: float = 60.0 + 4 * 60.75) -> float:
    """Of the tokens that were let in."""
    run = simulate(
        limit=limit_of(requests=6_000, tokens=600_000, now=1_000.0),
        workers=workers,
        seconds=until,
        provider=Bucket(requests=6_000, tokens=600_000),
    )
    return run.tokens(since=since, flow=flow) / run.tokens(since=since)


@pytest.mark.parametrize(("worker", "weight"), [(URGENT, 8), (NORMAL, 4), (BULK, 1)])
def test_priorities_divide_the_limit_by_their_weights(worker: Worker, weight: int) -> None:
    part = share([URGENT, URGENT, NORMAL, NORMAL, BULK, BULK], flow=worker.flow)
    # Not to the letter: a later one goes first where there is room for all who wait before it.
    assert part == pytest.approx(weight / 13, rel=0.3)


def test_a_clinic_with_many_workers_gets_no_more_than_one_with_few() -> None:
    many = [replace(NORMAL, flow="many:normal")] * 14
    assert share([*many, NORMAL, NORMAL], flow=NORMAL.flow) == pytest.approx(0.5, rel=0.15)


def test_a_backfill_starves_nobody() -> None:
    """Forty bulk workers are at it; somebody's urgent file comes a minute later and gets what it can use."""
    run = simulate(
        limit=limit_of(requests=6_000, tokens=600_000, now=1_000.0),
        workers=[*[BULK] * 40, replace(URGENT, places=8, begins_at=60.0)],
        seconds=180,
        provider=Bucket(requests=6_000, tokens=600_000),
        latency=2.0,
    )
    alone = 8 * 60 / 2.0
    assert run.count(flow=URGENT.flow, since=70, until=130) >= 0.75 * alone


@pytest.mark.parametrize("characters", [150_000, 400_000])
def test_large_calls_are_not_starved_by_small_ones(characters: int) -> None:
    large = Worker(flow="large:normal", characters=characters)
    assert share([large, *[NORMAL] * 12], flow=large.flow) >= 0.35
