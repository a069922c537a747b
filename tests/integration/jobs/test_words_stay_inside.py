"""What limits, budgets and breaker keep and tell beside the database names no person, no file and no word of one."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from jobs.llm.gateway import Gateway, Waiting
from jobs.models import Budget, Job
from jobs.operations import budgeting, running
from jobs.operations.submitting import Submitted
from jobs.progress import progress_redis
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.conftest import client_of
from tests.factories import BudgetFactory, UseLimitFactory
from tests.fake_openai import API_KEY, FakeOpenAI, FaultRule
from tests.integration.jobs_api.test_estimates import ask

pytestmark = pytest.mark.django_db(transaction=True)

_READERS: dict[str, str] = {"string": "get", "hash": "hgetall", "set": "smembers"}


@pytest.fixture
def prefix(settings: Any) -> Iterator[str]:
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"
    yield settings.REDIS_PREFIX
    for key in progress_redis().scan_iter(f"*{settings.REDIS_PREFIX}*"):
        progress_redis().delete(key)


def read_redis(prefix: str) -> str:
    """Every key of ours with what it holds."""
    store, words = progress_redis(), []
    for key in store.scan_iter(f"*{prefix}*"):
        kind = store.type(key)
        kind = kind.decode() if isinstance(kind, bytes) else str(kind)
        if kind in _READERS:
            held = getattr(store, _READERS[kind])(key)
        elif kind == "list":
            held = store.lrange(key, 0, -1)
        elif kind == "zset":
            held = store.zrange(key, 0, -1)
        else:
            held = store.xrange(key)
        words.append(f"{key!r}: {held!r}")
    return "\n".join(words)


def test_neither_redis_nor_log_nor_problem_nor_metric_holds_words(
    send: Callable[..., Submitted],
    work: Callable[[Job], Job],
    model: FakeOpenAI,
    principal: Principal,
    clinic: Clinic,
    prefix: str,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-tests"
    monkeypatch.setattr(running, "Gateway", partial(Gateway, waiting=Waiting(jitter=lambda: 0.0)))
    caplog.set_level(logging.INFO)
    BudgetFactory(clinic=clinic, period="day", amount_usd="0.004")
    job = work(send("practice_export.txt").job)
    assert job.parked_for == "over_budget"
    problems = [job.problem]
    budgeting.remove_budget(budget=Budget.objects.get())
    model.order(FaultRule(kind="insufficient_quota"))
    job = work(send().job)
    assert job.parked_for == "no_credit"
    problems.append(job.problem)
    UseLimitFactory(clinic=clinic, amount=1)
    told = ask(client_of(clinic), b"Registration\nName: Achterberg\n", name="Achterberg.txt").json()
    problems.append(told["refusal"])
    page = APIClient().get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
    held = read_redis(prefix)
    assert "limiter" in held
    assert "breaker" in held
    assert "Budget" in caplog.text
    user = principal.user
    secret = (
        "Juniper",
        "Achterberg",
        "referral_packet",
        "practice_export",
        user.name,
        user.email,
        clinic.name,
        API_KEY,
    )
    for place in (held, caplog.text, repr(problems), page.content.decode()):
        assert [word for word in secret if word in place] == []
