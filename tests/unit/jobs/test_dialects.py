import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.llm.dialects import Dialect, Extra, build_request, choose_dialect, narrow_dialect
from tests.unit.jobs.questions import SCHEMA, make_question

OPENAI = "https://api.openai.com/v1"
LOCAL = "http://127.0.0.1:11434/v1"


def build(dialect: Dialect, *, safety_identifier: str | None = None) -> dict[str, Any]:
    return build_request(
        dialect=dialect, model="gpt-6-luna", question=make_question(), safety_identifier=safety_identifier
    )


def narrow_once(dialect: Dialect, error: object) -> Dialect:
    narrower = narrow_dialect(dialect=dialect, error=error)
    assert narrower is not None
    return narrower


@pytest.mark.parametrize(
    ("base_url", "api"),
    [
        (OPENAI, "responses"),
        ("https://eu.api.openai.com/v1/", "responses"),
        ("https://clinic.openai.azure.com/openai/v1/", "responses"),
        ("https://clinic.services.ai.azure.com/openai/v1", "responses"),
        ("https://clinic.openai.azure.com/openai/deployments/x", "chat"),
        (LOCAL, "chat"),
        ("https://openrouter.ai/api/v1", "chat"),
        ("https://api.openai.com.example.org/v1", "chat"),
        ("https://notapi.openai.com/v1", "chat"),
    ],
)
def test_auto_is_responses_for_openai_and_azure_v1_and_chat_for_the_rest(base_url, api):
    assert choose_dialect(base_url=base_url, api="auto").api == api


def test_a_configured_api_wins():
    assert choose_dialect(base_url=LOCAL, api="responses").api == "responses"
    assert choose_dialect(base_url=OPENAI, api="chat").api == "chat"


def test_a_responses_request_keeps_nothing_and_says_what_is_asked():
    request = build(choose_dialect(base_url=OPENAI, api="auto"), safety_identifier="c0ffee")
    assert request == {
        "model": "gpt-6-luna",
        "input": [
            {
                "role": "system",
                "content": [
                    {
                        "type": "input_text",
                        "text": "Find the starts.",
                        "prompt_cache_breakpoint": {"mode": "explicit"},
                    }
                ],
            },
            {"role": "user", "content": "1: line of window 0"},
        ],
        "max_output_tokens": 1000,
        "text": {"format": {"type": "json_schema", "name": "finding", "schema": SCHEMA, "strict": True}},
        "reasoning": {"effort": "low"},
        "metadata": {"purpose": "window", "prompt_version": "v1"},
        "store": False,
        "safety_identifier": "c0ffee",
        "prompt_cache_key": "pennie-finding-v1",
        "prompt_cache_options": {"mode": "explicit"},
    }


def test_a_chat_request_of_openai():
    request = build(choose_dialect(base_url=OPENAI, api="chat"))
    assert request == {
        "model": "gpt-6-luna",
        "messages": [
            {
                "role": "system",
                "content": [
                    {"type": "text", "text": "Find the starts.", "prompt_cache_breakpoint": {"mode": "explicit"}}
                ],
            },
            {"role": "user", "content": "1: line of window 0"},
        ],
        "max_completion_tokens": 1000,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "finding", "schema": SCHEMA, "strict": True},
        },
        "reasoning_effort": "low",
        "store": False,
        "prompt_cache_key": "pennie-finding-v1",
        "prompt_cache_options": {"mode": "explicit"},
    }


def test_a_server_that_may_ignore_newer_names_is_bound_by_the_older():
    request = build(choose_dialect(base_url=LOCAL, api="auto"))
    assert request["max_tokens"] == 1000
    assert "max_completion_tokens" not in request


