"""The check of the model's API, by API."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisAway

from jobs.llm.configured import shared_breaker
from tests.conftest import client_of
from tests.fake_openai import API_KEY, FaultRule, running_fake, unreachable_address

CHECK = "/api/v1/ai/check/"


@pytest.fixture
def fake(settings):
    with running_fake() as fake:
        settings.OPENAI_API_KEY = API_KEY
        settings.OPENAI_BASE_URL = fake.base_url
        yield fake


def test_without_a_key_the_rules_engine_is_named(api):
    told = api.get(CHECK)
    assert told.status_code == 200
    report = told.json()
    assert (report["ok"], report["engine"], report["reachable"]) == (True, "rules", None)
    assert "OPENAI_API_KEY" in report["hint"]


def test_a_model_that_answers_is_told_with_its_version_and_the_call_s_cost(api, fake):
    report = api.get(CHECK).json()
    assert (report["ok"], report["engine"], report["reachable"], report["problem"]) == (True, "openai", True, None)
    assert report["answered_by"] == "gpt-6-luna-2026-09-15"
    assert report["base_url"] == fake.base_url
    assert float(report["cost_usd"]) > 0
    assert API_KEY not in str(report)


def test_asking_again_and_again_costs_one_call_a_minute_for_each_clinic(api, outsider, clinic, fake):
    first = api.get(CHECK).json()
    of_one_check = len(fake.calls)
    for client in (api, api, client_of(clinic)):  # another caller of the same clinic too
        assert client.get(CHECK).json() == first
    assert len(fake.calls) == of_one_check
    outsider.get(CHECK)
    assert len(fake.calls) == 2 * of_one_check


def test_a_second_request_does_not_call_while_the_first_one_does(api, clinic, fake):
    cache.add(f"ai-check:{clinic.pk}:asked", True, timeout=60)  # as the first one has done
    refused = api.get(CHECK)
    assert (refused.status_code, refused.json()["code"]) == (429, "check_running")
    assert refused.headers["Retry-After"] == "2"
    assert not fake.calls


def test_a_failing_model_is_a_report_with_the_cure(api, fake, settings):
    settings.OPENAI_API_KEY = "sk-wrong-1234567"
    told = api.get(CHECK)
    assert told.status_code == 200
    report = told.json()
    assert (report["ok"], report["reachable"], report["problem"]["code"]) == (False, True, "unauthorized")
    assert "OPENAI_API_KEY" in report["problem"]["cure"]
    assert "1234" not in told.content.decode()


def test_a_server_that_is_not_there_is_not_reachable(api, settings):
    settings.OPENAI_API_KEY = API_KEY
    with unreachable_address() as settings.OPENAI_BASE_URL:
        report = api.get(CHECK).json()
    assert (report["ok"], report["reachable"], report["problem"]["code"]) == (False, False, "connection_refused")


def test_a_failure_is_kept_for_a_minute_too(api, fake):
    fake.order(FaultRule(kind="insufficient_quota"))
    assert api.get(CHECK).json()["problem"]["code"] == "insufficient_quota"
    of_one_check = len(fake.calls)
    assert api.get(CHECK).json()["problem"]["code"] == "insufficient_quota"
    assert len(fake.calls) == of_one_check


def test_a_setting_that_no_call_can_be_made_with_is_told(api, fake, settings):
    settings.OPENAI_BASE_URL = "https://kim:secret@llm.hollow.example/v1"
    told = api.get(CHECK)
    assert (told.json()["ok"], told.json()["reachable"]) == (False, None)
    assert "secret" not in told.content.decode()
    assert not fake.calls


def test_a_clinic_that_lets_nothing_leave_the_house_makes_no_call(api, clinic, fake):
    clinic.model_allowed = False
    clinic.save(update_fields=["model_allowed"])
    report = api.get(CHECK).json()
    assert (report["ok"], report["engine"]) == (True, "rules")
    assert "house" in report["hint"]
    assert not fake.calls


def test_no_call_is_made_while_nothing_counts_them(api, fake, monkeypatch):
    monkeypatch.setattr(cache, "get", _away)
    api.raise_request_exception = False
    refused = api.get(CHECK)
    assert (refused.status_code, refused.json()["code"]) == (503, "check_unavailable")
    assert not fake.calls


def test_it_needs_its_scope(clinic):
    assert client_of(clinic, scopes=["jobs:read"]).get(CHECK).status_code == 403
    assert client_of(clinic, scopes=["ai:read"]).get(CHECK).status_code == 200


def _away(*args, **kwargs):
    raise RedisAway


def test_the_breaker_is_told_as_it_is_now_and_holds_no_check_back(api, outsider, fake, settings):
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"
    breaker = shared_breaker()
    assert api.get(CHECK).json()["breaker"]["state"] == "closed"
    breaker.suspend(reason="no_credit", seconds=300)
    for client in (api, outsider):  # one from its kept report, the other by a call; the same for both
        report = client.get(CHECK).json()
        told = report["breaker"]
        assert report["ok"] is True
        assert (told["state"], told["reason"], told["is_local"]) == ("open", "no_credit", False)
        assert 290 < told["next_probe_seconds"] <= 300
        assert told["since"] is not None
    assert breaker.describe().state == "open"
    breaker.close()
    assert api.get(CHECK).json()["breaker"]["reason"] is None
