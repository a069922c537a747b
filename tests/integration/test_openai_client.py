"""The real SDK against the fake API: both endpoints, the ladder of forms, every fault."""

import logging
import os
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jobs.domain.retries import RULES
from jobs.llm.client import CallFailed, InvalidSetting, Reply
from jobs.llm.openai import OpenAIClient
from tests.fake_openai import (
    API_KEY,
    CHAT_ONLY,
    JSON_OBJECT_ONLY,
    PLAIN_ONLY,
    FakeOpenAI,
    FaultKind,
    FaultRule,
    running_fake,
    unreachable_address,
)
from tests.unit.jobs.questions import SCHEMA, make_question

APIS = ["responses", "chat"]
SECRET = "Owner: Kim Doe"


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with running_fake() as fake:
        yield fake


def make_client(base_url: str, **options: Any) -> OpenAIClient:
    defaults: dict[str, Any] = {"api_key": API_KEY, "model": "gpt-6-luna", "timeout_seconds": 30.0, "concurrency": 4}
    return OpenAIClient(base_url=base_url, **{**defaults, **options})


def ask(client: OpenAIClient, content: str = f"1: {SECRET}") -> Reply:
    return client.ask(question=make_question(content=content))


def fail(client: OpenAIClient) -> CallFailed:
    with pytest.raises(CallFailed) as raised:
        ask(client)
    return raised.value


def bodies(fake: FakeOpenAI) -> list[Any]:
    return [call.body for call in fake.calls]


@pytest.mark.parametrize("api", APIS)
def test_an_answer_with_its_usage_cost_latency_and_request_id(fake, api):
    reply = ask(make_client(fake.base_url, api=api))
    assert (reply.finish, reply.text) == ("complete", '{"starts": [], "facts": []}')
    assert reply.model == "gpt-6-luna-2026-09-15"
    assert reply.usage is not None
    assert reply.usage.input_tokens > 0 < reply.usage.output_tokens
    expected = (Decimal("0.1") * reply.usage.input_tokens + Decimal("0.5") * reply.usage.output_tokens) / 1_000_000
    assert reply.cost_usd == expected
    assert reply.latency_seconds > 0
    assert str(reply.request_id).startswith("req_")


def test_a_request_of_responses_as_it_is_sent(fake):
    ask(make_client(fake.base_url, api="responses", safety_identifier="5f1c"))
    (body,) = bodies(fake)
    assert body["store"] is False
    assert body["safety_identifier"] == "5f1c"
    assert body["reasoning"] == {"effort": "low"}
    assert body["input"] == [
        {"role": "system", "content": "Find the starts."},
        {"role": "user", "content": f"1: {SECRET}"},
    ]
    assert body["text"]["format"] == {"type": "json_schema", "name": "finding", "schema": SCHEMA, "strict": True}
    assert body["metadata"] == {"purpose": "window", "prompt_version": "v1"}
    assert not {"temperature", "tools", "user"} & set(body)


def test_a_request_of_chat_as_it_is_sent(fake):
    ask(make_client(fake.base_url, api="chat"))
    body = bodies(fake)[-1]
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["response_format"]["json_schema"] == {"name": "finding", "schema": SCHEMA, "strict": True}
    assert (body["store"], body["reasoning_effort"]) == (False, "low")
    assert not {"temperature", "tools", "user", "metadata"} & set(body)


def test_cached_input_is_counted(fake):
    client = make_client(fake.base_url, api="responses")
    long = make_question()
    long = type(long)(
        **{name: getattr(long, name) for name in long.__slots__} | {"instructions": "Find starts. " * 900}
    )
    first, second = client.ask(question=long), client.ask(question=long)
    assert first.usage is not None
    assert second.usage is not None
    assert first.usage.cached_input_tokens == 0 < second.usage.cached_input_tokens
    assert first.cost_usd is not None
    assert second.cost_usd is not None
    assert second.cost_usd < first.cost_usd


