"""Our client against @copilotkit/aimock: both APIs, errors, and a server that misbehaves."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from jobs.llm.client import CallFailed, Reply
from jobs.llm.openai import OpenAIClient
from tests.peers.running import Peer, running_aimock
from tests.unit.jobs.questions import SCHEMA, make_question

APIS = pytest.mark.parametrize("api", ["responses", "chat"])
TEXT = json.dumps({"starts": [], "facts": []})
USAGE = {"input_tokens": 31, "output_tokens": 7, "prompt_tokens": 31, "completion_tokens": 7, "total_tokens": 38}
# Words of the question, status and error that they bring, and what our client calls it.
ERRORS: list[tuple[str, int, dict[str, Any], str]] = [
    ("e400", 400, {"type": "invalid_request_error"}, "bad_request"),
    ("e400long", 400, {"type": "invalid_request_error", "code": "context_length_exceeded"}, "too_long"),
    ("e400filter", 400, {"type": "invalid_request_error", "code": "content_filter"}, "content_filter"),
    ("e401", 401, {"type": "invalid_request_error", "code": "invalid_api_key"}, "unauthorized"),
    ("e403", 403, {"type": "invalid_request_error"}, "forbidden"),
    ("e404", 404, {"type": "invalid_request_error", "code": "model_not_found"}, "not_found"),
    ("e408", 408, {"type": "timeout"}, "request_timeout"),
    ("e409", 409, {"type": "conflict"}, "conflict"),
    ("e429rate", 429, {"type": "tokens", "code": "rate_limit_exceeded"}, "rate_limited"),
    ("e429quota", 429, {"type": "insufficient_quota", "code": "insufficient_quota"}, "insufficient_quota"),
    ("e500", 500, {"type": "server_error"}, "server_error"),
    ("e503", 503, {"type": "server_error"}, "server_error"),
]


def make_fixtures() -> list[dict[str, Any]]:
    fixtures: list[dict[str, Any]] = [
        {
            "match": {"userMessage": f"{words}:"},
            "response": {"error": {"message": "as ordered", **error}, "status": status, "retryAfter": 7},
        }
        for words, status, error, _ in ERRORS
    ]
    cut = {"content": TEXT[:9], "usage": USAGE}
    fixtures += [
        {"match": {"userMessage": "cut:"}, "response": {**cut, "finishReason": "length"}},
        {"match": {"userMessage": "filtered:"}, "response": {**cut, "finishReason": "content_filter"}},
        {"match": {}, "response": {"content": TEXT, "model": "gpt-6-luna-2026-09-15", "usage": USAGE}},
    ]
    return fixtures


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with running_aimock(fixtures=make_fixtures(), folder=tmp_path_factory.mktemp("aimock")) as peer:
        yield peer


@pytest.fixture
def aimock(shared: Peer) -> Iterator[Peer]:
    yield shared
    shared.control("DELETE", "/__aimock/chaos")


def make_client(peer: Peer, *, api: Any, timeout_seconds: float = 30.0) -> OpenAIClient:
    return OpenAIClient(
        api_key="sk-peer", model="gpt-6-luna", base_url=peer.base_url, api=api, timeout_seconds=timeout_seconds
    )


def ask(client: OpenAIClient, words: str = "whole") -> Reply:
    try:
        return client.ask(question=make_question(content=f"1: {words}: a line"))
    finally:
        client.close()


def fail(client: OpenAIClient, words: str = "whole") -> CallFailed:
    with pytest.raises(CallFailed) as raised:
        ask(client, words)
    return raised.value


@APIS
def test_an_answer_is_read_with_its_finish_usage_and_model(aimock, api):
    reply = ask(make_client(aimock, api=api))
    assert (reply.finish, reply.text, reply.model) == ("complete", TEXT, "gpt-6-luna-2026-09-15")
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (31, 7)
    assert reply.request_id
    assert reply.cost_usd is not None


@APIS
def test_the_peer_sees_a_strict_schema_and_no_stream(aimock, api):
    ask(make_client(aimock, api=api))
    path = "/v1/responses" if api == "responses" else "/v1/chat/completions"
    (entry,) = aimock.control("GET", f"/__aimock/journal?path={path}&limit=1")
    seen = entry["body"]
    assert not seen.get("stream")
    assert [message["role"] for message in seen["messages"]] == ["system", "user"]
    if api == "chat":
        assert seen["response_format"]["json_schema"] == {"name": "finding", "schema": SCHEMA, "strict": True}


@pytest.mark.parametrize(("words", "finish"), [("cut", "truncated"), ("filtered", "filtered")])
def test_a_completion_that_ended_early_says_so_and_what_it_cost(aimock, words, finish):
    reply = ask(make_client(aimock, api="chat"), words)
    assert (reply.finish, reply.text) == (finish, TEXT[:9])
    assert reply.usage is not None


@pytest.mark.parametrize("words", ["cut", "filtered"])
def test_a_response_that_ended_early_without_its_reason_is_not_trusted(aimock, words):
    """aimock leaves `incomplete_details` out, which OpenAI does not."""
    assert ask(make_client(aimock, api="responses"), words).finish == "unknown"


@APIS
@pytest.mark.parametrize(("words", "status", "error", "kind"), ERRORS, ids=[words for words, *_ in ERRORS])
def test_an_error_is_a_failure_of_its_kind(aimock, api, words, status, error, kind):
    failure = fail(make_client(aimock, api=api), words)
    assert failure.kind == kind
    assert str(status) in str(failure)
    assert failure.retry_after_seconds == (7.0 if status == 429 else None)


@APIS
@pytest.mark.parametrize(
    ("chaos", "kind"),
    [
        ({"malformedRate": 1}, "invalid_json"),
        ({"disconnectRate": 1}, "connection_reset"),
        ({"dropRate": 1}, "server_error"),
        ({"rateLimitRate": 1}, "rate_limited"),
    ],
)
def test_a_server_in_trouble_is_a_failure_of_its_kind_and_the_next_call_succeeds(aimock, api, chaos, kind):
    aimock.control("POST", "/__aimock/chaos", chaos)
    failure = fail(make_client(aimock, api=api))
    assert failure.kind == kind
    assert (failure.retry_after_seconds is not None) == (kind == "rate_limited")
    aimock.control("DELETE", "/__aimock/chaos")
    assert ask(make_client(aimock, api=api)).finish == "complete"


@APIS
def test_a_slow_server_is_a_timeout(aimock, api):
    aimock.control("POST", "/__aimock/chaos", {"latencyMs": 20_000})
    assert fail(make_client(aimock, api=api, timeout_seconds=0.5)).kind == "timeout"


def test_the_limits_that_a_429_tells_are_read(aimock):
    limit_headers = pytest.importorskip("jobs.llm.limit_headers")
    httpx2 = pytest.importorskip("httpx2")
    body = {"model": "gpt-6-luna", "input": [{"role": "user", "content": "1: e429rate: a line"}]}
    answer = httpx2.post(f"{aimock.base_url}/responses", json=body)
    told = limit_headers.read_limits(answer.headers)
    assert (told.requests_per_minute, told.tokens_per_minute) == (60, 150_000)
    assert (told.remaining_requests, told.remaining_tokens) == (0, 0)
    assert (told.reset_requests_seconds, told.reset_tokens_seconds) == (1.0, 360.0)
