"""Which job a message leads to: clinics are served in turn, whoever sent more, or first."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import Job, Outbox
from jobs.operations import pausing, reaping
from jobs.operations.choosing import choose_job, run_next
from jobs.operations.pausing import describe_queues, pause_queue, resume_queue
from jobs.operations.reaping import reap_once
from jobs.operations.submitting import Submitted
from jobs.turns import TURN
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.ids import new_id
from tests.factories import JobFactory, UploadFactory, principal_at

pytestmark = pytest.mark.django_db(transaction=True)


def wait(clinic: Clinic, **columns: object) -> Job:
    made: Job = JobFactory(upload=UploadFactory(clinic=clinic), **{"state": "pending", "version": 1, **columns})
    return made


def at_work(clinic: Clinic) -> Job:
    return wait(clinic, state="processing", lease_until=timezone.now() + timedelta(minutes=1))


def test_the_oldest_is_taken_where_one_clinic_alone_has_jobs(clinic: Clinic) -> None:
    first, second = wait(clinic), wait(clinic)
    assert choose_job(job_id=second.pk) == first.pk


def test_a_clinic_that_is_served_less_comes_first(clinic: Clinic, other_clinic: Clinic) -> None:
    at_work(clinic)
    crowd = [wait(clinic) for _ in range(5)]
    single = wait(other_clinic)
    assert choose_job(job_id=crowd[0].pk) == single.pk
    at_work(other_clinic)
    assert choose_job(job_id=single.pk) == crowd[0].pk  # even again: the older one


def test_no_job_of_another_queue_is_taken(clinic: Clinic, other_clinic: Clinic) -> None:
    at_work(clinic)
    named = wait(clinic, priority="urgent")
    wait(other_clinic, priority="bulk")
    assert choose_job(job_id=named.pk) == named.pk


def test_a_message_whose_job_is_done_leads_to_one_that_waits(clinic: Clinic) -> None:
    done = wait(clinic, state="completed")
    assert choose_job(job_id=done.pk) is None
    waiting = wait(clinic)
    assert choose_job(job_id=done.pk) == waiting.pk


def test_a_job_that_is_retried_or_taken_over_is_the_one_that_was_named(clinic: Clinic) -> None:
    wait(clinic)
    for state in ("retrying", "processing"):
        job = wait(clinic, state=state, lease_until=timezone.now(), due_at=timezone.now())
        assert choose_job(job_id=job.pk) == job.pk


def test_a_message_whose_job_is_another_workers_by_now_leads_to_one_that_waits(clinic: Clinic) -> None:
    waiting = wait(clinic)
    assert choose_job(job_id=at_work(clinic).pk) == waiting.pk
    not_due = wait(clinic, state="retrying", due_at=timezone.now() + timedelta(minutes=1))
    assert choose_job(job_id=not_due.pk) == waiting.pk
    Job.objects.filter(pk=waiting.pk).update(state="cancelled")
    assert choose_job(job_id=not_due.pk) is None


def test_a_job_that_was_erased_leads_to_nothing(clinic: Clinic) -> None:
    job = wait(clinic)
    Job.objects.filter(pk=job.pk).delete()
    assert choose_job(job_id=job.pk) is None


def test_as_many_messages_as_jobs_end_them_all_however_workers_choose(
    send: Callable[..., Submitted], principal: Principal, other_clinic: Clinic
) -> None:
    whose = [principal, principal, principal, principal_at(other_clinic)] * 3
    jobs = [
        send(f"note{n}.txt", content=b"Visit note of the day %d.\nExamined." % n, principal=each).job
        for n, each in enumerate(whose)
    ]

    def work(job: Job) -> None:
        run_next(job_id=job.pk, worker=f"worker {job.pk}")
        connection.close()

    workers = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert set(Job.objects.values_list("state", flat=True)) == {"completed"}
    assert Job.objects.filter(lease_until__gt=Now()).count() == 0


def test_the_choice_takes_one_step_of_an_index_a_clinic_however_many_wait(clinic: Clinic, other_clinic: Clinic) -> None:
    """As the database plans it, with statistics of a long queue."""
    upload = UploadFactory(clinic=clinic)
    columns = {"clinic": clinic, "upload": upload, "engine": "rules", "priority": "bulk", "version": 1}
    Job.objects.bulk_create(Job(id=new_id(), state="completed", **columns) for _ in range(2_000))
    waiting = [wait(each, priority="bulk") for each in (clinic, other_clinic)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {TURN}", {"queue": "bulk", "paused": []})
        (plan,) = cursor.fetchone()
    assert "job_turn" in str(plan)
    assert choose_job(job_id=waiting[1].pk) == waiting[0].pk


@pytest.mark.parametrize("for_all", [True, False])
def test_nothing_is_taken_from_a_queue_that_is_paused(clinic: Clinic, other_clinic: Clinic, for_all: bool) -> None:
    mine, theirs = wait(clinic), wait(other_clinic)
    urgent = wait(clinic, priority="urgent")
    due = wait(clinic, state="retrying", due_at=timezone.now())
    pause_queue(
        queue="normal",
        clinic_id=None if for_all else clinic.pk,
        user=principal_at(clinic).user,
        reason="",
        now=timezone.now(),
    )
    assert choose_job(job_id=mine.pk) == (None if for_all else theirs.pk)
    assert choose_job(job_id=due.pk) == (None if for_all else theirs.pk)
    assert choose_job(job_id=urgent.pk) == urgent.pk
    resume_queue(queue="normal", clinic_id=None if for_all else clinic.pk)
    assert choose_job(job_id=due.pk) == due.pk
    assert choose_job(job_id=mine.pk) == mine.pk


def _sent_to(job: Job) -> list[str]:
    return list(Outbox.objects.filter(job=job).values_list("queue", flat=True))


def _minutes_ago(minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


@pytest.fixture
def busy_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages wait on every queue, so that none is lost."""
    monkeypatch.setattr(reaping, "count_messages", lambda *, queue: 5)