@pytest.mark.parametrize(
    ("dialect", "form", "refusals"),
    [(CHAT_ONLY, "json_schema", 0), (JSON_OBJECT_ONLY, "json_object", 1), (PLAIN_ONLY, "plain", 2)],
)
def test_a_server_is_asked_in_the_best_form_that_it_takes_and_it_is_remembered(dialect, form, refusals):
    with running_fake(dialect=dialect) as fake:
        client = make_client(fake.base_url)
        for _ in range(3):
            reply = ask(client)
            assert (reply.finish, reply.text[0], reply.text[-1]) == ("complete", "{", "}")
        assert client.dialect.form == form
        assert [call.status for call in fake.calls] == [400] * refusals + [200] * 3


def test_learning_does_not_change_the_settings_by_which_an_answer_is_found():
    with running_fake(dialect=PLAIN_ONLY) as fake:
        client = make_client(fake.base_url)
        before = dict(client.settings)
        ask(client)
        assert dict(client.settings) == before
        assert before == {"server": fake.base_url, "api": "chat", "reasoning_effort": "low"}


def test_many_threads_learn_at_once():
    with running_fake(dialect=PLAIN_ONLY) as fake:
        client = make_client(fake.base_url, concurrency=8)
        replies: list[Reply] = []
        threads = [threading.Thread(target=lambda: replies.append(ask(client))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [reply.finish for reply in replies] == ["complete"] * 8
        assert client.dialect.form == "plain"


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("fault", "finish"),
    [
        ("truncated", "truncated"),
        ("refusal", "refused"),
        ("content_filter", "filtered"),
        ("unknown_finish", "unknown"),
        ("empty_output", "complete"),
        ("wrong_schema", "complete"),
        ("invalid_json", "complete"),
    ],
)
def test_an_answer_of_no_use_comes_back_with_its_finish_and_its_cost(fake, api, fault, finish):
    client = make_client(fake.base_url, api=api)
    ask(client)  # learns what there is to learn
    fake.order(FaultRule(kind=fault))
    reply = ask(client)
    assert reply.finish == finish
    assert reply.usage is not None
    assert reply.cost_usd is not None
    if fault == "empty_output":
        assert reply.text == ""


FAULTS: list[tuple[FaultKind, str]] = [
    ("bad_request", "content_filter"),  # OpenAI's code is invalid_prompt: about this prompt, not about the form
    ("content_filter_400", "content_filter"),
    ("unauthorized", "unauthorized"),
    ("forbidden", "forbidden"),
    ("request_timeout", "request_timeout"),
    ("conflict", "conflict"),
    ("rate_limit", "rate_limited"),
    ("insufficient_quota", "insufficient_quota"),
    ("server_error", "server_error"),
    ("bad_gateway", "server_error"),
    ("unavailable", "server_error"),
    ("failed_response", "server_error"),
    ("invalid_body", "invalid_json"),
    ("reset_before_reading", "connection_reset"),
    ("reset_after_reading", "connection_reset"),
]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("fault", "kind"), FAULTS)
def test_a_fault_is_one_failed_call_of_its_kind_and_the_next_call_succeeds(fake, api, fault, kind):
    client = make_client(fake.base_url, api=api)
    ask(client)
    before = len(fake.calls)
    fake.order(FaultRule(kind=fault, nth=frozenset({1})))
    assert fail(client).kind == kind
    assert kind in RULES
    assert len(fake.calls) == before + 1  # the SDK retries nothing by itself
    assert ask(client).finish == "complete"


def test_a_server_that_hangs_is_left_after_the_timeout(fake):
    fake.order(FaultRule(kind="hang"))
    assert fail(make_client(fake.base_url, timeout_seconds=0.3)).kind == "timeout"


def test_a_refused_connection():
    with unreachable_address() as address:
        assert fail(make_client(f"{address}/v1")).kind == "connection_refused"


@pytest.mark.parametrize(
    "base_url", ["no-scheme/v1", "ftp://127.0.0.1/v1", "http://[/v1", "https:///v1", "http://host:x/v1"]
)
def test_what_cannot_be_an_address_is_refused_with_the_name_of_the_setting(base_url):
    with pytest.raises(InvalidSetting, match="OPENAI_BASE_URL") as raised:
        make_client(base_url)
    assert raised.value.kind == "not_found"


