"""What the fake holds a key to and what it bills: limits over HTTP, cached prompts, the log's sums."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_openai import API_KEY, FakeOpenAI, FaultRule, Limits, running_fake

MODEL = "gpt-6-luna"
HEAD = "Say JSON. " * 600  # 1,500 tokens


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with running_fake() as fake:
        yield fake


def request(fake_url: str, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], Any]:
    connection = http.client.HTTPConnection(fake_url.removeprefix("http://").partition("/")[0], timeout=30)
    raw = None if body is None else json.dumps(body)
    connection.request(method, path, body=raw, headers={"authorization": f"Bearer {API_KEY}"})
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(read)


def ask(fake: FakeOpenAI, **body: Any) -> tuple[int, dict[str, str], Any]:
    return request(fake.address, "POST", "/v1/responses", {"model": MODEL, "input": "hello", "store": False, **body})


def details(answer: tuple[int, dict[str, str], Any]) -> tuple[int, int]:
    told = answer[2]["usage"]["input_tokens_details"]
    return told["cached_tokens"], told["cache_write_tokens"]


def marked(content: str, *, mode: str = "explicit", **more: Any) -> dict[str, Any]:
    part = {"type": "input_text", "text": HEAD, "prompt_cache_breakpoint": {"mode": "explicit"}}
    return {
        "input": [{"role": "developer", "content": [part]}, {"role": "user", "content": content}],
        "prompt_cache_options": {"mode": mode},
        **more,
    }


def test_a_newer_model_writes_the_whole_prompt_each_time_where_nothing_is_marked(fake):
    first, second = (ask(fake, instructions=HEAD, input=words) for words in ("one window", "another window"))
    assert details(first) == (0, first[2]["usage"]["input_tokens"])
    assert details(second) == (0, second[2]["usage"]["input_tokens"])
    again = ask(fake, instructions=HEAD, input="one window")
    assert details(again) == (again[2]["usage"]["input_tokens"], 0)


def test_a_marked_head_is_written_once_and_read_from_then_on(fake):
    first, second = (ask(fake, **marked(words)) for words in ("one window", "another window"))
    assert details(first) == (0, 1501)
    assert details(second) == (1501, 0)
    both = ask(fake, **marked("a third window", mode="implicit"))
    read, written = details(both)
    assert (read, read + written) == (1501, both[2]["usage"]["input_tokens"])


def test_heads_are_apart_by_key_and_by_model(fake):
    ask(fake, **marked("one window", prompt_cache_key="a"))
    assert details(ask(fake, **marked("two", prompt_cache_key="a")))[0] > 0
    assert details(ask(fake, **marked("two", prompt_cache_key="b")))[0] == 0
    assert details(ask(fake, **marked("two", prompt_cache_key="a", model="gpt-6-sol")))[0] == 0


def test_a_head_below_the_minimum_is_never_cached(fake):
    short = {"instructions": "Say JSON. " * 300}
    assert [details(ask(fake, **short)) for _ in range(2)] == [(0, 0), (0, 0)]


def test_an_older_model_caches_the_instructions_in_steps_and_writes_for_nothing(fake):
    answers = [ask(fake, instructions=HEAD, input=words, model="gpt-5-mini") for words in ("one", "two")]
    assert [details(answer) for answer in answers] == [(0, 0), (1408, 0)]


def test_chat_tells_what_was_written_too(fake):
    body = {"model": MODEL, "messages": [{"role": "user", "content": HEAD}]}
    _, _, answer = request(fake.address, "POST", "/v1/chat/completions", body)
    assert answer["usage"]["prompt_tokens_details"]["cache_write_tokens"] == answer["usage"]["prompt_tokens"]


def test_the_log_tells_what_each_call_was_charged_and_billed():
    with running_fake(limits=Limits(refunds=True, counting="sliding")) as fake:
        _, headers, body = ask(fake, max_output_tokens=1_000)
        (call,) = fake.calls
    usage = body["usage"]
    assert call.request_id == headers["x-request-id"]
    assert (call.billed, call.input_tokens, call.output_tokens) == (True, usage["input_tokens"], usage["output_tokens"])
    assert (call.charged_requests, call.charged_tokens) == (1, 2 + usage["output_tokens"])  # "hello" is two tokens
    told = int(headers["x-ratelimit-limit-tokens"]) - int(headers["x-ratelimit-remaining-tokens"])
    assert told == call.charged_tokens


@pytest.mark.parametrize("bills", [True, False])
@pytest.mark.parametrize("kind", ["reset_after_reading", "hang"])
def test_an_answer_that_is_never_sent_is_billed_where_that_is_ordered(kind, bills):
    with running_fake(faults=[FaultRule(kind=kind)], bills_lost_answers=bills) as fake:
        connection = http.client.HTTPConnection(fake.address.removeprefix("http://"), timeout=0.3)
        body = json.dumps({"model": MODEL, "input": "hello"})
        connection.request("POST", "/v1/responses", body=body, headers={"authorization": f"Bearer {API_KEY}"})
        with pytest.raises((ConnectionResetError, TimeoutError, http.client.RemoteDisconnected)):
            connection.getresponse()
        connection.close()
    (call,) = fake.calls
    assert (call.status, call.billed, call.output_tokens > 0) == (None, bills, bills)
    assert (call.charged_requests, call.charged_tokens) == (1, 2)


def test_faults_are_not_billed_and_useless_answers_are(fake):
    for kind in ("server_error", "rate_limit", "truncated", "refusal", "invalid_body"):
        fake.order(FaultRule(kind=kind))
        connection = http.client.HTTPConnection(fake.address.removeprefix("http://"), timeout=30)
        body = json.dumps({"model": MODEL, "input": "hello"})
        connection.request("POST", "/v1/responses", body=body, headers={"authorization": f"Bearer {API_KEY}"})
        connection.getresponse().read()
        connection.close()
    assert [call.billed for call in fake.calls] == [False, False, True, True, True]


def test_totals_add_up_what_was_asked_since_a_moment():
    limits = Limits(requests_per_minute=3, tokens_per_minute=1_000_000, enforced=True, counting="sliding")
    with running_fake(limits=limits) as fake:
        statuses = [ask(fake)[0] for _ in range(4)]
        _, _, totals = request(fake.address, "GET", "/__totals")
        since = fake.calls[2].started_at
        _, _, later = request(fake.address, "GET", f"/__totals?since={since}")
    assert statuses == [200, 200, 200, 429]
    assert (totals["calls"], totals["billed_calls"], totals["over_limit"], totals["answers_of_429"]) == (4, 3, 1, 1)
    assert totals["input_tokens"] == sum(call.input_tokens for call in fake.calls)
    assert totals["charged_tokens"] == 3 * 2
    (minute,) = totals["minutes"]
    assert minute["requests_share"] == pytest.approx(60 / minute["seconds"])
    assert (later["calls"], later["billed_calls"], later["over_limit"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("both", {"retry-after", "retry-after-ms"}),
        ("ms", {"retry-after-ms"}),
        ("seconds", {"retry-after"}),
        ("none", set()),
    ],
)
def test_a_429_tells_the_wait_in_the_form_that_is_wanted(form, told):
    limits = Limits(requests_per_minute=1, enforced=True, retry_form=form)
    with running_fake(limits=limits) as fake:
        ask(fake)
        status, headers, body = ask(fake)
        fake.order(FaultRule(kind="rate_limit", retry_form=form))
        _, ordered, _ = ask(fake)
    assert (status, body["error"]["code"]) == (429, "rate_limit_exceeded")
    assert {name for name in headers if name.startswith("retry-after")} == told
    assert {name for name in ordered if name.startswith("retry-after")} == told


def test_faults_can_be_ordered_over_http(fake):
    assert request(fake.address, "PUT", "/__faults", ["conflict:nth=1", "refusal"])[0] == 200
    assert [ask(fake)[0] for _ in range(2)] == [409, 200]
    status, _, body = request(fake.address, "PUT", "/__faults", ["earthquake"])
    assert (status, "earthquake" in body["error"]) == (400, True)
    assert [call.fault for call in fake.calls] == ["conflict", "refusal"]


def test_a_process_of_its_own_holds_the_limits_that_its_command_line_names():
    command = [sys.executable, "-m", "tests.fake_openai", "--lifetime", "60", "--enforce-limits"]
    command += ["--requests-per-minute", "2", "--counting", "fixed", "--refunds", "--per-second"]
    command += ["--limit-headers", "only_requests", "--reset-as", "6m0s", "--retry-form", "ms"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        try:
            assert process.stdout is not None
            base_url = process.stdout.readline().strip()
            body = {"model": MODEL, "input": "hello"}
            answers = [request(base_url, "POST", "/v1/responses", body) for _ in range(8)]
            _, _, totals = request(base_url, "GET", "/__totals")
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    refused = [headers for status, headers, _ in answers if status == 429]
    assert refused
    assert all("retry-after-ms" in headers and "retry-after" not in headers for headers in refused)
    assert all(headers["x-ratelimit-reset-requests"] == "6m0s" for _, headers, _ in answers)
    assert not any("x-ratelimit-limit-tokens" in headers for _, headers, _ in answers)
    assert totals["over_limit"] == len(refused)
