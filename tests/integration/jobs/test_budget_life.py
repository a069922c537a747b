"""A job meets a budget: it waits, nothing is lost, and goes on when there is money."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jobs.domain.budgets import FULL
from jobs.models import Attempt, Budget, DailySpending, Job, WindowCheckpoint
from jobs.operations import budgeting
from jobs.operations.reaping import reap_once
from jobs.operations.submitting import Submitted
from pennie.accounts.models import Clinic
from pennie.stack.processes import wait_until
from tests.factories import BudgetFactory
from tests.fake_openai import FakeOpenAI
from tests.fake_openai.answers import Found
from tests.fake_openai.requests import ModelRequest
from tests.integration.jobs.spending import check_books

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
Work = Callable[[Job], Job]

ENOUGH_FOR_SOME = Decimal("0.0045")  # calls of the record that is sent, not for all of them


def test_a_job_waits_for_money_and_completes_when_there_is(
    send: Send, work: Work, model: FakeOpenAI, clinic: Clinic
) -> None:
    budget = BudgetFactory(clinic=clinic, period="day", amount_usd=0)
    job = work(send().job)
    assert (job.state, job.parked_for) == ("parked", "over_budget")
    assert not model.calls
    assert not Attempt.objects.exists()
    budgeting.change_amount(budget=budget, amount_usd=Decimal(5), now=timezone.now())
    reap_once()
    job.refresh_from_db()
    assert job.state == "pending"
    assert work(job).state == "completed"
    row = DailySpending.objects.get()
    assert row.calls == len(model.calls)
    assert row.reserved_usd == 0
    assert 0 < row.spent_usd < 5
    check_books()


def test_what_was_had_before_the_money_ended_is_not_paid_again(
    send: Send, work: Work, model: FakeOpenAI, clinic: Clinic, settings: Any
) -> None:
    settings.OPENAI_CONCURRENCY = 1  # else all are asked before the first has cost anything
    budget = BudgetFactory(clinic=clinic, period="day", amount_usd=ENOUGH_FOR_SOME)
    job = work(send("practice_export.txt").job)
    assert (job.state, job.parked_for) == ("parked", "over_budget")
    had = WindowCheckpoint.objects.count()
    assert 0 < had == len(model.calls)
    budgeting.change_amount(budget=budget, amount_usd=Decimal(5), now=timezone.now())
    reap_once()
    job.refresh_from_db()
    assert work(job).state == "completed"
    bodies = [call.body_sha256 for call in model.calls]
    assert len(bodies) == len(set(bodies)) > had
    assert DailySpending.objects.get().calls == len(bodies)
    check_books()


@pytest.mark.parametrize("is_removed", [False, True])
def test_money_that_comes_while_the_last_calls_are_under_way_is_not_overlooked(
    send: Send, work: Work, model: FakeOpenAI, clinic: Clinic, settings: Any, is_removed: bool
) -> None:
    settings.OPENAI_CONCURRENCY = 2
    budget = BudgetFactory(clinic=clinic, period="day", amount_usd=ENOUGH_FOR_SOME)
    answer = model.answerer

    def answer_once_there_is_money(request: ModelRequest) -> Found | None:
        """The second call has been refused, and the job waits for the first."""
        try:
            assert wait_until(lambda: Budget.objects.get().warned_percent == FULL, seconds=20)
            if is_removed:
                budgeting.remove_budget(budget=budget)
            else:
                budgeting.change_amount(budget=budget, amount_usd=Decimal(5), now=timezone.now())
        finally:
            connection.close()
        return answer(request)

    model.answerer = answer_once_there_is_money
    job = work(send("practice_export.txt").job)
    assert (job.state, job.parked_for, len(model.calls)) == ("parked", "over_budget", 1)
    model.answerer = answer
    reap_once()
    job.refresh_from_db()
    assert job.state == "pending"
    assert work(job).state == "completed"
    check_books()


def test_a_clinic_that_does_not_wait_is_read_by_the_rules(
    send: Send, work: Work, model: FakeOpenAI, clinic: Clinic
) -> None:
    Clinic.objects.update(rules_when_model_away=True)
    BudgetFactory(clinic=clinic, period="day", amount_usd=0)
    job = work(send().job)
    assert job.state == "partial"
    assert job.segmentation is not None
    assert {each["failure"] for each in job.segmentation.unread} == {"over_budget"}
    assert not model.calls
