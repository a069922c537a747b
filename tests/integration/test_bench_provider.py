"""The provider that load is put on knows generated records, holds the account's limits and tells what was used."""

import hashlib
from pathlib import Path

import openai

from documents.domain.findings import read_finding
from jobs.pipeline import PreparedFile
from tests.bench.material import read_record
from tests.bench.processes import measure_apart
from tests.bench.provider import ACCOUNT, running_provider
from tests.bench.questions import make_questions
from tests.chaos.undisturbed import make_record
from tests.fake_openai import API_KEY, Limits
from tests.records.generator import Order, generate


def test_it_answers_generated_records_and_sums_up_what_was_asked():
    orders: list[Order] = [{"seed": 1, "lines": 300}, {"seed": 2, "lines": 300}]
    text, truth = generate(**orders[1])
    shown = "\n".join(f"{number}: {line}" for number, line in enumerate(text.split("\n")[:200], start=1) if line)
    with running_provider(latency_seconds=0.0, orders=orders, lifetime_seconds=60.0) as provider:
        provider.order(["conflict:nth=2"])
        client = openai.OpenAI(base_url=provider.base_url, api_key=API_KEY, max_retries=0)
        with client:
            answer = client.responses.with_raw_response.create(model="gpt-6-luna", input=shown, max_output_tokens=6_000)
        said = answer.parse()
        totals = provider.totals()
        (call,) = provider.calls()
        assert provider.in_flight() == 0
        assert provider.cpu_seconds() > 0
        provider.forget()
        assert provider.totals()["calls"] == 0
    true = [document["start_line"] for document in truth["documents"] if document["start_line"] <= 200]
    assert [start.line for start in read_finding(said.output_text).starts] == true
    assert answer.headers["x-ratelimit-limit-requests"] == str(ACCOUNT.requests_per_minute)
    assert said.usage is not None
    assert (totals["calls"], totals["over_limit"], totals["output_tokens"]) == (1, 0, said.usage.output_tokens)
    assert (call["request_id"], call["charged_tokens"]) == (answer.headers["x-request-id"], totals["charged_tokens"])


def test_it_holds_other_limits_where_they_are_named():
    limits = Limits(
        requests_per_minute=1, enforced=True, counting="sliding", per_second=True, refunds=True,
        headers="only_limits", reset_as="6m0s", retry_form="seconds",
    )  # fmt: skip
    with running_provider(latency_seconds=0.0, limits=limits, lifetime_seconds=60.0) as provider:
        client = openai.OpenAI(base_url=provider.base_url, api_key=API_KEY, max_retries=0)
        with client:
            client.responses.create(model="gpt-6-luna", input="hello")
            try:
                client.responses.create(model="gpt-6-luna", input="hello")
            except openai.RateLimitError as error:
                headers = error.response.headers
        totals = provider.totals()
    assert 55 <= float(headers["retry-after"]) <= 60
    assert "x-ratelimit-remaining-requests" not in headers
    assert (totals["calls"], totals["over_limit"]) == (2, 1)


def test_a_pool_over_the_sdk_tells_what_it_gave_up(tmp_path: Path) -> None:
    record = make_record(folder=tmp_path, seed=1, lines=1_000)
    limits = Limits(requests_per_minute=2, enforced=True, retry_form="none")
    with running_provider(latency_seconds=0.0, records=[record], limits=limits, lifetime_seconds=60.0) as provider:
        arguments = [provider.base_url, str(record), "--threads", "2", "--retries", "0"]
        told = measure_apart(module="tests.bench.sdk", arguments=arguments, seconds=60.0)
        totals = provider.totals()
    assert told["answered"] == 1  # the first call, before the clock starts, took the other
    assert told["given_up"] == totals["answers_of_429"] == totals["calls"] - 2 > 0


def test_a_pool_over_the_sdk_asks_the_windows_that_the_product_asks(tmp_path: Path) -> None:
    record = make_record(folder=tmp_path, seed=1, lines=1_000)
    with running_provider(latency_seconds=0.0, records=[record], limits=Limits(), lifetime_seconds=60.0) as provider:
        told = measure_apart(module="tests.bench.sdk", arguments=[provider.base_url, str(record)], seconds=60.0)
        asked = {call["content_sha256"] for call in provider.calls()}
    questions = make_questions(PreparedFile(read_record(record)))
    assert asked == {hashlib.sha256(question.content.encode()).hexdigest() for question in questions}
    assert (told["answered"], told["given_up"]) == (len(asked), 0)
