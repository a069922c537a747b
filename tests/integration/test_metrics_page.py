"""What Prometheus is told, and whom else."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from jobs.llm.client import ToldLimits, Usage
from jobs.llm.configured import name_account, shared_breaker, shared_limiter
from jobs.llm.limiter import Flow, Reservation
from jobs.progress import progress_redis
from pennie.accounts.models import Clinic
from pennie.stack.ports import find_free_port
from tests.factories import IntakeSourceFactory, MembershipFactory, UserFactory

TOKEN = "a-token-of-the-tests"


@pytest.fixture(autouse=True)
def configured(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.OPENAI_API_KEY = "sk-of-a-test"
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"


def scrape() -> dict[str, float]:
    told = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert told.status_code == 200
    families = text_string_to_metric_families(told.content.decode())
    samples = [sample for family in families for sample in family.samples]
    assert {sample.labels["model"] for sample in samples} <= {"gpt-6-luna"}
    return {sample.name: sample.value for sample in samples}


def test_the_breaker_s_gauges_are_what_redis_holds(db: None, settings: Any) -> None:
    breaker = shared_breaker()
    names = ["breaker_open", "no_credit", "failures", "breaker_local"]
    told = scrape()
    assert {told[f"pennie_model_{name}"] for name in names} == {0}
    breaker.suspend(reason="no_credit", seconds=300)
    told = scrape()
    assert (told["pennie_model_breaker_open"], told["pennie_model_no_credit"]) == (1, 1)
    progress_redis().delete(f"{settings.REDIS_PREFIX}:breaker:{name_account()}:{settings.OPENAI_MODEL}")
    assert scrape()["pennie_model_breaker_open"] == 0  # not this process's memory


def test_the_limit_is_told_as_all_processes_share_it(db: None, settings: Any) -> None:
    limiter = shared_limiter()
    told = ToldLimits(requests_per_minute=600, tokens_per_minute=60_000)
    for _ in range(3):
        reserved = limiter.reserve(
            waiter="w", flow=Flow(clinic="c", priority="normal"), characters=100, output_tokens=1_000
        )
        assert isinstance(reserved, Reservation)
        limiter.settle(reservation=reserved, usage=Usage(input_tokens=30, output_tokens=10), told=told)
    gauges = scrape()
    assert gauges["pennie_model_limit_requests"] == 600
    assert gauges["pennie_model_limit_tokens"] == 60_000
    assert 0.05 <= gauges["pennie_model_limit_used_share"] <= 0.06
    assert gauges["pennie_model_limiter_local"] == 0


def test_that_redis_is_away_is_told(db: None, settings: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{find_free_port()}/0"
    gauges = scrape()
    assert gauges["pennie_model_limiter_local"] == 1
    assert gauges["pennie_model_breaker_local"] == 1


def test_without_a_key_there_is_no_model_to_tell_of(db: None, settings: Any) -> None:
    settings.OPENAI_API_KEY = ""
    assert scrape() == {}


def test_operators_see_them_and_nobody_else(clinic: Clinic, settings: Any) -> None:
    assert Client().get("/metrics").status_code == 403
    assert Client().get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403
    for user, status in (
        (MembershipFactory(clinic=clinic, role="admin").user, 403),
        (UserFactory(is_superuser=True), 200),
    ):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get("/metrics").status_code == status


def test_places_of_intake_are_told_by_id_kind_and_numbers_alone(clinic: Clinic, settings: Any) -> None:
    settings.OPENAI_API_KEY = ""
    looked_at = timezone.now()
    IntakeSourceFactory(
        clinic=clinic, name="records@hollow.example", kind="mailbox", waiting=3, taken=7, looked_at=looked_at
    )
    IntakeSourceFactory(clinic=clinic, trouble="away", refused=2)
    IntakeSourceFactory(clinic=clinic, trouble="pace")
    told = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert "hollow" not in told
    samples = [sample for family in text_string_to_metric_families(told) for sample in family.samples]
    assert {tuple(sorted(sample.labels)) for sample in samples} == {("kind", "source")}
    values: dict[str, list[float]] = {}
    for sample in samples:
        values.setdefault(sample.name.removeprefix("pennie_intake_"), []).append(sample.value)
    assert values == {
        "waiting": [3, 0, 0],
        "taken_total": [7, 0, 0],
        "refused_total": [0, 2, 0],
        "trouble": [0, 1, 0],
        "looked_at_seconds": [pytest.approx(looked_at.timestamp())],
    }