FORM_REFUSED = {"message": "This response_format type is unavailable now", "type": "invalid_request_error"}


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_each_refused_form_leads_one_rung_down_and_the_schema_is_then_told_in_words(api):
    first = choose_dialect(base_url=LOCAL, api=api)
    second = narrow_once(first, FORM_REFUSED)
    third = narrow_once(second, {"error": "'response_format.type' must be 'json_schema' or 'text'"})
    assert [first.form, second.form, third.form] == ["json_schema", "json_object", "plain"]
    assert narrow_dialect(dialect=third, error=FORM_REFUSED) is None
    for dialect in (second, third):
        told = (build(dialect).get("input") or build(dialect)["messages"])[0]["content"]
        assert "JSON" in told
        assert told.endswith(json.dumps(SCHEMA, separators=(",", ":")))
    wanted = build(second).get("response_format") or build(second)["text"]["format"]
    assert wanted == {"type": "json_object"}
    assert not {"response_format", "text"} & set(build(third))


@pytest.mark.parametrize(
    ("error", "gone"),
    [
        ({"param": "reasoning.effort", "message": "Unsupported parameter: 'reasoning.effort'"}, "reasoning"),
        ({"message": "Unrecognized request argument supplied: reasoning_effort", "param": None}, "reasoning"),
        ({"message": 'Invalid JSON payload received. Unknown name "reasoning_effort"'}, "reasoning"),
        ({"detail": [{"type": "extra_forbidden", "loc": ["body", "store"], "msg": "not permitted"}]}, "store"),
        ({"message": "Unrecognized request argument supplied: store"}, "store"),
        ("Unknown parameter: 'safety_identifier'.", "safety_identifier"),
        ({"message": "prompt_cache_options is not supported with this model."}, "prompt_cache_options"),
        ({"message": "Unknown parameter: 'prompt_cache_key'."}, "prompt_cache_key"),
    ],
)
def test_an_optional_parameter_that_is_refused_is_left_out(error, gone):
    before = replace(choose_dialect(base_url=LOCAL, api="chat"), extras=frozenset(get_args(Extra)))
    assert narrow_once(before, error).extras == before.extras - {gone}


def test_a_refused_name_of_the_output_limit_is_replaced():
    before = choose_dialect(base_url=LOCAL, api="chat")
    after = narrow_once(
        before, {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}
    )
    assert "max_tokens" not in build(after)
    assert build(after)["max_completion_tokens"] == 1000


def test_openai_is_never_asked_without_saying_that_nothing_is_to_be_stored():
    dialect = choose_dialect(base_url=OPENAI, api="auto")
    assert narrow_dialect(dialect=dialect, error={"message": "Unknown parameter: 'store'.", "param": "store"}) is None


def test_a_fault_of_our_schema_is_not_hidden_by_a_lower_form():
    error = {"code": "invalid_json_schema", "param": "text.format.schema", "message": "Invalid schema"}
    assert narrow_dialect(dialect=choose_dialect(base_url=OPENAI, api="auto"), error=error) is None


@pytest.mark.parametrize(
    "error", [None, "", {}, {"message": "The record says: pet store and metadata on effort."}, ["odd"], 7]
)
def test_an_error_that_names_nothing_teaches_nothing(error):
    assert narrow_dialect(dialect=choose_dialect(base_url=LOCAL, api="auto"), error=error) is None


COMPLAINTS = st.sampled_from(
    [FORM_REFUSED, "'store'", "reasoning_effort", "safety_identifier", "'metadata'", "max_tokens", "nothing", "{}"]
)


@given(
    base_url=st.sampled_from([OPENAI, LOCAL]),
    api=st.sampled_from(["auto", "responses", "chat"]),
    errors=st.lists(COMPLAINTS, max_size=30),
)
def test_learning_ends(base_url, api, errors):
    dialect = choose_dialect(base_url=base_url, api=api)
    steps = 0
    for error in errors:
        narrower = narrow_dialect(dialect=dialect, error=error)
        if narrower is not None:
            assert narrower != dialect
            dialect, steps = narrower, steps + 1
    assert steps <= 7
