from datetime import UTC, datetime
from decimal import Decimal

import pytest

from jobs.llm.ledger import Attempt, InMemoryLedger
from tests.unit.jobs.questions import make_question, make_reply

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def ledger():
    return InMemoryLedger()


def open_attempt(ledger: InMemoryLedger, index: int = 0) -> Attempt:
    return ledger.open(key="k", question=make_question(index), model="gpt-6-luna", started=NOW)


def test_nothing_asked_costs_nothing(ledger):
    totals = ledger.totals()
    assert (totals.calls, totals.input_tokens, totals.output_tokens) == (0, 0, 0)
    assert totals.cost_usd == Decimal(0)
    assert isinstance(totals.cost_usd, Decimal)


def test_a_call_is_entered_before_it_is_made(ledger):
    attempt = open_attempt(ledger, index=3)
    assert ledger.attempts == (attempt,)
    assert (attempt.state, attempt.window_index, attempt.purpose, attempt.model) == ("sent", 3, "window", "gpt-6-luna")
    assert ledger.totals().uncertain_calls == 1


def test_a_settled_call_tells_tokens_cost_latency_and_what_answered(ledger):
    settled = ledger.settle(attempt=open_attempt(ledger), reply=make_reply(), failure=None)
    assert ledger.attempts == (settled,)
    assert (settled.state, settled.failure) == ("settled", None)
    assert (settled.model, settled.request_id) == ("gpt-6-luna-2026-09-15", "req_1")
    assert (settled.cost_usd, settled.latency_seconds) == (Decimal("0.001"), 0.5)
    assert ledger.totals().uncertain_calls == 0


def test_a_reply_of_no_use_was_paid_for_all_the_same(ledger):
    ledger.settle(attempt=open_attempt(ledger), reply=make_reply(finish="truncated"), failure="truncated")
    ledger.settle(attempt=open_attempt(ledger), reply=make_reply(), failure=None)
    totals = ledger.totals()
    assert (totals.calls, totals.input_tokens, totals.cost_usd) == (2, 200, Decimal("0.002"))


def test_one_unknown_cost_makes_the_sum_unknown(ledger):
    ledger.settle(attempt=open_attempt(ledger), reply=make_reply(), failure=None)
    ledger.settle(attempt=open_attempt(ledger), reply=make_reply(cost=None), failure=None)
    assert ledger.totals().cost_usd is None
    assert ledger.totals().uncertain_calls == 1


@pytest.mark.parametrize(
    ("failure", "uncertain"), [("timeout", 1), ("connection_reset", 1), ("rate_limited", 0), ("unauthorized", 0)]
)
def test_a_call_without_reply_costs_nothing_known_and_is_uncertain_where_the_provider_may_have_worked(
    ledger, failure, uncertain
):
    ledger.settle(attempt=open_attempt(ledger), reply=None, failure=failure)
    totals = ledger.totals()
    assert (totals.calls, totals.cost_usd, totals.uncertain_calls) == (1, Decimal(0), uncertain)
    assert ledger.attempts[0].state == "failed"
