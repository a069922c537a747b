"""The fake answers the real SDK as the API would: both endpoints, strict schemas, usage, limits, every fault."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
from openai.lib._pydantic import to_strict_json_schema

from documents.domain.findings import FINDINGS, read_finding
from tests.fake_openai import (
    API_KEY,
    CHAT_ONLY,
    FAULT_KINDS,
    JSON_OBJECT_ONLY,
    PLAIN_ONLY,
    FakeOpenAI,
    FaultKind,
    FaultRule,
    FaultyAnswerer,
    Limits,
    TruthAnswerer,
    running_fake,
    unreachable_address,
)
from tests.fake_openai.records import LabelledRecord, read_record
from tests.fake_openai.requests import ModelRequest
from tests.fake_openai.strict_schema import find_fault

SCHEMA = to_strict_json_schema(FINDINGS)
MODEL = "gpt-6-luna"
TEXT = "\n".join(
    [
        "Riverbend Animal Clinic",  # 1
        "Consultation",
        "Date: 2024-02-03",
        "Patient: Biscuit",
        "Species: Canine   Sex: FS",
        "Weight: 12.4 kg",
        "Owner: Alma Rowe",
        "",
        "Invoice 4471",  # 9
        "2024-02-03",
        "Total due 40.00",
        "",
        "Laboratory Report",  # 13
        "Date: 2024-02-10",
        "Biscuit (Alma Rowe)",
        "ALT 40 U/L",
        "",
    ]
)
TRUTH: dict[str, Any] = {
    "documents": [
        {"title": "Consultation", "start_line": 1, "end_line": 7, "type": "consult_note", "date": "2024-02-03"},
        {"title": "Invoice 4471", "start_line": 9, "end_line": 11, "type": "financial", "date": "2024-02-03"},
        {"title": "Blood panel", "start_line": 13, "end_line": 16, "type": "lab_report", "date": "2024-02-10"},
    ],
    "patients": [
        {
            "name": "Biscuit",
            "species": "dog",
            "sex": "female",
            "neutered": True,
            "owner": "Alma Rowe",
            "weights": [{"value": 12.4, "unit": "kg", "date": "2024-02-03", "line": 6}],
        }
    ],
}
Ask = Callable[..., Any]


def _record() -> LabelledRecord:
    return read_record(text=TEXT, truth=TRUTH)


def _content(first: int = 1, last: int = 16) -> str:
    lines = TEXT.split("\n")
    shown = [f"{number - first + 1}: {lines[number - 1]}" for number in range(first, last + 1) if lines[number - 1]]
    return "\n".join(shown)


@pytest.fixture
def truthful() -> Iterator[FakeOpenAI]:
    with running_fake(answerer=TruthAnswerer(records=[_record()])) as fake:
        yield fake


def _client(fake: FakeOpenAI, *, timeout: float = 10.0, api_key: str = API_KEY) -> openai.OpenAI:
    # Without certificates, which take longer to load than most tests here: the fake speaks plain HTTP.
    http_client = openai.DefaultHttpx2Client(verify=False, timeout=timeout)
    return openai.OpenAI(
        base_url=fake.base_url, api_key=api_key, max_retries=0, timeout=timeout, http_client=http_client
    )


def ask_responses(client: openai.OpenAI, *, content: str, schema: Any = SCHEMA, model: str = MODEL, **more: Any) -> Any:
    return client.responses.create(
        model=model,
        instructions="Name the documents that begin.",
        input=content,
        store=False,
        text={"format": {"type": "json_schema", "name": "finding", "strict": True, "schema": schema}},
        **more,
    )


def ask_chat(client: openai.OpenAI, *, content: str, schema: Any = SCHEMA, model: str = MODEL, **more: Any) -> Any:
    return client.chat.completions.create(
        model=model,
        messages=[
            {"role": "developer", "content": "Name the documents that begin."},
            {"role": "user", "content": content},
        ],
        store=False,
        response_format={"type": "json_schema", "json_schema": {"name": "finding", "strict": True, "schema": schema}},
        **more,
    )


BOTH = pytest.mark.parametrize("ask", [ask_responses, ask_chat], ids=["responses", "chat"])


def _text(answer: Any) -> str:
    text: str | None = answer.output_text if answer.object == "response" else answer.choices[0].message.content
    return text or ""


def _tokens(usage: Any) -> tuple[int, int]:
    if hasattr(usage, "input_tokens"):
        return usage.input_tokens, usage.output_tokens
    return usage.prompt_tokens, usage.completion_tokens


@BOTH
def test_the_truth_of_a_window_comes_in_the_windows_own_numbers(truthful: FakeOpenAI, ask: Ask):
    with _client(truthful) as client:
        finding = read_finding(_text(ask(client, content=_content(9, 16))))
    assert [(start.line, start.quote, start.title) for start in finding.starts] == [
        (1, "Invoice 4471", "Invoice 4471"),
        (5, "Laboratory Report", None),  # the title of the truth is not printed
    ]
    assert {(claim.field, claim.raw, claim.line) for claim in finding.facts} == {
        ("name", "Biscuit", 7),
        ("owner", "Alma Rowe", 7),
    }


@BOTH
def test_facts_quote_the_line_that_states_them(truthful: FakeOpenAI, ask: Ask):
    with _client(truthful) as client:
        finding = read_finding(_text(ask(client, content=_content())))
    told = {(claim.field, claim.raw): claim.quote for claim in finding.facts if claim.line <= 7}
    assert told == {
        ("name", "Biscuit"): "Patient: Biscuit",
        ("species", "Canine"): "Species: Canine   Sex: FS",
        ("sex", "FS"): "Species: Canine   Sex: FS",
        ("neutered", "FS"): "Species: Canine   Sex: FS",
        ("weight", "12.4 kg"): "Weight: 12.4 kg",
        ("owner", "Alma Rowe"): "Owner: Alma Rowe",
    }


def test_a_window_in_the_middle_of_a_document_has_no_start(truthful: FakeOpenAI):
    with _client(truthful) as client:
        assert read_finding(_text(ask_responses(client, content=_content(3, 7)))).starts == ()


def test_a_start_whose_own_line_is_not_sent_stands_at_the_next_that_is(truthful: FakeOpenAI):
    content = "\n".join(line for line in _content().split("\n") if not line.startswith("9:"))
    with _client(truthful) as client:
        finding = read_finding(_text(ask_responses(client, content=content)))
    assert [start.line for start in finding.starts] == [1, 10, 13]


def test_lines_of_no_record_fail_loudly_and_not_as_an_empty_answer():
    def ask_about_another_file() -> None:
        with running_fake(answerer=TruthAnswerer(records=[_record()])) as fake, _client(fake) as client:
            with pytest.raises(openai.InternalServerError):
                ask_responses(client, content="1: words of\n2: another file")
            assert fake.calls[0].status == 500

    with pytest.raises(LookupError, match="give the fake the record"):
        ask_about_another_file()


@BOTH
def test_usage_grows_with_the_prompt_and_names_the_dated_model(truthful: FakeOpenAI, ask: Ask):
    with _client(truthful) as client:
        short, long = ask(client, content=_content(9, 16)), ask(client, content=_content())
    assert _tokens(long.usage)[0] > _tokens(short.usage)[0] > 100
    assert _tokens(short.usage)[1] > 50
    assert short.model == "gpt-6-luna-2026-09-15"


@BOTH
def test_an_answer_over_its_bound_is_cut_and_paid_for(truthful: FakeOpenAI, ask: Ask):
    bound = {"max_output_tokens": 40} if ask is ask_responses else {"max_completion_tokens": 40}
    with _client(truthful) as client:
        answer = ask(client, content=_content(), **bound)
    if ask is ask_responses:
        assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    else:
        assert answer.choices[0].finish_reason == "length"
    assert _tokens(answer.usage)[1] == 40
    with pytest.raises(json.JSONDecodeError):
        json.loads(_text(answer))


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda schema: schema["properties"]["starts"].pop("items"), "array schema missing items"),
        (lambda schema: schema["required"].remove("facts"), "every key in properties. Missing 'facts'"),
        (lambda schema: schema.pop("additionalProperties"), "'additionalProperties' is required"),
        (lambda schema: schema.update(additionalProperties=True), "'additionalProperties' is required"),
        (lambda schema: schema["$defs"]["Start"]["required"].pop(), r"In context=\('\$defs', 'Start'\), 'required'"),
        (
            lambda schema: schema["$defs"]["Start"]["properties"]["quote"].update(maxLength=80),
            "'maxLength' is not perm",
        ),
        (lambda schema: schema["$defs"]["Start"]["properties"]["quote"].update(default=""), "'default' is not perm"),
        (lambda schema: schema.update(allOf=[]), "'allOf' is not permitted"),
        (lambda schema: schema.update(type="array"), "'type: \"object\"'"),
    ],
)
@BOTH
def test_an_illegal_strict_schema_is_refused_with_its_place(truthful: FakeOpenAI, ask: Ask, spoil: Any, complaint: str):
    schema = json.loads(json.dumps(SCHEMA))
    spoil(schema)
    with _client(truthful) as client, pytest.raises(openai.BadRequestError, match=complaint) as caught:
        ask(client, content=_content(), schema=schema)
    assert (caught.value.code, caught.value.type) == ("invalid_json_schema", "invalid_request_error")


def test_nesting_beyond_ten_levels_is_refused_and_recursion_is_not():
    def nest(depth: int) -> dict[str, Any]:
        inner = nest(depth - 1) if depth > 1 else {"type": "string"}
        return {"type": "object", "properties": {"a": inner}, "required": ["a"], "additionalProperties": False}

    recursive = nest(1) | {"properties": {"a": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}
    assert find_fault(schema=nest(10)) is None
    assert find_fault(schema=nest(11)) == "11 levels of nesting exceeds limit of 10."
    assert find_fault(schema=recursive) is None


@pytest.mark.parametrize(
    ("ask", "options", "code"),
    [
        (ask_responses, {"temperature": 0}, "unsupported_parameter"),
        (ask_chat, {"max_tokens": 100}, "unsupported_parameter"),
        (ask_responses, {"max_output_tokens": 8}, "integer_below_min_value"),
        (ask_responses, {"extra_body": {"max_tokens": 100}}, "unknown_parameter"),
        (ask_responses, {"reasoning": {"effort": "tiny"}}, "invalid_value"),
        (ask_chat, {"metadata": {"purpose": "window"}}, None),  # without store=True
    ],
)
def test_parameters_that_openai_refuses_are_refused(truthful: FakeOpenAI, ask: Ask, options: Any, code: str | None):
    with _client(truthful) as client, pytest.raises(openai.BadRequestError) as caught:
        ask(client, content=_content(), **options)
    assert caught.value.code == code


def test_a_missing_or_wrong_key_is_unauthorized(truthful: FakeOpenAI):
    with _client(truthful, api_key="sk-another-key") as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            client.models.list()
        with pytest.raises(openai.AuthenticationError, match="didn't provide an API key"):
            client.models.list(extra_headers={"Authorization": ""})
    assert caught.value.code == "invalid_api_key"
    assert "another" not in str(caught.value)


def test_models_are_listed_and_an_unknown_one_is_not_found(truthful: FakeOpenAI):
    with _client(truthful) as client:
        listed = {model.id: model for model in client.models.list()}
        assert listed[MODEL].created > 0
        assert listed[MODEL].shutdown_date is None
        assert client.models.retrieve("gpt-5-mini").shutdown_date == "2027-03-31"
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve("gpt-0")
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
        with pytest.raises(openai.BadRequestError) as refused:
            ask_responses(client, content=_content(), model="gpt-0")
        assert refused.value.code == "model_not_found"
        with pytest.raises(openai.NotFoundError):
            ask_chat(client, content=_content(), model="gpt-0")


def test_the_log_tells_what_was_asked_and_how_it_ended(truthful: FakeOpenAI):
    truthful.order(FaultRule(kind="server_error", nth=frozenset({2})))
    with _client(truthful) as client:
        answer = client.responses.with_raw_response.create(model=MODEL, input="hello", store=False)
        with pytest.raises(openai.InternalServerError):
            ask_chat(client, content=_content())
    first, second = truthful.calls
    assert (first.path, first.status, first.fault, first.model) == ("/v1/responses", 200, None, MODEL)
    assert (second.path, second.status, second.fault) == ("/v1/chat/completions", 500, "server_error")
    assert first.body is not None
    assert first.body["store"] is False
    assert first.key_sha256 == second.key_sha256 is not None
    assert first.body_sha256 != second.body_sha256
    assert answer.headers["x-request-id"].startswith("req_")
    assert API_KEY not in json.dumps(truthful.log.as_json())


def test_limits_are_told_and_held_where_wanted():
    limits = Limits(requests_per_minute=2, tokens_per_minute=1_000_000, enforced=True)
    with running_fake(limits=limits) as fake, _client(fake) as client:
        answer = client.responses.with_raw_response.create(model=MODEL, input="hello")
        assert answer.headers["x-ratelimit-limit-requests"] == "2"
        assert answer.headers["x-ratelimit-remaining-requests"] == "1"
        assert answer.headers["x-ratelimit-reset-requests"].endswith("s")
        client.responses.create(model=MODEL, input="hello")
        with pytest.raises(openai.RateLimitError) as caught:
            client.responses.create(model=MODEL, input="hello")
    assert caught.value.code == "rate_limit_exceeded"
    assert 0 < float(caught.value.response.headers["retry-after-ms"]) <= 30_000


def test_other_servers_are_told_apart_by_what_they_refuse():
    truth = TruthAnswerer(records=[_record()])
    plain: dict[str, Any] = {
        "model": "some-model",
        "messages": [{"role": "user", "content": "JSON please\n" + _content()}],
    }
    with running_fake(answerer=truth, dialect=CHAT_ONLY) as fake, _client(fake) as client:
        with pytest.raises(openai.NotFoundError):
            ask_responses(client, content=_content(), model="some-model")
        assert len(read_finding(_text(ask_chat(client, content=_content(), model="some-model"))).starts) == 3
    with running_fake(answerer=truth, dialect=JSON_OBJECT_ONLY) as fake, _client(fake) as client:
        with pytest.raises(openai.BadRequestError, match="response_format"):
            ask_chat(client, content=_content(), model="some-model")
        answer = client.chat.completions.create(**plain, response_format={"type": "json_object"})
        assert len(read_finding(_text(answer)).starts) == 3
    with running_fake(answerer=truth, dialect=PLAIN_ONLY) as fake, _client(fake) as client:
        with pytest.raises(openai.BadRequestError, match="response_format"):
            client.chat.completions.create(**plain, response_format={"type": "json_object"})
        assert _text(client.chat.completions.create(**plain)).startswith("```json\n")


def test_json_mode_needs_the_word_in_the_prompt(truthful: FakeOpenAI):
    with _client(truthful) as client, pytest.raises(openai.BadRequestError, match="the word 'json'"):
        client.responses.create(model=MODEL, input=_content(), text={"format": {"type": "json_object"}})


# What the SDK makes of each fault: an exception and its code, or how the answer ends.
ERRORS: dict[FaultKind, tuple[type[Exception], str | None]] = {
    "bad_request": (openai.BadRequestError, "invalid_prompt"),
    "content_filter_400": (openai.BadRequestError, "content_filter"),
    "unauthorized": (openai.AuthenticationError, "invalid_api_key"),
    "forbidden": (openai.PermissionDeniedError, "model_not_found"),
    "request_timeout": (openai.APIStatusError, None),
    "conflict": (openai.ConflictError, None),
    "rate_limit": (openai.RateLimitError, "rate_limit_exceeded"),
    "insufficient_quota": (openai.RateLimitError, "insufficient_quota"),
    "server_error": (openai.InternalServerError, None),
    "bad_gateway": (openai.InternalServerError, None),
    "unavailable": (openai.InternalServerError, None),
    "reset_before_reading": (openai.APIConnectionError, None),
    "reset_after_reading": (openai.APIConnectionError, None),
    "hang": (openai.APITimeoutError, None),
    "invalid_body": (json.JSONDecodeError, None),
}
RESPONSE_ENDINGS: dict[FaultKind, tuple[str, str | None]] = {
    "truncated": ("incomplete", "max_output_tokens"),
    "wrong_schema": ("completed", None),
    "invalid_json": ("completed", None),
    "empty_output": ("completed", None),
    "refusal": ("completed", None),
    "content_filter": ("incomplete", "content_filter"),
    "unknown_finish": ("incomplete", "a_reason_of_tomorrow"),
    "ungrounded_quotes": ("completed", None),
    "failed_response": ("failed", None),
}
CHAT_ENDINGS: dict[FaultKind, str] = {
    "truncated": "length",
    "wrong_schema": "stop",
    "invalid_json": "stop",
    "empty_output": "stop",
    "refusal": "stop",
    "content_filter": "content_filter",
    "unknown_finish": "insufficient_system_resource",
    "ungrounded_quotes": "stop",
}


def test_every_fault_is_tried_here():
    assert {*ERRORS, *RESPONSE_ENDINGS} == set(FAULT_KINDS)


@pytest.mark.parametrize("kind", ERRORS)
@BOTH
def test_the_sdk_raises_what_an_ordered_error_stands_for(truthful: FakeOpenAI, ask: Ask, kind: FaultKind):
    truthful.order(FaultRule(kind=kind, nth=frozenset({1}), retry_after_seconds=2.5))
    expected, code = ERRORS[kind]
    with _client(truthful, timeout=0.3 if kind == "hang" else 10.0) as client:
        with pytest.raises(expected) as caught:
            ask(client, content=_content())
        assert getattr(caught.value, "code", None) == code
        if kind in {"rate_limit", "unavailable"}:
            headers = caught.value.response.headers  # type: ignore[attr-defined]  # of the two kinds that have one
            assert (headers["retry-after"], headers["retry-after-ms"]) == ("3", "2500")
        # The fault was ordered for one call only: the next goes through.
        patient = client.with_options(timeout=10.0)
        assert len(read_finding(_text(ask(patient, content=_content()))).starts) == 3
    assert [call.fault for call in truthful.calls] == [kind, None]


@pytest.mark.parametrize("kind", RESPONSE_ENDINGS)
def test_a_response_ends_as_its_fault_says(truthful: FakeOpenAI, kind: FaultKind):
    truthful.order(FaultRule(kind=kind))
    with _client(truthful) as client:
        answer = ask_responses(client, content=_content())
    reason = answer.incomplete_details.reason if answer.incomplete_details else None
    assert (answer.status, reason) == RESPONSE_ENDINGS[kind]
    parts = [part.type for item in answer.output if item.type == "message" for part in item.content]
    assert parts == {"refusal": ["refusal"], "empty_output": [], "failed_response": []}.get(kind, ["output_text"])
    assert (answer.usage is None) == (kind == "failed_response")


@pytest.mark.parametrize("kind", CHAT_ENDINGS)
def test_a_completion_ends_as_its_fault_says(truthful: FakeOpenAI, kind: FaultKind):
    truthful.order(FaultRule(kind=kind))
    with _client(truthful) as client:
        answer = ask_chat(client, content=_content())
    assert answer.choices[0].finish_reason == CHAT_ENDINGS[kind]
    assert (answer.choices[0].message.refusal is not None) == (kind == "refusal")
    assert answer.usage.completion_tokens > 0


@BOTH
def test_ungrounded_quotes_stand_nowhere_in_the_question_and_keep_the_schema(truthful: FakeOpenAI, ask: Ask):
    truthful.order(FaultRule(kind="ungrounded_quotes"))
    with _client(truthful) as client:
        finding = read_finding(_text(ask(client, content=_content())))
        none_found = read_finding(_text(ask(client, content=_content(3, 7))))
    assert [start.line for start in finding.starts] == [1, 9, 13]
    assert finding.facts
    assert len(none_found.starts) == 1
    quotes = [start.quote for start in (*finding.starts, *none_found.starts)]
    assert not [quote for quote in (*quotes, *(fact.quote for fact in finding.facts)) if quote in TEXT]


def test_a_failed_response_is_a_500_where_chat_is_spoken(truthful: FakeOpenAI):
    truthful.order(FaultRule(kind="failed_response"))
    with _client(truthful) as client, pytest.raises(openai.InternalServerError):
        ask_chat(client, content=_content())


def test_rules_choose_calls_by_number_step_body_and_words():
    def faults(*rules: FaultRule, contents: list[str]) -> list[str | None]:
        with running_fake(faults=rules) as fake, _client(fake) as client:
            for content in contents:
                client.responses.with_raw_response.create(model=MODEL, input=content)
            return [call.fault for call in fake.calls]

    empty, refusal = FaultRule(kind="empty_output", every=3), FaultRule(kind="refusal", nth=frozenset({1, 3}))
    assert faults(empty, refusal, contents=["a"] * 4) == ["refusal", None, "empty_output", None]
    once = FaultRule(kind="refusal", once_per_body=True)
    assert faults(once, contents=["a", "b", "a", "b"]) == ["refusal", "refusal", None, None]
    worded = FaultRule(kind="refusal", containing="secret", at_most=1)
    assert faults(worded, contents=["plain", "a secret", "a secret"]) == [None, "refusal", None]


def test_faults_by_chance_depend_on_the_seed_and_not_on_the_order():
    contents = [f"window {number}" for number in range(60)]

    def refused(order: list[str], seed: int) -> set[str]:
        rule = FaultRule(kind="refusal", probability=0.3, seed=seed)
        with running_fake(faults=[rule]) as fake, _client(fake) as client:
            for content in order:
                client.responses.create(model=MODEL, input=content)
            return {str(call.body["input"]) for call in fake.calls if call.body and call.fault}

    there = refused(contents, 1)
    assert 6 <= len(there) <= 30
    assert refused(contents[::-1], 1) == there != refused(contents, 2)


def test_mistakes_are_drawn_as_ordered_and_leave_the_rest_true():
    truth: dict[str, Any] = {"documents": [], "patients": []}
    lines: list[str] = []
    for number in range(1, 1001):
        entry = {"title": f"Report {number}", "start_line": len(lines) + 1, "type": "other", "date": None}
        lines += [f"Report {number}", f"words of {number}", f"more of {number}"]
        truth["documents"].append({**entry, "end_line": len(lines)})
    record = read_record(text="\n".join(lines), truth=truth)
    answerer = FaultyAnswerer(inner=TruthAnswerer(records=[record]), seed=7)
    with running_fake(answerer=answerer) as fake, _client(fake) as client:
        found = []
        for first in range(1, len(lines), 300):
            content = "\n".join(f"{n - first + 1}: {lines[n - 1]}" for n in range(first, first + 300))
            finding = read_finding(_text(ask_responses(client, content=content)))
            found += [(start.line + first - 1, start.quote) for start in finding.starts]
    kept = [(line, quote) for line, quote in found if quote == lines[line - 1]]
    moved = [(line, quote) for line, quote in found if quote in lines and quote != lines[line - 1]]
    invented = [(line, quote) for line, quote in found if quote not in lines]
    real = [line for line, _ in kept if line % 3 != 1]
    assert all(1 <= abs(line - 1 - lines.index(quote)) <= 2 for line, quote in moved)
    assert answerer.dealt == {
        "true": len(kept) - len(real),
        "shifted": len(moved),
        "dropped": 1000 - len(kept) + len(real) - len(moved),
        "invented_real": len(real),
        "invented_false": len(invented),
    }
    assert 70 <= len(moved) <= 130
    assert 30 <= answerer.dealt["dropped"] <= 70
    assert 12 <= len(real) <= 40
    assert 12 <= len(invented) <= 40


def test_the_same_question_gets_the_same_mistakes_and_a_second_question_others():
    inner = TruthAnswerer(records=[_record()])
    answerer = FaultyAnswerer(inner=inner, seed=3, shifted=0.5, dropped=0.3, invented=0.5)
    with running_fake(answerer=answerer) as fake, _client(fake) as client:

        def starts(instructions: str) -> str:
            answer = client.responses.create(model=MODEL, instructions=instructions, input=_content())
            return json.dumps(json.loads(answer.output_text)["starts"])

        assert starts("Name the starts.") == starts("Name the starts.")
        assert len({starts(f"Asked again, {number}.") for number in range(8)}) > 1


def test_a_server_that_went_away_comes_back_at_its_address(truthful: FakeOpenAI):
    with _client(truthful) as client:
        client.models.list()
        with truthful.gone(), pytest.raises(openai.APIConnectionError):
            client.models.list()
        assert client.models.retrieve(MODEL).id == MODEL


def test_nobody_listens_at_an_unreachable_address():
    with unreachable_address() as base_url:
        client = openai.OpenAI(base_url=base_url, api_key=API_KEY, max_retries=0)
        with client, pytest.raises(openai.APIConnectionError) as caught:
            client.models.list()
    assert "refused" in str(caught.value.__cause__)


def test_forty_calls_are_answered_side_by_side_and_leave_no_thread():
    before = threading.active_count()
    together = threading.Barrier(40, timeout=60)  # breaks unless all forty are being answered at once

    def answer_together(request: ModelRequest) -> None:
        together.wait()

    with running_fake(answerer=answer_together) as fake, _client(fake, timeout=60.0) as client:
        with ThreadPoolExecutor(max_workers=40) as pool:
            list(pool.map(lambda number: client.responses.create(model=MODEL, input=f"window {number}"), range(40)))
        assert max(call.in_flight for call in fake.calls) == 40
    assert threading.active_count() == before


def test_an_answer_takes_as_long_as_was_ordered():
    with running_fake(latency_seconds=30.0) as fake:
        client = _client(fake, timeout=0.2)
        with client, pytest.raises(openai.APITimeoutError):
            client.responses.create(model=MODEL, input="hello")


def test_a_process_of_its_own_tells_its_address_and_keeps_a_log(tmp_path: Any):
    (tmp_path / "r.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "r.truth.json").write_text(json.dumps(TRUTH), encoding="utf-8")
    command = [sys.executable, "-m", "tests.fake_openai", "--record", str(tmp_path / "r.txt"), "--lifetime", "60"]
    command += ["--fault", "refusal:nth=2", "--latency", "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        try:
            assert process.stdout is not None
            base_url = process.stdout.readline().strip()
            with openai.OpenAI(base_url=base_url, api_key=API_KEY, max_retries=0) as client:
                first, second = (ask_chat(client, content=_content()) for _ in range(2))
                log = client.get("/../__log", cast_to=object)
                assert client.delete("/../__log", cast_to=object) == {}
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert len(read_finding(_text(first)).starts) == 3
    assert second.choices[0].message.refusal
    assert [call["fault"] for call in log] == [None, "refusal"]  # type: ignore[attr-defined]  # JSON