@pytest.mark.usefixtures("busy_broker")
def test_a_queue_of_which_nothing_is_at_work_is_lent_a_turn_on_the_first_one_at_a_time(clinic: Clinic) -> None:
    starving = [wait(clinic, priority="bulk", sent_at=_minutes_ago(2)) for _ in range(3)]
    reap_once()
    assert [_sent_to(job) for job in starving] == [["urgent"], [], []]
    reap_once()  # it was just sent: no second one
    assert Outbox.objects.count() == 1
    assert choose_job(job_id=starving[0].pk) == starving[0].pk


@pytest.mark.usefixtures("busy_broker")
@pytest.mark.parametrize("why_not", ["at work", "sent just now", "paused", "urgent itself"])
def test_no_turn_is_lent_where_a_queue_does_not_starve(clinic: Clinic, why_not: str) -> None:
    queue = "urgent" if why_not == "urgent itself" else "bulk"
    job = wait(clinic, priority=queue, sent_at=_minutes_ago(0.5 if why_not == "sent just now" else 2))
    if why_not == "at work":
        wait(clinic, priority="bulk", state="processing", lease_until=timezone.now() + timedelta(minutes=1))
    if why_not == "paused":
        pause_queue(queue="bulk", clinic_id=clinic.pk, user=principal_at(clinic).user, reason="", now=timezone.now())
    reap_once()
    assert _sent_to(job) == []


@pytest.mark.usefixtures("busy_broker")
def test_a_turn_is_lent_to_the_clinic_that_is_served_least(clinic: Clinic, other_clinic: Clinic) -> None:
    at_work(clinic)
    crowd = wait(clinic, priority="bulk", sent_at=_minutes_ago(2))
    single = wait(other_clinic, priority="bulk", sent_at=_minutes_ago(2))
    reap_once()
    assert (_sent_to(crowd), _sent_to(single)) == ([], ["urgent"])


@pytest.mark.parametrize("for_all", [True, False])
def test_what_is_begun_is_taken_over_though_its_queue_is_paused(clinic: Clinic, for_all: bool) -> None:
    whose = None if for_all else clinic.pk
    begun = wait(clinic, state="processing", lease_until=_minutes_ago(1), cancel_requested_at=timezone.now())
    due = wait(clinic, state="retrying", due_at=_minutes_ago(1))
    pause_queue(queue="normal", clinic_id=whose, user=principal_at(clinic).user, reason="", now=timezone.now())
    reap_once()
    assert (_sent_to(begun), _sent_to(due)) == (["normal"], [])
    assert choose_job(job_id=begun.pk) == begun.pk
    run_next(job_id=begun.pk, worker="second")
    begun.refresh_from_db()
    assert begun.state == "cancelled"


@pytest.mark.usefixtures("busy_broker")
@pytest.mark.parametrize("for_all", [True, False])
def test_what_is_resumed_is_sent_at_once_once_and_no_others(
    clinic: Clinic, other_clinic: Clinic, for_all: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pausing, "SENT_AT_ONCE", 3)
    whose = None if for_all else clinic.pk
    jobs = [wait(clinic, sent_at=_minutes_ago(0.1)) for _ in range(2)]
    bulk, theirs = wait(clinic, priority="bulk"), wait(other_clinic)
    resume_queue(queue="normal", clinic_id=whose)  # it was not paused
    assert not Outbox.objects.exists()
    pause_queue(queue="normal", clinic_id=whose, user=principal_at(clinic).user, reason="", now=timezone.now())
    reap_once()
    assert not Outbox.objects.exists()
    for _ in range(2):
        resume_queue(queue="normal", clinic_id=whose)
        assert [_sent_to(job) for job in (*jobs, bulk)] == [["normal"], ["normal"], []]
        assert _sent_to(theirs) == (["normal"] if for_all else [])
    reap_once()
    assert Outbox.objects.count() == (3 if for_all else 2)


def test_who_resumes_sends_nothing_that_another_pause_holds(clinic: Clinic) -> None:
    job, user = wait(clinic), principal_at(clinic).user
    for whose in (clinic.pk, None):
        pause_queue(queue="normal", clinic_id=whose, user=user, reason="", now=timezone.now())
    resume_queue(queue="normal", clinic_id=clinic.pk)
    assert _sent_to(job) == []


def test_no_more_than_so_many_are_sent_at_once(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "SENT_AT_ONCE", 2)
    for _ in range(3):
        wait(clinic)
    pause_queue(queue="normal", clinic_id=None, user=principal_at(clinic).user, reason="", now=timezone.now())
    resume_queue(queue="normal", clinic_id=None)
    assert Outbox.objects.count() == 2


def test_who_asks_is_told_of_the_own_jobs_and_of_who_paused(clinic: Clinic, other_clinic: Clinic) -> None:
    wait(clinic, priority="bulk")
    wait(other_clinic, priority="bulk")
    principal, stranger = principal_at(clinic), principal_at(other_clinic)
    pause_queue(queue="bulk", clinic_id=clinic.pk, user=principal.user, reason="at night", now=timezone.now())
    bulk = describe_queues(principal=principal)[2]
    assert (bulk.name, bulk.pending, bulk.paused_for_all, bulk.reason) == ("bulk", 1, False, "at night")
    assert describe_queues(principal=stranger)[2].paused_at is None
    pause_queue(queue="bulk", clinic_id=None, user=principal.user, reason="moving", now=timezone.now())
    assert [describe_queues(principal=each)[2].reason for each in (principal, stranger)] == ["moving", "moving"]
