"""Who was told that a job will be cancelled finds it cancelled, whatever it was about to become."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from documents.models import Segmentation
from jobs.leases import claim
from jobs.models import Job, JobEvent
from jobs.operations import running
from jobs.operations.steering import NotInThisState, cancel
from jobs.operations.submitting import Submitted
from jobs.pipeline import analyze
from pennie.accounts.principal import Principal

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
Work = Callable[[Job], Job]


@pytest.fixture
def ask(principal: Principal) -> Callable[[Job], Job]:
    return lambda job: cancel(principal=principal, job_id=job.pk, now=timezone.now())


def last_step(job: Job) -> tuple[str, str]:
    event = JobEvent.objects.filter(job=job).order_by("-version")[0]
    return event.after, event.reason


def test_between_the_last_renewal_and_filing(
    send: Send, work: Work, ask: Callable[[Job], Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send().job

    def ask_at_the_end(**given: Any) -> Any:
        analysis = analyze(**given)
        assert ask(job).cancel_requested_at is not None
        return analysis

    monkeypatch.setattr(running, "analyze", ask_at_the_end)
    assert work(job).state == "cancelled"
    assert last_step(job) == ("cancelled", "asked_for")
    assert not Segmentation.objects.exists()


def test_as_its_worker_hands_it_back(
    send: Send, work: Work, ask: Callable[[Job], Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send().job

    def ask_and_end(**given: Any) -> Any:
        ask(job)
        running.shutting_down.set()
        return analyze(**given)

    monkeypatch.setattr(running, "analyze", ask_and_end)
    try:
        assert work(job).state == "cancelled"
    finally:
        running.shutting_down.clear()


def test_as_it_meets_a_defect(
    send: Send, work: Work, ask: Callable[[Job], Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send().job

    def ask_and_break(**_: Any) -> None:
        ask(job)
        raise KeyError

    monkeypatch.setattr(running, "analyze", ask_and_break)
    job = work(job)
    assert (job.state, job.due_at, job.failures) == ("cancelled", None, 0)


def test_of_a_worker_that_died_before_it_heard(
    send: Send, work: Work, ask: Callable[[Job], Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send().job
    assert claim(job_id=job.pk, worker="a", seconds=60, now=timezone.now()) is not None
    ask(job)
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    monkeypatch.setattr(running, "analyze", lambda **_: pytest.fail("the model would be asked"))
    assert work(job).state == "cancelled"


def test_once_it_is_filed_it_is_too_late_and_said_so(send: Send, work: Work, ask: Callable[[Job], Job]) -> None:
    job = work(send().job)
    with pytest.raises(NotInThisState):
        ask(job)
    assert last_step(job) == ("completed", "")
