"""The gateway with the real SDK against the fake API: every fault ends in a right state."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from documents.domain.findings import Finding
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.gateway import Answer, Gateway, Waiting
from jobs.llm.ledger import InMemoryLedger
from jobs.llm.openai import OpenAIClient
from tests.fake_openai import API_KEY, FAULT_KINDS, FakeOpenAI, FaultKind, FaultRule, running_fake
from tests.unit.jobs.questions import make_question

APIS = ["responses", "chat"]
FINAL: dict[FaultKind, str] = {  # what a window is given up for when every call has the fault
    "truncated": "truncated",
    "wrong_schema": "wrong_schema",
    "invalid_json": "invalid_json",
    "empty_output": "empty",
    "refusal": "refused",
    "content_filter": "content_filter",
    "unknown_finish": "unknown_finish",
    "failed_response": "server_error",
    "invalid_body": "invalid_json",
    "bad_request": "content_filter",
    "content_filter_400": "content_filter",
    "unauthorized": "unauthorized",
    "forbidden": "forbidden",
    "request_timeout": "request_timeout",
    "conflict": "conflict",
    "rate_limit": "rate_limited",
    "insufficient_quota": "insufficient_quota",
    "server_error": "server_error",
    "bad_gateway": "server_error",
    "unavailable": "server_error",
    "reset_before_reading": "connection_reset",
    "reset_after_reading": "connection_reset",
    "hang": "timeout",
}
SEEN_HERE = [fault for fault in FAULT_KINDS if fault != "ungrounded_quotes"]  # that one shows when answers are stitched
GIVEN_UP_AT_ONCE = {"content_filter", "unauthorized", "forbidden", "insufficient_quota"}


def ask_all(
    fake: FakeOpenAI, *, windows: int, api: str = "responses", concurrency: int = 8, timeout_seconds: float = 30.0
) -> tuple[list[Answer], InMemoryLedger]:
    client = OpenAIClient(
        api_key=API_KEY,
        model="gpt-6-luna",
        base_url=fake.base_url,
        api=api,  # type: ignore[arg-type]
        concurrency=concurrency,
        timeout_seconds=timeout_seconds,
    )
    ledger = InMemoryLedger()
    gateway = Gateway(
        client=client,
        ledger=ledger,
        checkpoints=InMemoryCheckpoints(),
        concurrency=concurrency,
        waiting=Waiting(sleep=lambda seconds: None, jitter=lambda: 0.0),
    )
    try:
        return list(gateway.ask_all(questions=[make_question(index) for index in range(windows)])), ledger
    finally:
        client.close()


@pytest.mark.parametrize("api", APIS)
def test_all_windows_are_answered_and_all_calls_are_in_the_ledger(api):
    with running_fake() as fake:
        answers, ledger = ask_all(fake, windows=40, api=api)
        assert sorted(answer.question.window.index for answer in answers) == list(range(40))
        assert {answer.finding for answer in answers} == {Finding(starts=(), facts=())}
        totals = ledger.totals()
        assert totals.calls == 40
        assert totals.input_tokens > 0
        assert totals.cost_usd is not None
        assert totals.cost_usd > 0
        assert max(call.in_flight for call in fake.calls) <= 8


def test_as_many_calls_are_in_flight_as_allowed():
    full = threading.Barrier(8)

    def answer_when_all_are_in(request):
        full.wait(30)

    with running_fake(answerer=answer_when_all_are_in) as fake:
        answers, _ = ask_all(fake, windows=16)
        assert all(answer.finding for answer in answers)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("fault", SEEN_HERE)
def test_a_passing_fault_costs_a_repetition_and_no_window(fault, api):
    faults = [FaultRule(kind=fault, nth=frozenset({2}), retry_after_seconds=0.01)]
    with running_fake(faults=faults) as fake:
        answers, ledger = ask_all(fake, windows=4, api=api, concurrency=1, timeout_seconds=1.0)
    assert sorted(answer.question.window.index for answer in answers) == [0, 1, 2, 3]
    failed = {answer.failure for answer in answers if answer.failure}
    if api == "responses" and FINAL[fault] not in GIVEN_UP_AT_ONCE:
        assert failed == set()
        assert ledger.totals().calls == 5
    assert failed <= {FINAL[fault]}
    assert all(attempt.state != "sent" for attempt in ledger.attempts)


@pytest.mark.parametrize("fault", [fault for fault in SEEN_HERE if fault != "hang"])
def test_a_fault_that_stays_gives_up_each_window_for_its_reason(fault):
    with running_fake(faults=[FaultRule(kind=fault, retry_after_seconds=0.01)]) as fake:
        answers, ledger = ask_all(fake, windows=3, concurrency=2)
    assert [answer.failure for answer in answers] == [FINAL[fault]] * 3
    assert {attempt.failure for attempt in ledger.attempts} == {FINAL[fault]}
    assert ledger.totals().cost_usd is not None


def test_a_server_that_is_gone_is_not_asked_for_every_window():
    with running_fake() as fake, fake.gone():
        answers, ledger = ask_all(fake, windows=200, concurrency=4)
    assert {answer.failure for answer in answers} == {"connection_refused"}
    assert ledger.totals().calls <= (4 + 2 * 4) * 4


def test_a_server_with_faults_of_every_kind_answers_all_windows_that_can_be_answered():
    passing: list[FaultKind] = ["truncated", "wrong_schema", "refusal", "server_error", "reset_after_reading"]
    faults = [
        FaultRule(kind=fault, probability=0.1, seed=3, once_per_body=True, retry_after_seconds=0.01)
        for fault in passing
    ]
    with running_fake(faults=faults) as fake:
        answers, ledger = ask_all(fake, windows=60)
        assert len(answers) == 60
        assert all(answer.finding for answer in answers)
        assert ledger.totals().calls == len(fake.calls) > 60


def test_an_interrupted_run_ends_at_once_though_calls_are_in_flight():
    script = (
        "from tests.integration.test_gateway import ask_all\n"
        "import types, os\n"
        "ask_all(types.SimpleNamespace(base_url=os.environ['FAKE']), windows=20, timeout_seconds=100.0)\n"
    )
    two_came = threading.Semaphore(0)

    def note_and_answer_nothing(request):
        two_came.release()

    with running_fake(answerer=note_and_answer_nothing, latency_seconds=60.0) as fake:
        run = subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ, "FAKE": fake.base_url, "DJANGO_SETTINGS_MODULE": "pennie.settings.test"},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert all(two_came.acquire(timeout=60) for _ in range(2))
            run.send_signal(signal.SIGINT)
            _, told = run.communicate(timeout=30)  # the calls would take a minute
        finally:
            run.kill()
            run.wait()
    assert run.returncode != 0
    assert "KeyboardInterrupt" in told
