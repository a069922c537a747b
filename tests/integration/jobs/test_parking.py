"""Jobs that wait in the database while the model may not be asked, and how they go on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from documents.models import Document
from jobs.domain.parking import MAX_IN_VAIN
from jobs.domain.retries import MAX_RETRY_AFTER_SECONDS
from jobs.llm.configured import shared_breaker
from jobs.llm.gateway import Gateway, Waiting
from jobs.llm.local_limiter import LocalLimiter
from jobs.models import Attempt, Job, JobEvent, WindowCheckpoint
from jobs.operations import running
from jobs.operations.reaping import reap_once
from jobs.operations.saving import JobFailed, save_file
from jobs.operations.steering import NotInThisState, cancel, resume, retry
from jobs.operations.submitting import Submitted
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing
from tests.factories import principal_at
from tests.fake_openai import FakeOpenAI, FaultKind, FaultRule, answer_nothing

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
Work = Callable[[Job], Job]
AWAY = FaultRule(kind="server_error")
BROKE = FaultRule(kind="insufficient_quota")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backoff of no length."""
    monkeypatch.setattr(running, "Gateway", partial(Gateway, waiting=Waiting(jitter=lambda: 0.0)))


def make_due(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(due_at=Now())


def resume_by_reaper(job: Job) -> Job:
    make_due(job)
    assert reap_once() == 1
    job.refresh_from_db()
    return job


def reasons_of(job: Job) -> list[tuple[str, str]]:
    return list(JobEvent.objects.filter(job=job).order_by("version").values_list("after", "reason"))


def test_a_job_waits_while_the_provider_is_away_and_goes_on_by_itself(
    send: Send, work: Work, model: FakeOpenAI
) -> None:
    model.order(AWAY)
    job = work(send().job)
    assert (job.state, job.parked_for, job.parked_in_vain) == ("parked", "model_away", 1)
    assert job.due_at is not None
    assert job.due_at > timezone.now()
    assert not Document.objects.exists()
    assert reap_once() == 0  # not due
    model.order()
    make_due(job)
    assert reap_once() == 1
    job.refresh_from_db()
    assert (job.state, job.parked_for) == ("pending", "")
    assert job.due_at is None
    job = work(job)
    assert job.state == "completed"
    assert reasons_of(job)[1:] == [
        ("processing", "claimed"),
        ("parked", "model_away"),
        ("pending", "due"),
        ("processing", "claimed"),
        ("completed", ""),
    ]


def test_an_account_without_credit_parks_the_job(send: Send, work: Work, model: FakeOpenAI) -> None:
    model.order(BROKE)
    job = work(send().job)
    assert (job.state, job.parked_for) == ("parked", "no_credit")
    assert job.problem is not None
    assert job.problem["code"] == "no_credit"
    assert "Add credit" in job.problem["detail"]
    assert Attempt.objects.filter(job=job).count() == 1


@pytest.mark.parametrize("kind", ["rate_limit", "unavailable"])
def test_a_pause_that_is_longer_than_a_run_may_wait_parks_the_job(
    send: Send, work: Work, model: FakeOpenAI, kind: FaultKind
) -> None:
    model.order(FaultRule(kind=kind, retry_after_seconds=3600.0))
    job = work(send().job)
    assert (job.state, job.parked_for) == ("parked", "asked_to_wait")
    assert job.problem is not None
    assert job.problem["code"] == "asked_to_wait"
    assert job.due_at is not None
    assert 890 < (job.due_at - timezone.now()).total_seconds() < 920
    assert Attempt.objects.filter(job=job).count() == 1


def test_while_the_limit_is_paused_for_long_jobs_wait_in_the_database_and_are_asked_for_afterwards(
    send: Send, work: Work, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = LocalLimiter()
    limiter.pause(seconds=MAX_RETRY_AFTER_SECONDS + 60)
    monkeypatch.setattr("jobs.llm.configured.share_limiter", lambda **_: limiter)
    job = work(send().job)
    assert (job.state, job.parked_for, len(model.calls)) == ("parked", "asked_to_wait", 0)
    assert job.parked_in_vain == 0
    monkeypatch.setattr("jobs.llm.configured.share_limiter", lambda **_: LocalLimiter())
    assert work(resume_by_reaper(job)).state == "completed"


def test_a_clinic_may_go_on_by_the_rules_and_gets_all_for_review(
    send: Send, work: Work, model: FakeOpenAI, clinic: Clinic
) -> None:
    clinic.rules_when_model_away = True
    clinic.save()
    model.order(BROKE)
    job = work(send().job)
    assert job.state == "partial"
    documents = Document.objects.filter(segmentation=job.segmentation)
    assert documents.exists()
    assert not documents.exclude(review="needed").exists()


def test_a_file_that_the_provider_never_answers_about_is_read_by_the_rules_in_the_end(
    send: Send, work: Work, model: FakeOpenAI
) -> None:
    model.order(AWAY)
    job = work(send().job)
    assert job.parked_in_vain == 1
    Job.objects.update(parked_in_vain=MAX_IN_VAIN)
    job = resume_by_reaper(job)
    assert work(job).state == "partial"


def test_a_job_that_got_an_answer_is_not_parked_in_vain(send: Send, work: Work, model: FakeOpenAI) -> None:
    model.answerer = answer_nothing
    content = b"\n".join(
        b"Visit note of the day, number %d: examined, weighed, nothing found." % n for n in range(1500)
    )
    model.order(FaultRule(kind="insufficient_quota", containing="number 1400:"))
    job = work(send("long.txt", content=content).job)
    assert (job.state, job.parked_in_vain) == ("parked", 0)
    kept = WindowCheckpoint.objects.count()
    assert kept >= 1
    model.order()
    asked = len(model.calls)
    shared_breaker().close()
    assert work(resume_by_reaper(job)).state == "completed"
    windows = Attempt.objects.filter(job=job, purpose="window").values("question_key").distinct().count()
    assert len(model.calls) - asked <= windows - kept + 2


def test_jobs_wait_for_the_breaker_and_one_tries_whether_the_model_is_back(
    send: Send, work: Work, model: FakeOpenAI
) -> None:
    shared_breaker().suspend(reason="model_away", seconds=60.0)
    jobs = [work(send(f"note{n}.txt", content=b"Visit note of the day %d.\nExamined." % n).job) for n in range(3)]
    assert [job.state for job in jobs] == ["parked"] * 3
    assert model.calls == ()
    assert not Attempt.objects.exists()
    Job.objects.update(due_at=Now())
    reap_once()
    assert Job.objects.filter(state="parked").count() == 3  # no probe is due
    shared_breaker().close()
    assert reap_once() == 3


def test_those_that_wait_for_the_breaker_go_on_once_it_closes_though_not_due(
    send: Send, work: Work, model: FakeOpenAI
) -> None:
    shared_breaker().suspend(reason="model_away", seconds=600.0)
    job = work(send().job)
    assert job.state == "parked"
    assert reap_once() == 0
    shared_breaker().close()
    assert reap_once() == 1
    job.refresh_from_db()
    assert work(job).state == "completed"


def test_a_job_that_only_found_the_breaker_open_keeps_count_of_how_often_it_asked_in_vain(
    send: Send, work: Work, model: FakeOpenAI
) -> None:
    shared_breaker().suspend(reason="model_away", seconds=600.0)
    job = send().job
    Job.objects.update(parked_in_vain=4)
    assert work(job).parked_in_vain == 4


def test_a_job_that_is_parked_as_the_breaker_closes_does_not_wait_out_its_pause(
    send: Send, work: Work, model: FakeOpenAI
) -> None:
    shared_breaker().suspend(reason="no_credit", seconds=3600.0)
    job = work(send().job)
    assert job.due_at is not None
    assert (job.due_at - timezone.now()).total_seconds() < 60


def test_jobs_that_wait_go_on_once_their_clinic_chooses_the_rules(
    send: Send, work: Work, model: FakeOpenAI, clinic: Clinic
) -> None:
    shared_breaker().suspend(reason="model_away", seconds=600.0)
    job = work(send().job)
    assert reap_once() == 0
    clinic.rules_when_model_away = True
    clinic.save()
    assert reap_once() == 1
    assert work(job).state == "partial"


def test_staff_let_a_parked_job_go_on_without_the_model(
    send: Send, work: Work, model: FakeOpenAI, principal: Principal
) -> None:
    model.order(BROKE)
    job = work(send().job)
    job = resume(principal=principal, job_id=job.pk, without_model=False, now=timezone.now())
    assert (job.state, job.problem) == ("pending", None)
    job = work(job)
    assert job.state == "parked"
    job = resume(principal=principal, job_id=job.pk, without_model=True, now=timezone.now())
    assert work(job).state == "partial"


def test_who_waits_at_a_terminal_is_told_that_the_job_waits(
    model: FakeOpenAI, principal: Principal, tmp_path: Path
) -> None:
    model.order(BROKE)
    path = tmp_path / "note.txt"
    path.write_text("Visit note of the day.\nExamined.\n")
    with pytest.raises(JobFailed, match="goes on by itself"):
        save_file(principal=principal, path=path, engine="auto", now=timezone.now())
    assert Job.objects.get().state == "parked"


def test_a_parked_job_can_be_cancelled_and_no_other_be_resumed(
    send: Send, work: Work, model: FakeOpenAI, principal: Principal, other_clinic: Clinic
) -> None:
    model.order(BROKE)
    job = work(send().job)
    with pytest.raises(Missing):
        resume(principal=principal_at(other_clinic), job_id=job.pk, without_model=True, now=timezone.now())
    job = cancel(principal=principal, job_id=job.pk, now=timezone.now())
    assert (job.state, job.parked_for, job.problem) == ("cancelled", "", None)  # it waits for nothing
    with pytest.raises(NotInThisState):
        resume(principal=principal, job_id=job.pk, without_model=False, now=timezone.now())


def test_a_retry_of_a_partial_job_asks_about_the_lines_that_were_not_read_alone(
    send: Send, work: Work, model: FakeOpenAI, principal: Principal
) -> None:
    model.answerer = answer_nothing
    model.order(FaultRule(kind="refusal", containing="number 700:"))
    content = b"\n".join(
        b"%d.03.2019  Visit note of the day, number %d: examined, weighed, nothing found." % (1 + n % 28, n)
        for n in range(1500)
    )
    job = work(send("long.txt", content=content).job)
    assert job.state == "partial"
    lost = job.segmentation.unread  # type: ignore[union-attr]
    asked = len(model.log.calls)
    model.order()
    again = retry(principal=principal, job_id=job.pk, now=timezone.now())
    assert again.pk != job.pk
    again = work(again)
    assert again.state == "completed"
    lines = Attempt.objects.filter(job=again, purpose="window").values_list("first_line", "last_line")
    assert len(model.log.calls) - asked < asked
    for first, last in lines:
        assert any(first <= each["end_line"] and last >= each["start_line"] for each in lost)
