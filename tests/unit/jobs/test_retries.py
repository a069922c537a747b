from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.domain.retries import CURES, MAX_BACKOFF_SECONDS, MAX_RETRY_AFTER_SECONDS, RULES, FailureKind, decide

# kind: calls in all, longest wait before each further call, larger output, what it does to the run
EXPECTED: dict[str, tuple[int, list[float], bool, str]] = {
    "connection_refused": (4, [1, 2, 4], False, "when_given_up"),
    "not_sent": (4, [0.5, 1, 2], False, "never"),
    "connection_reset": (4, [0.5, 1, 2], False, "never"),
    "timeout": (3, [1, 2], False, "never"),
    "request_timeout": (3, [0.5, 1], False, "never"),
    "conflict": (3, [0.5, 1], False, "never"),
    "rate_limited": (6, [2, 4, 8, 16, 32], False, "never"),
    "insufficient_quota": (1, [], False, "at_once"),
    "server_error": (4, [1, 2, 4], False, "never"),
    "bad_request": (1, [], False, "at_once"),
    "too_long": (1, [], False, "never"),
    "unauthorized": (1, [], False, "at_once"),
    "forbidden": (1, [], False, "at_once"),
    "not_found": (1, [], False, "at_once"),
    "content_filter": (1, [], False, "never"),
    "refused": (2, [0], False, "never"),
    "truncated": (2, [0], True, "never"),
    "invalid_json": (2, [0], False, "never"),
    "wrong_schema": (2, [0], False, "never"),
    "empty": (2, [0], False, "never"),
    "unknown_finish": (2, [0], False, "never"),
    "model_away": (1, [], False, "at_once"),
    "over_budget": (1, [], False, "at_once"),
    "not_recorded": (1, [], False, "never"),
    "unforeseen": (1, [], False, "never"),
}
KINDS = get_args(FailureKind)


def test_every_kind_has_a_row_here_and_in_the_table():
    assert set(KINDS) == set(RULES) == set(EXPECTED)


@pytest.mark.parametrize("kind", KINDS)
def test_row(kind):
    calls, longest_waits, larger_output, stops_run = EXPECTED[kind]
    for attempt in range(1, calls + 1):
        decision = decide(kind=kind, attempt=attempt, retry_after_seconds=None, jitter=1.0)
        last = attempt == calls
        assert decision.retry is not last
        assert decision.delay_seconds == (0 if last else longest_waits[attempt - 1])
        assert decision.larger_output is (larger_output and not last)
        assert decision.stops_run is (stops_run == "at_once" or (stops_run == "when_given_up" and last))
        assert decision.reason == RULES[kind].reason != ""


def test_backoff_is_drawn_from_nothing_to_the_bound():
    delays = [
        decide(kind="rate_limited", attempt=2, retry_after_seconds=None, jitter=jitter).delay_seconds
        for jitter in (0.0, 0.25, 1.0)
    ]
    assert delays == [0, 1, 4]


def test_the_provider_is_given_the_pause_that_it_asks_for_and_a_little_more():
    decision = decide(kind="rate_limited", attempt=1, retry_after_seconds=20.0, jitter=0.5)
    assert decision.retry
    assert decision.delay_seconds == 21.0


def test_a_pause_longer_than_a_run_may_wait_ends_the_question():
    decision = decide(kind="rate_limited", attempt=1, retry_after_seconds=MAX_RETRY_AFTER_SECONDS + 1, jitter=0.0)
    assert not decision.retry
    assert decision.away_seconds == MAX_RETRY_AFTER_SECONDS + 1
    assert "longer pause" in decision.reason


@given(
    kind=st.sampled_from(KINDS),
    attempt=st.integers(1, 100),
    retry_after=st.none() | st.floats(0, 1e6),
    jitter=st.floats(0, 1),
)
def test_no_question_is_asked_for_ever_and_no_wait_is_unbounded(kind, attempt, retry_after, jitter):
    decision = decide(kind=kind, attempt=attempt, retry_after_seconds=retry_after, jitter=jitter)
    assert not (decision.retry and attempt >= 6)
    longest = MAX_RETRY_AFTER_SECONDS + RULES[kind].base_seconds if retry_after else MAX_BACKOFF_SECONDS
    assert 0 <= decision.delay_seconds <= longest
    if decision.retry and retry_after:
        assert decision.delay_seconds >= retry_after


def test_every_kind_has_a_cure():
    assert set(CURES) == set(get_args(FailureKind))
    assert all(cure.endswith(".") for cure in CURES.values())
