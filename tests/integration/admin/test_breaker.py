"""The circuit breaker in the admin: the same for all clinics, closed by operators alone."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from jobs.llm.breaker import Breaker
from jobs.llm.configured import name_account, shared_breaker
from jobs.progress import progress_redis
from pennie.accounts.models import Clinic

CLOSE = "/admin/model/close/"


@pytest.fixture
def breaker(settings: Any) -> Iterator[Breaker]:
    settings.OPENAI_API_KEY = "sk-of-a-test"
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"
    yield shared_breaker()
    progress_redis().delete(f"{settings.REDIS_PREFIX}:breaker:{name_account()}:{settings.OPENAI_MODEL}")


def first_page(client: Client) -> str:
    return client.get(reverse("admin:index")).content.decode()


def test_staff_of_every_clinic_see_that_files_wait_and_why(
    breaker: Breaker, insider: Client, stranger: Client, operator: Client
) -> None:
    for client in (insider, stranger):
        assert "circuit breaker" not in first_page(client)
        assert "model paused" not in first_page(client)
    assert "The circuit breaker is closed." in first_page(operator)
    breaker.suspend(reason="no_credit", seconds=300)
    for client in (insider, stranger):
        page = first_page(client)
        assert "no credit left" in page
        assert CLOSE not in page
    assert CLOSE in first_page(operator)


def test_staff_of_a_clinic_that_asks_no_model_are_told_nothing(
    breaker: Breaker, clinic: Clinic, insider: Client
) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(model_allowed=False)
    breaker.suspend(reason="model_away", seconds=300)
    assert "model paused" not in first_page(insider)


def test_without_a_key_nobody_sees_a_breaker(stored: None, operator: Client) -> None:
    assert "circuit breaker" not in first_page(operator)
    assert "No model is asked" in operator.post(CLOSE, follow=True).content.decode()


def test_an_operator_closes_it(breaker: Breaker, operator: Client) -> None:
    breaker.suspend(reason="model_away", seconds=300)
    assert operator.get(CLOSE).status_code == 405
    assert "within a second" in operator.post(CLOSE, follow=True).content.decode()
    assert breaker.describe().state == "closed"


def test_nobody_else_closes_it(breaker: Breaker, insider: Client) -> None:
    breaker.suspend(reason="model_away", seconds=300)
    assert insider.post(CLOSE).status_code == 403
    assert Client().post(CLOSE).status_code == 302  # to the sign-in
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = insider.cookies
    assert forged.post(CLOSE).status_code == 403
    assert breaker.describe().state == "open"


def test_an_operator_is_told_when_redis_is_away(breaker: Breaker, operator: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(type(breaker), "_take_shared", lambda self, step: None)
    monkeypatch.setattr(breaker, "_is_local", True)
    assert "Redis is away" in first_page(operator)
    assert "could not be told" in operator.post(CLOSE, follow=True).content.decode()
