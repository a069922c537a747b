"""A job's timeline on its page: in words, with who did what, as long as it may be."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.admin import timeline
from jobs.models import Job
from pennie.accounts.models import Clinic, User
from tests.factories import AttemptFactory, JobEventFactory, JobFactory, MembershipFactory
from tests.integration.admin.conftest import address

WAITING = {"code": "over_budget", "title": "A budget is spent", "detail": "It goes on when the budget is raised."}


@pytest.fixture
def who(clinic: Clinic) -> User:
    user: User = MembershipFactory(clinic=clinic, user__name="Dr Lindqvist").user
    return user


@pytest.fixture
def job(clinic: Clinic, who: User) -> Job:
    """Sent in, parked for its budget after three calls, and let go on by somebody."""
    job: Job = JobFactory(upload__clinic=clinic, version=4, fence=1)
    began = timezone.now() - timedelta(hours=1)
    life: list[tuple[str, str, str, int, dict[str, Any]]] = [
        ("", "pending", "submitted", 0, {"by": who}),
        ("pending", "processing", "claimed", 2, {"worker": "desk-1", "fence": 1}),
        ("processing", "parked", "over_budget", 67, {"problem": WAITING, "windows_done": 3, "windows_total": 8}),
        ("parked", "pending", "resumed", 600, {"by": who}),
    ]
    for version, (before, after, reason, seconds, more) in enumerate(life, start=1):
        at = began + timedelta(seconds=seconds)
        JobEventFactory(job=job, version=version, before=before, after=after, reason=reason, at=at, **more)
    for number, failure in ((1, ""), (2, "rate_limited"), (3, "rate_limited")):
        cost = None if failure else Decimal("0.0125")
        state = "failed" if failure else "settled"
        AttemptFactory(job=job, fence=1, number=number, failure=failure, state=state, cost_usd=cost)
    return job


def read_items(client: Client, job: Job) -> list[str]:
    """The list's items, their words alone."""
    page = client.get(address(Job, "change", job.pk)).content.decode()
    listed = re.search(r'<ol class="pennie-timeline">(.*?)</ol>', page, re.DOTALL)
    assert listed
    items = re.findall(r"<li [^>]*>(.*?)</li>", listed[1], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in items]


def test_what_happened_is_told_in_order_with_who_did_it_and_what_it_cost(job: Job, insider: Client) -> None:
    sent, run, parked, again = read_items(insider, job)
    assert "Sent in, by Dr Lindqvist queued 2.0 s" in sent
    assert "A worker took it at work 1 min 5 s Worker desk-1, lease 1. 3 of 8 parts of the text read by its end." in run
    assert run.endswith("3 calls to the model, of them without use: rate limited 2; $0.012500.")
    assert "Waiting for budget" in parked
    assert parked.endswith("8 min 53 s A budget is spent. It goes on when the budget is raised.")
    assert "Queued again by staff, by Dr Lindqvist queued" in again
    assert again.endswith("so far Waits for a free worker.")


def test_what_the_page_tells_of_the_job_is_not_told_again_of_its_newest_step(job: Job, insider: Client) -> None:
    JobEventFactory(job=job, version=5, before="pending", after="failed", reason="corrupt", problem=WAITING)
    Job.objects.filter(pk=job.pk).update(state="failed", problem=WAITING, version=5)
    *_, parked, _, failed = read_items(insider, job)
    assert WAITING["title"] in parked
    assert WAITING["title"] not in failed


def test_discarding_and_cancelling_are_told_with_who_asked(job: Job, who: User, insider: Client) -> None:
    JobEventFactory(job=job, version=5, before="pending", after="processing", reason="claimed", worker="desk-2")
    JobEventFactory(job=job, version=6, before="processing", after="failed", reason="corrupt")
    said = job.events.get(version=5).at
    Job.objects.filter(pk=job.pk).update(
        state="failed",
        version=6,
        cancel_requested_at=said,
        cancel_requested_by=who,
        discarded_at=timezone.now(),
        discarded_by=who,
    )
    *_, run, failed = read_items(insider, job)
    assert "Cancelling asked for by Dr Lindqvist at" in run
    assert "Discarded by Dr Lindqvist at" in failed


def test_a_long_life_shows_its_newest_steps_and_takes_no_more_queries(
    job: Job, insider: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = address(Job, "change", job.pk)
    insider.get(page)
    with CaptureQueriesContext(connection) as few:
        insider.get(page)
    for version in range(5, 25, 2):
        JobEventFactory(job=job, version=version, before="pending", after="processing", reason="claimed", fence=version)
        JobEventFactory(job=job, version=version + 1, before="processing", after="pending", reason="handed_back")
    Job.objects.filter(pk=job.pk).update(version=24)
    with CaptureQueriesContext(connection) as many:
        insider.get(page)
    assert len(many) == len(few)
    monkeypatch.setattr(timeline, "MOST_STEPS", 6)
    assert len(read_items(insider, job)) == 6
    assert "18 earlier steps left out here" in insider.get(page).content.decode()
