"""Our client against mocklimit: limits that are enforced, by three ways of counting."""

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from jobs.llm.client import CallFailed, Reply
from jobs.llm.openai import OpenAIClient
from tests.peers.running import Peer, running_mocklimit
from tests.unit.jobs.questions import make_question

TEXT = json.dumps({"starts": [], "facts": []})
REQUESTS = 4  # in each window
TOKENS = 40_000
APIS = ["responses", "chat"]
COUNTINGS = ["fixed_window", "sliding_window", "token_bucket"]


def always(value: Any) -> dict[str, Any]:
    """The schema of which mocklimit makes just this value."""
    if isinstance(value, Mapping):
        return {"type": "object", "properties": {name: always(inner) for name, inner in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": always(value[0])}
    return {"type": "string", "enum": [value]}


def make_spec() -> dict[str, Any]:
    part = {"type": "output_text", "text": TEXT}
    bodies = {
        "/responses": {
            "object": "response",
            "status": "completed",
            "model": "gpt-6-luna",
            "output": [{"type": "message", "role": "assistant", "content": [part]}],
        },
        "/chat/completions": {
            "object": "chat.completion",
            "model": "gpt-6-luna",
            "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": TEXT}}],
        },
    }
    paths = {
        path: {
            "post": {
                "operationId": path.strip("/").replace("/", "_"),
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": always(body)}}}},
            }
        }
        for path, body in bodies.items()
    }
    info = {"title": "a part of OpenAI's API", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "servers": [{"url": "http://127.0.0.1/v1"}], "paths": paths}


def make_limits(*, counting: str, window_seconds: float) -> dict[str, Any]:
    policy = {
        "strategy": counting,
        "limits": [
            make_limit(counting, "requests", most=REQUESTS, window_seconds=window_seconds),
            make_limit(counting, "tokens", most=TOKENS, window_seconds=window_seconds),
        ],
        "scope": "api_key",
        "format": {"reset": "go_duration", "retry_after": {"header": "retry-after-ms", "unit": "milliseconds"}},
        "error_template": {"provider": "openai"},
    }
    nothing = {"strategy": "fixed", "value": 0}
    resources = {
        "requests": {"input": {"strategy": "fixed", "value": 1}, "output": nothing},
        "tokens": {"input": {"strategy": "characters_div_4"}, "output": nothing},
    }
    endpoint = {"methods": ["POST"], "policy": "model", "resources": resources}
    return {"policies": {"model": policy}, "endpoints": {"/responses": endpoint, "/chat/completions": endpoint}}


def make_limit(counting: str, dimension: str, *, most: int, window_seconds: float) -> dict[str, Any]:
    names = ("limit", "remaining", "reset")
    limit: dict[str, Any] = {
        "dimension": dimension,
        "headers": {name: f"x-ratelimit-{name}-{dimension}" for name in names},
    }
    if counting == "token_bucket":
        return {**limit, "capacity": most, "refill_rate": most / window_seconds}
    return {**limit, "limit": most, "window_seconds": window_seconds}


@pytest.fixture(params=COUNTINGS)
def mocklimit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    limits = make_limits(counting=request.param, window_seconds=4.0)
    with running_mocklimit(spec=make_spec(), limits=limits, folder=tmp_path) as peer:
        yield peer


def ask(client: OpenAIClient, content: str = "1: a line") -> Reply | CallFailed:
    try:
        return client.ask(question=make_question(content=content))
    except CallFailed as failure:
        return failure


@pytest.mark.parametrize("api", APIS)
def test_a_naive_burst_gets_429s_that_are_told_apart_and_say_how_long_to_wait(mocklimit, api):
    client = OpenAIClient(api_key="sk-peer", model="gpt-6-luna", base_url=mocklimit.base_url, api=api, concurrency=12)
    with ThreadPoolExecutor(max_workers=12) as pool:
        outcomes = list(pool.map(lambda _: ask(client), range(24)))
    replies = [outcome for outcome in outcomes if isinstance(outcome, Reply)]
    failures = [outcome for outcome in outcomes if isinstance(outcome, CallFailed)]
    assert len(replies) >= REQUESTS
    assert all((reply.finish, reply.text) == ("complete", TEXT) for reply in replies)
    assert failures
    assert {failure.kind for failure in failures} == {"rate_limited"}
    waits = [failure.retry_after_seconds or 0.0 for failure in failures]
    assert all(0 < wait <= 4.0 for wait in waits)
    time.sleep(max(waits))  # what is tested: that who waits as long as was told is let in
    assert isinstance(ask(client), Reply)
    client.close()


def test_a_burst_of_tokens_is_refused_as_a_burst_of_calls_is(mocklimit):
    client = OpenAIClient(
        api_key="sk-peer", model="gpt-6-luna", base_url=mocklimit.base_url, api="responses", timeout_seconds=30.0
    )
    first, second = (ask(client, "1: " + "word " * 20_000) for _ in range(2))
    client.close()
    assert isinstance(first, Reply)
    assert isinstance(second, CallFailed)
    assert second.kind == "rate_limited"
    assert second.retry_after_seconds


def test_the_limits_that_its_headers_tell_are_read(mocklimit):
    limit_headers = pytest.importorskip("jobs.llm.limit_headers")
    httpx2 = pytest.importorskip("httpx2")
    answer = httpx2.post(
        f"{mocklimit.base_url}/responses", json={"model": "m", "input": "x"}, headers={"authorization": "Bearer sk"}
    )
    told = limit_headers.read_limits(answer.headers)
    assert (told.requests_per_minute, told.remaining_requests) == (REQUESTS, REQUESTS - 1)
    assert told.tokens_per_minute == TOKENS
    assert told.reset_requests_seconds is not None
    assert 0 < told.reset_requests_seconds <= 4.0
