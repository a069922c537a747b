import json
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from jobs.llm.configured import shared_breaker
from jobs.operations.checking import hide_secrets
from tests.fake_openai import (
    API_KEY,
    PLAIN_ONLY,
    FakeOpenAI,
    FaultRule,
    TruthAnswerer,
    running_fake,
    unreachable_address,
)


@pytest.fixture
def fake(settings) -> Iterator[FakeOpenAI]:
    with running_fake() as fake:
        settings.OPENAI_API_KEY = API_KEY
        settings.OPENAI_BASE_URL = fake.base_url
        yield fake


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("check_ai", *arguments, stdout=out)
    return out.getvalue()


def run_failing() -> tuple[str, dict[str, Any]]:
    """What a person reads, and the problem in the JSON, of a check that fails."""
    with pytest.raises(CommandError) as shown:
        run()
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_ai", "--json", stdout=out)
    assert ended.value.code == shown.value.returncode == 1
    report = json.loads(out.getvalue())
    assert report["ok"] is False
    return str(shown.value), report["problem"]


def test_without_a_key_it_names_the_rules_engine_and_how_to_set_a_key():
    assert "rules engine" in run()
    assert "export OPENAI_API_KEY=" in run()
    assert json.loads(run("--json"))["engine"] == "rules"


def test_the_fake_that_knows_records_answers_the_check_too(settings):
    with running_fake(answerer=TruthAnswerer(records=[])) as fake:
        settings.OPENAI_API_KEY = API_KEY
        settings.OPENAI_BASE_URL = fake.base_url
        assert json.loads(run("--json"))["ok"] is True


@pytest.mark.parametrize("api", ["auto", "responses", "chat"])
def test_a_model_that_answers(fake, settings, api):
    settings.OPENAI_API = api
    report = json.loads(run("--json"))
    assert report["ok"] is True
    assert report["model"] == "gpt-6-luna"
    assert report["answered_by"] == "gpt-6-luna-2026-09-15"
    assert report["base_url"] == fake.base_url
    assert report["shutdown_date"] is None
    assert report["latency_seconds"] > 0
    assert report["cost_usd"] > 0
    shown = run()
    assert "gpt-6-luna" in shown
    assert "shutdown     not told" in shown


def test_a_shutdown_date_that_the_provider_tells(fake, settings):
    settings.OPENAI_MODEL = "gpt-5-mini"
    assert json.loads(run("--json"))["shutdown_date"] == "2027-03-31"
    assert "2027-03-31" in run()


def test_a_server_that_speaks_a_part_of_the_language(settings):
    with running_fake(dialect=PLAIN_ONLY) as fake:
        settings.OPENAI_API_KEY = API_KEY
        settings.OPENAI_BASE_URL = fake.base_url
        settings.OPENAI_MODEL = "our-own"  # such a server serves no description of it
        report = json.loads(run("--json"))
    assert (report["ok"], report["api"], report["answer_form"]) == (True, "chat", "plain")
    assert report["cost_usd"] is None


def test_a_wrong_key(fake, settings):
    settings.OPENAI_API_KEY = "sk-wrong-1234567"
    shown, problem = run_failing()
    assert problem["code"] == "unauthorized"
    assert "OPENAI_API_KEY" in problem["cure"]
    assert problem["cure"] in shown
    assert "1234" not in shown + json.dumps(problem)


def test_no_such_model(fake, settings):
    settings.OPENAI_MODEL = "gpt-none"
    for settings.OPENAI_API in ("responses", "chat"):
        _, problem = run_failing()
        assert problem["code"] == "not_found"
        assert "OPENAI_MODEL" in problem["cure"]


def test_no_network(settings):
    with unreachable_address() as address:
        settings.OPENAI_API_KEY = API_KEY
        settings.OPENAI_BASE_URL = f"{address}/v1"
        _, problem = run_failing()
    assert problem["code"] == "connection_refused"
    assert "network" in problem["cure"]


def test_no_money(fake):
    fake.order(FaultRule(kind="insufficient_quota"))
    _, problem = run_failing()
    assert problem["code"] == "insufficient_quota"
    assert "credit" in problem["cure"]


def test_an_address_that_is_none(settings):
    settings.OPENAI_API_KEY = API_KEY
    settings.OPENAI_BASE_URL = "localhost:8000/v1"
    _, problem = run_failing()
    assert problem["code"] == "not_found"
    assert "OPENAI_BASE_URL" in problem["detail"]


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("OPENAI_API_KEY", "sk x", "set OPENAI_API_KEY to the key alone"),
        ("OPENAI_MODEL", "", "set OPENAI_MODEL to one"),
        ("OPENAI_BASE_URL", "https://kim:secret@llm.example.com/v1", "OPENAI_BASE_URL holds a user or password"),
    ],
)
def test_a_setting_that_no_call_can_be_made_with(fake, settings, setting, value, told):
    setattr(settings, setting, value)
    shown, problem = run_failing()
    assert told in problem["detail"]
    assert "secret" not in shown
    assert not fake.calls


def test_what_a_server_says_steers_no_terminal(fake, settings):
    settings.OPENAI_MODEL = "odd\x1b[2Jname"
    shown, _ = run_failing()
    assert "odd [2Jname" in shown


def test_an_answer_that_is_none(fake):
    fake.order(FaultRule(kind="refusal"))
    _, problem = run_failing()
    assert problem["code"] == "refused"


def test_an_address_is_shown_without_the_secrets_in_it():
    assert hide_secrets(url="https://kim:pass@llm.example.com:8443/v1?key=sk-1#x") == "https://llm.example.com:8443/v1"
    assert hide_secrets(url="http://127.0.0.1:1/v1") == "http://127.0.0.1:1/v1"
    assert hide_secrets(url="kim:pass@host/v1") == "host/v1"


def test_it_tells_whether_jobs_ask_the_model_and_asks_it_whatever_that_is(fake, settings):
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"
    breaker = shared_breaker()
    assert "jobs         ask it" in run()
    breaker.suspend(reason="no_credit", seconds=300)
    assert "jobs         wait, because the account had no credit; one tries again in" in run()
    told = json.loads(run("--json"))["breaker"]
    assert (told["state"], told["reason"]) == ("open", "no_credit")
    fake.order(FaultRule(kind="insufficient_quota"))
    shown, _ = run_failing()
    assert "Jobs: wait, because the account had no credit" in shown
    breaker.close()


def test_without_redis_it_asks_all_the_same(fake, settings):
    settings.REDIS_URL = ""
    assert "Redis, which knows, cannot be asked" in run()
