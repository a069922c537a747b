import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.domain.retries import RULES
from jobs.llm.client import CallFailed, Usage
from jobs.llm.wire import classify_error, describe_error, find_json, read_body, read_retry_after

NOW = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)


def responses_body(**changes: Any) -> dict[str, Any]:
    return {
        "model": "gpt-6-luna-2026-09-15",
        "status": "completed",
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "content": [{"type": "output_text", "text": "{}"}]},
        ],
        "usage": {"input_tokens": 10, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 4}},
        **changes,
    }


def chat_body(*, message: dict[str, Any] | None = None, **choice: Any) -> dict[str, Any]:
    return {
        "model": "llama-3.3",
        "choices": [{"message": message or {"content": "{}"}, "finish_reason": "stop", **choice}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}},
    }


@pytest.mark.parametrize(("api", "body"), [("responses", responses_body()), ("chat", chat_body())])
def test_a_complete_answer(api, body):
    reading = read_body(api=api, body=body)
    assert (reading.finish, reading.text) == ("complete", "{}")
    assert reading.usage == Usage(input_tokens=10, output_tokens=5, cached_input_tokens=4)


@pytest.mark.parametrize(
    ("changes", "finish"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "truncated"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "filtered"),
        ({"status": "incomplete", "incomplete_details": None}, "unknown"),
        ({"status": "queued"}, "unknown"),
        ({"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]}, "refused"),
        ({"status": "failed", "error": {"code": "misalignment_policy_violation", "message": "m"}}, "filtered"),
    ],
)
def test_how_an_answer_of_responses_ended(changes, finish):
    assert read_body(api="responses", body=responses_body(**changes)).finish == finish


@pytest.mark.parametrize(
    ("choice", "finish"),
    [
        ({"finish_reason": "length"}, "truncated"),
        ({"finish_reason": "content_filter"}, "filtered"),
        ({"finish_reason": None}, "unknown"),
        ({"finish_reason": "tool_calls"}, "unknown"),
        ({"message": {"content": None, "refusal": "no"}}, "refused"),
    ],
)
def test_how_an_answer_of_chat_ended(choice, finish):
    assert read_body(api="chat", body=chat_body(**choice)).finish == finish


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "server_error", "message": "m"}, "server_error"),
        ({"code": "rate_limit_exceeded", "message": "m"}, "rate_limited"),
        ({"code": 429, "message": "m"}, "rate_limited"),
        ({"code": 502, "message": "m"}, "server_error"),
        ({"message": "m"}, "server_error"),
    ],
)
@pytest.mark.parametrize("api", ["responses", "chat"])
def test_an_error_told_with_status_200_is_a_failed_call(api, error, kind):
    with pytest.raises(CallFailed) as raised:
        read_body(api=api, body={"error": error, "status": "failed"})
    assert raised.value.kind == kind


def test_content_in_parts_is_joined():
    message = {"content": [{"type": "text", "text": "{"}, {"type": "text", "text": "}"}]}
    assert read_body(api="chat", body=chat_body(message=message)).text == "{}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["output", "choices", "message", "content", "usage", "error", "code", "text", "type", "status"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(api=st.sampled_from(["responses", "chat"]), body=JSON)
def test_no_shape_of_a_body_is_unforeseen(api, body):
    try:
        outcome: str = read_body(api=api, body=body).finish
    except CallFailed as failed:
        outcome = failed.kind
    assert outcome in {"complete", "truncated", "refused", "filtered", "unknown", *RULES}


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": "invalid_value"}, "bad_request"),
        (400, {"code": "context_length_exceeded"}, "too_long"),
        (400, {"code": "content_filter"}, "content_filter"),
        (400, {"code": "invalid_prompt"}, "content_filter"),
        (400, {"code": "model_not_found"}, "not_found"),
        (307, None, "bad_request"),
        (401, {"code": "invalid_api_key"}, "unauthorized"),
        (402, "Payment Required", "insufficient_quota"),
        (403, {"code": "model_not_found"}, "forbidden"),
        (404, {}, "not_found"),
        (408, None, "request_timeout"),
        (409, None, "conflict"),
        (413, None, "too_long"),
        (422, {"detail": []}, "bad_request"),
        (429, {"type": "tokens", "code": "rate_limit_exceeded"}, "rate_limited"),
        (429, {"type": "insufficient_quota", "code": "insufficient_quota"}, "insufficient_quota"),
        (429, {"type": "insufficient_quota", "code": None}, "insufficient_quota"),
        (429, "slow down", "rate_limited"),
        (500, None, "server_error"),
        (502, "<html>", "server_error"),
        (503, {"code": None}, "server_error"),
    ],
)
def test_status_and_code_give_the_kind(status, error, kind):
    assert classify_error(status=status, error=error) == kind


def test_a_description_tells_the_code_and_never_the_providers_words():
    error = {"code": "invalid_api_key", "message": "Incorrect API key provided: sk-12345."}
    assert describe_error(status=401, error=error) == "the provider answered 401 (invalid_api_key)"
    assert describe_error(status=400, error={"code": "Owner: Kim Doe"}) == "the provider answered 400"
    assert describe_error(status=502, error="<html>Owner: Kim Doe</html>") == "the provider answered 502"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "20"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "20"}, 20),
        ({"retry-after": "Sun, 01 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Sun, 01 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_the_pause_that_is_asked_for(headers, seconds):
    assert read_retry_after(headers=headers, now=NOW) == seconds


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "b"}',
        ' \n{"a": "b"}\n',
        '```json\n{"a": "b"}\n```',
        '```\n{"a": "b"}\n```',
        'Here it is:\n```json\n{"a": "b"}\n```\nAnything else?',
        'Sure! {"a": "b"} Done.',
        '<think>Is {this} one?</think>\n{"a": "b"}',
    ],
)
def test_json_is_found_in_what_stands_around_it(text):
    assert json.loads(find_json(text)) == {"a": "b"}


@pytest.mark.parametrize("text", ["", "no JSON here", "}{", '{"a": "```json\\n{}\\n```"}'])
def test_where_there_is_nothing_to_take_out_the_text_stays(text):
    assert find_json(text) == text
