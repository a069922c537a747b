"""Recordings: made through the proxy, scrubbed, and played back to the product's own clients."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from jobs.llm.client import CallFailed
from jobs.llm.dialects import Api
from jobs.llm.openai import OpenAIClient
from jobs.llm.recorded import RecordedClient, read_recordings
from tests.fake_openai import API_KEY, FakeOpenAI, FaultRule, running_fake
from tests.record_llm import choose_provider, record
from tests.recording import Scrubber, recording_proxy, replaying_server
from tests.recording.sampling import MODEL, RECORDINGS, SAMPLE, SampleAnalysis, analyze_sample, sample_question

BOTH = pytest.mark.parametrize("api", ["responses", "chat"])
EMAIL, PHONE, CHIP, NAME = "jo.tern@a-real-shop.co.uk", "+34 600 112 233", "985141000234567", "Ottoline Tern"


def _assert_true(sample: SampleAnalysis) -> None:
    """No call failed, and the documents are those of the truth."""
    assert [attempt.failure for attempt in sample.attempts if attempt.failure] == []
    truth = json.loads(SAMPLE.with_suffix(".truth.json").read_text(encoding="utf-8"))
    expected = [(document["start_line"], document["type"], document["date"]) for document in truth["documents"]]
    documents = sample.analysis.segmentation.documents
    assert [(document.start_line, str(document.type), document.date) for document in documents] == expected


@BOTH
def test_the_product_reads_the_sample_from_recordings(api: Api):
    client = RecordedClient(folder=RECORDINGS / f"sample-{api}", model=MODEL, api=api)
    sample = analyze_sample(client=client)
    _assert_true(sample)
    assert client.engine == "recorded"
    for attempt in sample.attempts:
        assert attempt.cost_usd == 0
        assert attempt.usage is not None
        assert attempt.usage.input_tokens > 500


@BOTH
def test_the_real_sdk_meets_the_recordings_over_http(api: Api):
    with replaying_server(folder=RECORDINGS / f"sample-{api}") as server:
        client = OpenAIClient(api_key="sk-any", model=MODEL, base_url=server.base_url, api=api)
        with closing(client):
            assert client.describe_model().id == MODEL
            _assert_true(analyze_sample(client=client))
        assert server.missed == []


@BOTH
def test_a_question_that_was_not_recorded_names_the_cure(api: Api):
    folder = RECORDINGS / f"sample-{api}"
    client = RecordedClient(folder=folder, model=MODEL, api=api)
    with pytest.raises(CallFailed, match="make record-llm") as caught:
        client.ask(question=sample_question())
    assert caught.value.kind == "not_recorded"
    with replaying_server(folder=folder) as server:
        sdk = openai.OpenAI(api_key="sk-any", base_url=server.base_url, max_retries=0)
        with sdk, pytest.raises(openai.BadRequestError, match="make record-llm"):
            sdk.models.retrieve("gpt-6-sol")
        assert server.missed == ["/v1/models/gpt-6-sol"]


def test_a_folder_without_recordings_names_the_cure(tmp_path: Path):
    with pytest.raises(CallFailed, match="make record-llm") as caught:
        RecordedClient(folder=tmp_path, model=MODEL)
    assert caught.value.kind == "not_recorded"


@BOTH
def test_recording_again_without_a_key_gives_the_same_files(api: Api, tmp_path: Path):
    """Fails when the prompt, the schema or the sample has changed: run `make record-llm`."""
    with choose_provider(environment={}) as provider:
        record(provider=provider, api=api, folder=tmp_path / "again")
    kept = read_recordings(folder=RECORDINGS / f"sample-{api}")
    again = read_recordings(folder=tmp_path / "again")
    assert again.keys() == kept.keys()
    if all(recording.synthetic for recording in kept.values()):
        assert again == kept


def test_a_key_in_the_environment_asks_the_provider_that_it_names(tmp_path: Path):
    with running_fake(api_key="sk-provider") as upstream:
        environment = {
            "OPENAI_API_KEY": "sk-provider",
            "OPENAI_BASE_URL": upstream.base_url,
            "OPENAI_MODEL": "gpt-6-sol",
        }
        with choose_provider(environment=environment) as provider:
            assert record(provider=provider, api="responses", folder=tmp_path / "real") > 1
    recordings = read_recordings(folder=tmp_path / "real").values()
    assert {recording.synthetic for recording in recordings} == {False}
    assert {call.model for call in upstream.calls} == {"gpt-6-sol"}
    assert all("sk-provider" not in path.read_text() for path in (tmp_path / "real").iterdir())


def test_a_failed_recording_leaves_the_old_one(tmp_path: Path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "kept.json").write_text("{}")
    with running_fake(faults=[FaultRule(kind="insufficient_quota")]) as upstream:
        environment = {"OPENAI_API_KEY": API_KEY, "OPENAI_BASE_URL": upstream.base_url}
        with choose_provider(environment=environment) as provider, pytest.raises(CallFailed):
            record(provider=provider, api="responses", folder=tmp_path / "old")
    assert [path.name for path in tmp_path.rglob("*")] == ["old", "kept.json"]


def test_no_committed_recording_holds_a_key_a_cookie_or_an_account():
    for path in RECORDINGS.glob("*/*.json"):
        text = path.read_text(encoding="utf-8")
        for forbidden in ("authorization", "cookie", "sk-", "org-", "proj_", "openai-organization", "x-request-id"):
            assert forbidden not in text.lower(), f"{forbidden} in {path.name}"
        assert isinstance(json.loads(text)["synthetic"], bool)


@contextmanager
def _recording(folder: Path, *, names: Sequence[str] = (), **fake: Any) -> Iterator[tuple[FakeOpenAI, str]]:
    """The fake, and the base URL of a proxy before it that records into `folder`."""
    scrubber = Scrubber(names=names)
    with (
        running_fake(**fake) as upstream,
        recording_proxy(upstream=upstream.base_url, folder=folder, synthetic=True, scrubber=scrubber) as proxy,
    ):
        yield upstream, proxy.base_url


def _ask_about_a_person(base_url: str, *, ask: str) -> str:
    with openai.OpenAI(api_key=API_KEY, base_url=base_url, max_retries=0) as sdk:
        answer = sdk.responses.create(model=MODEL, instructions="Echo.", input=ask, safety_identifier="a" * 64)
    return answer.output_text


def _echo(cut: int = 200) -> Callable[..., dict[str, str]]:
    return lambda request: {"quote": request.content[:cut]}


def test_personal_data_are_replaced_on_disk_and_restored_in_replay(tmp_path: Path):
    ask = f"1: {NAME}, {EMAIL}, {PHONE}, chip {CHIP}, desk@shop.example"
    with _recording(tmp_path, names=[NAME], answerer=_echo()) as (_, base_url):
        live = _ask_about_a_person(base_url, ask=ask)
    assert json.loads(live)["quote"] == ask
    (path,) = tmp_path.iterdir()
    text = path.read_text(encoding="utf-8")
    for secret in (EMAIL, PHONE, CHIP, NAME, API_KEY, "a" * 64, "resp_0", "req_"):
        assert secret not in text
    assert "1: Person A, person1@redacted.example, (555) 555-0100, chip 999000000000001, desk@shop.example" in text
    with replaying_server(folder=tmp_path, names=[NAME]) as server:
        assert _ask_about_a_person(server.base_url, ask=ask) == live


def test_a_recording_is_found_for_other_personal_data_in_the_same_places(tmp_path: Path):
    with _recording(tmp_path, answerer=_echo()) as (_, base_url):
        _ask_about_a_person(base_url, ask=f"1: write to {EMAIL}")
    with replaying_server(folder=tmp_path) as server:
        replayed = _ask_about_a_person(server.base_url, ask="1: write to another@elsewhere.org")
    assert json.loads(replayed)["quote"] == "1: write to another@elsewhere.org"


def test_a_value_that_a_quotes_end_cuts_off_does_not_stay_behind(tmp_path: Path):
    ask = f"1: write to {EMAIL} soon"
    with _recording(tmp_path, answerer=_echo(cut=len(ask) - 10)) as (_, base_url):
        assert EMAIL[:12] in _ask_about_a_person(base_url, ask=ask)
    assert EMAIL[:5] not in next(tmp_path.iterdir()).read_text(encoding="utf-8")


def test_the_same_person_gets_the_same_placeholder_in_all_recordings():
    scrubber = Scrubber(names=[NAME])
    first = scrubber.scrub({"input": f"{NAME} {EMAIL} and other@real.org"})
    second = scrubber.scrub({"input": f"other@real.org, {EMAIL.upper()}, {NAME}"})
    assert first == {"input": "Person A person1@redacted.example and person2@redacted.example"}
    assert second == {"input": "person2@redacted.example, person1@redacted.example, Person A"}


@pytest.mark.parametrize(
    "harmless",
    [
        "2011-03-05 and 03/05/2011, 05.03.2011",
        "ALT 41 U/L 12-130, RBC 6.53 5.65-8.87, Ref 1.000-1.030",
        "Invoice 2023-0388, 14:30, 1,250.00, lot A123456",
        "user-friendly org-wide msg_in_a_bottle",
        "call (555) 555-0117 or mail t@example.org, chip 999000000123456",
    ],
)
def test_what_is_nobodys_stays_as_it_is(harmless: str):
    assert Scrubber().scrub(harmless) == harmless


@pytest.mark.parametrize(
    "personal",
    ["(020) 7946 0958", "020-7946-0958", "+44 20 7946 0958", "612 34 56 78", "06 12 34 56 78", "985 141 000 234 567"],
)
def test_phones_and_chips_are_found_in_the_forms_of_several_countries(personal: str):
    assert personal not in Scrubber().scrub(f"call {personal} now")


def test_the_proxy_passes_errors_on_and_keeps_a_success_over_a_failure(tmp_path: Path):
    fault = FaultRule(kind="rate_limit", nth=frozenset({1}), retry_after_seconds=2)
    before = threading.active_count()
    with _recording(tmp_path, faults=[fault], answerer=_echo()) as (upstream, base_url):
        with pytest.raises(openai.RateLimitError) as caught:
            _ask_about_a_person(base_url, ask="1: hello")
        assert caught.value.response.headers["retry-after-ms"] == "2000"
        (failed,) = read_recordings(folder=tmp_path).values()
        _ask_about_a_person(base_url, ask="1: hello")
        upstream.order(FaultRule(kind="server_error"))
        with pytest.raises(openai.InternalServerError):
            _ask_about_a_person(base_url, ask="1: hello")
        (kept,) = read_recordings(folder=tmp_path).values()
        with upstream.gone(), pytest.raises(openai.APIConnectionError):
            _ask_about_a_person(base_url, ask="1: hello")
    assert (failed.status, kept.status) == (429, 200)
    assert threading.active_count() == before


def test_a_recorded_error_is_the_failure_that_it_was(tmp_path: Path):
    with _recording(tmp_path, faults=[FaultRule(kind="content_filter_400")]) as (_, base_url):
        client = OpenAIClient(api_key=API_KEY, model=MODEL, base_url=base_url, api="responses")
        with closing(client), pytest.raises(CallFailed):
            client.ask(question=sample_question())
    with pytest.raises(CallFailed) as caught:
        RecordedClient(folder=tmp_path, model=MODEL).ask(question=sample_question())
    assert caught.value.kind == "content_filter"
