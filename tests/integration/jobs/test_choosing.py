"""Which job a message leads to: clinics are served in turn, whoever sent more, or first."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import Job
from jobs.operations.choosing import choose_job, run_next
from jobs.operations.submitting import Submitted
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
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
