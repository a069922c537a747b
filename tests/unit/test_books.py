"""The judgement of `make chaos` over the books: what does not agree with the provider's log is told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.chaos import books as proof
from tests.chaos.books import Books

NOW = datetime(2026, 11, 27, tzinfo=UTC)
URL = "https://api.openai.com/v1"
COST = Decimal("0.00115")


def attempt(content: str = "a", **said: Any) -> Any:
    known = {
        "id": content,
        "content_sha256": content,
        "clinic_id": 1,
        "user_id": 1,
        "state": "settled",
        "failure": "",
        "provider_request_id": f"req_{content}",
        "fence": 1,
        "last_fence": 1,
        "started_at": NOW,
        "input_tokens": 9_000,
        "output_tokens": 500,
        "cached_input_tokens": 0,
        "cache_write_tokens": 0,
        "cost_usd": COST,
        "reserved_usd": Decimal(0),
    }
    return known | said


def unanswered(content: str = "a", *, state: str = "failed", failure: str = "timeout", **said: Any) -> Any:
    nothing = dict.fromkeys(("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens", "cost_usd"))
    held = Decimal("0.004") if state == "sent" or failure == "timeout" else Decimal(0)
    said = {"failure": "" if state == "sent" else failure, "provider_request_id": "", "reserved_usd": held, **said}
    return attempt(content, state=state, **nothing, **said)


def call(content: str | None = "a", **said: Any) -> Any:
    known = {
        "number": 1,
        "request_id": f"req_{content}",
        "content_sha256": content,
        "body_sha256": content,
        "fault": None,
        "model": "gpt-6-luna",
        "billed": True,
        "input_tokens": 9_000,
        "output_tokens": 500,
        "cached_tokens": 0,
        "cache_write_tokens": 0,
        "started_at": NOW.timestamp(),
    }
    return known | said


def books(*, attempts: Any = (), calls: Any = (), spending: Any = (), kept: Any = None) -> Books:
    return Books(attempts=attempts, calls=calls, spending=spending, kept=kept or {}, base_url=URL)


def day(**said: Any) -> Any:
    known = {"clinic_id": 1, "user_id": 1, "day": NOW.date(), "calls": 1, "spent_usd": COST, "reserved_usd": Decimal(0)}
    return known | {"input_tokens": 9_000, "cached_input_tokens": 0, "output_tokens": 500} | said


def test_books_that_agree_are_not_complained_of():
    seen = books(
        attempts=[
            attempt(),
            unanswered("b"),
            unanswered("c", state="sent", last_fence=2),
            unanswered("d", failure="not_sent"),
        ],
        calls=[call(), call("b", fault="hang"), call("c"), call(None, fault="reset_before_reading", billed=False)],
        spending=[day(calls=4, reserved_usd=Decimal("0.008"))],
        kept={"a": NOW + timedelta(seconds=1)},
    )
    assert list(proof.check_books(seen, listed=["b", "c"])) == []


@pytest.mark.parametrize(
    ("attempts", "calls"),
    [
        ([], [call()]),  # not on the ledger
        ([attempt()], []),  # invented
        ([attempt()], [call("b", request_id="req_a")]),  # another question's
        ([attempt(), attempt()], [call()]),  # two of one
        ([unanswered(failure="server_error")], [call(fault="conflict", billed=False)]),  # failed otherwise
        ([unanswered(failure="not_sent")], []),  # broke off, where nobody broke it
        ([], [call(None, fault="reset_before_reading")]),
    ],
)
def test_calls_and_attempts_are_compared_both_ways(attempts: Any, calls: Any):
    assert list(proof.check_every_call_is_an_attempt(books(attempts=attempts, calls=calls)))


@pytest.mark.parametrize(
    "said",
    [{"input_tokens": 9_001}, {"output_tokens": 499}, {"cached_input_tokens": 1}, {"cost_usd": COST + Decimal("1e-8")}],
)
def test_a_token_or_a_fraction_of_a_cent_is_told(said: Any):
    assert not list(proof.check_tokens_and_cost(books(attempts=[attempt()], calls=[call()])))
    assert list(proof.check_tokens_and_cost(books(attempts=[attempt(**said)], calls=[call()])))


@pytest.mark.parametrize("said", [{"calls": 2}, {"spent_usd": Decimal(0)}, {"reserved_usd": COST}, {"day": None}])
def test_a_day_that_is_not_the_sum_of_its_calls_is_told(said: Any):
    assert not list(proof.check_spending(books(attempts=[attempt()], spending=[day()])))
    assert list(proof.check_spending(books(attempts=[attempt()], spending=[day(**said)])))


@pytest.mark.parametrize(
    ("attempts", "calls", "listed"),
    [
        ([unanswered()], [], []),  # not listed
        ([attempt()], [], ["a"]),  # listed for nothing
        ([unanswered(reserved_usd=Decimal(0))], [], ["a"]),  # nothing held
        ([attempt(reserved_usd=COST)], [], []),  # held for nothing
        ([unanswered(state="sent")], [], ["a"]),  # of a run that nobody cut off
        ([unanswered(failure="server_error")], [call(fault="failed_response")], []),  # billed and given back
    ],
)
def test_what_is_held_wrongly_is_told(attempts: Any, calls: Any, listed: Any):
    assert list(proof.check_what_is_held(books(attempts=attempts, calls=calls), listed=listed))


def test_a_call_for_an_answer_that_was_committed_is_told():
    early, late = (call(started_at=(NOW + timedelta(seconds=after)).timestamp()) for after in (0, 5))
    kept = {"a": NOW + timedelta(seconds=1)}
    assert not list(proof.check_nothing_kept_is_asked_for(books(calls=[early], kept=kept)))
    assert list(proof.check_nothing_kept_is_asked_for(books(calls=[early, late], kept=kept)))