def test_the_pause_that_the_provider_asks_for_is_told(fake):
    client = make_client(fake.base_url, api="responses")
    fake.order(FaultRule(kind="rate_limit", retry_after_seconds=7.5))
    assert fail(client).retry_after_seconds == 7.5


def test_an_unknown_model_is_not_found(fake):
    for api in APIS:
        assert fail(make_client(fake.base_url, api=api, model="gpt-none")).kind == "not_found"


def test_a_wrong_key_is_unauthorized_and_quoted_nowhere(fake):
    failed = fail(make_client(fake.base_url, api_key="sk-wrong-1234567"))
    assert failed.kind == "unauthorized"
    assert "1234" not in "".join(traceback.format_exception(failed))


@pytest.mark.parametrize("key", ["", " ", "sk-äöü", "sk-one two", "sk-\x00"])
def test_what_cannot_be_a_key_is_refused_without_quoting_it(key):
    with pytest.raises(InvalidSetting) as raised:
        make_client("http://127.0.0.1:1/v1", api_key=key)
    assert not key.strip() or key not in str(raised.value)


def test_white_space_around_a_key_is_dropped(fake):
    assert ask(make_client(fake.base_url, api_key=f" {API_KEY}\n")).finish == "complete"


@pytest.mark.parametrize(("fault", "kind"), FAULTS)
def test_neither_failures_nor_logs_hold_content_or_key(fake, caplog, fault, kind):
    fake.order(FaultRule(kind=fault))
    client = make_client(fake.base_url, api="responses")
    with caplog.at_level(logging.DEBUG):
        failed = fail(client)
    told = "".join(traceback.format_exception(failed)) + caplog.text
    assert "Kim" not in told
    assert API_KEY not in told


def test_nothing_of_the_environment_overrides_what_is_configured(fake, monkeypatch):
    with unreachable_address() as address:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{address}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
        assert ask(make_client(fake.base_url)).finish == "complete"


def test_connections_are_kept_alive(fake):
    client = make_client(fake.base_url, api="responses", concurrency=1)
    opened = []
    original = fake._listener.get_request

    def counting() -> Any:
        accepted = original()
        opened.append(accepted)
        return accepted

    fake._listener.get_request = counting
    for _ in range(5):
        ask(client)
    assert len(opened) == 1


def test_a_forked_process_makes_a_connection_of_its_own(fake):
    client = make_client(fake.base_url)
    ask(client)
    parents = client._connection
    child = os.fork()
    if child == 0:
        ok = client._connection is None and ask(client).finish == "complete"
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client._connection is parents
    assert ask(client).finish == "complete"


def test_a_redirect_is_not_followed():
    with running_fake() as elsewhere:
        head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere.base_url}\r\nContent-Length: 0\r\n\r\n"
        with raw_server(head.encode()) as base_url:
            assert fail(make_client(base_url)).kind == "bad_request"
        assert elsewhere.log.calls == ()


def test_a_reply_that_trickles_ends_at_the_deadline():
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with raw_server(head, trickle=b"1\r\n \r\n") as base_url:
        started = time.monotonic()
        assert fail(make_client(base_url, timeout_seconds=0.4)).kind == "timeout"
        assert time.monotonic() - started < 20  # the server would go on for 30


def test_a_model_is_described(fake):
    assert make_client(fake.base_url).describe_model().shutdown_date is None
    described = make_client(fake.base_url, model="gpt-5-mini").describe_model()
    assert (described.id, described.shutdown_date) == ("gpt-5-mini", date(2027, 3, 31))


def test_azures_older_way_of_telling_the_end_is_read():
    body = b'{"id": "m", "deprecation": {"inference": 1806451200}}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    with raw_server(head + body) as base_url:
        assert make_client(base_url).describe_model().shutdown_date == date(2027, 3, 31)


@contextmanager
def raw_server(sent: bytes, *, trickle: bytes = b"") -> Iterator[str]:
    """A server that answers any one request with the bytes `sent`, then with `trickle` every 50 ms for up to 30 s."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1 << 20)
            connection.sendall(sent)
            for _ in range(600):
                if not trickle or ended.wait(0.05):
                    return
                try:
                    connection.sendall(trickle)
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        ended.set()
        thread.join(40)
        listener.close()
