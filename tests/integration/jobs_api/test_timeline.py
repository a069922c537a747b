"""A job's timeline by API, of a life that the operations gave it."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from itertools import pairwise

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from jobs.leases import claim
from jobs.llm.closed import Closed
from jobs.models import Job, JobEvent
from jobs.operations import run_ends, steering
from jobs.operations.pausing import pause_queue
from jobs.operations.submitting import rerun
from tests.conftest import client_of
from tests.factories import AttemptFactory, SegmentationFactory, UploadFactory, principal_at

pytestmark = pytest.mark.django_db

MARK = "Zqorra"


@pytest.fixture
def principal(clinic):
    return principal_at(clinic, role="admin")


@pytest.fixture
def job(clinic, principal):
    """Of a file whose every word is the mark."""
    upload = UploadFactory(clinic=clinic, name=f"{MARK}.txt", text=MARK)
    SegmentationFactory(upload=upload)
    return rerun(principal=principal, upload_id=upload.pk, now=timezone.now())


def take(job, *, worker, windows=None):
    lease = claim(job_id=job.pk, worker=worker, seconds=60, now=timezone.now())
    assert lease is not None
    lease.noticed.windows_done, lease.noticed.windows_total = windows or (0, None)
    return lease


def live(job, principal):
    """Lost once, parked once, let go on, cancelled while at work."""
    take(job, worker="one")
    AttemptFactory(job=job, fence=1, number=1, state="sent")
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    lease = take(job, worker="two", windows=(5, 12))
    for number, failure in enumerate(("", "rate_limited", "rate_limited", "truncated"), start=2):
        cost = Decimal("0.01") if failure in ("", "truncated") else None
        state = "settled" if cost else "failed"
        AttemptFactory(job=job, fence=2, number=number, failure=failure, cost_usd=cost, state=state)
    run_ends.park(lease, closed=Closed(reason="asked_to_wait", seconds=600.0))
    steering.resume(principal=principal, job_id=job.pk, without_model=False, now=timezone.now())
    lease = take(job, worker="three")
    steering.cancel(principal=principal, job_id=job.pk, now=timezone.now())
    run_ends.end_job(lease, after="cancelled", reason="asked_for")


def steps_of(client, job, **given):
    answer = client.get(f"/api/v1/jobs/{job.pk}/timeline/", given)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_a_life_is_told_from_its_beginning_to_its_end(api, job, principal):
    live(job, principal)
    steps = steps_of(api, job)["results"]
    who = str(principal.user.pk)
    assert [(step["version"], step["state"], step["reason"], step["by"]) for step in steps] == [
        (1, "pending", "submitted", who),
        (2, "processing", "claimed", None),
        (3, "processing", "taken_over", None),
        (4, "parked", "asked_to_wait", None),
        (5, "pending", "resumed", who),
        (6, "processing", "claimed", None),
        (7, "cancelled", "asked_for", who),
    ]
    assert all(step["ended"] == after["began"] for step, after in pairwise(steps))
    assert (steps[-1]["ended"], steps[-1]["seconds"]) == (None, None)
    runs = [step["run"] for step in steps if step["run"]]
    assert [(run["fence"], run["worker"], run["outcome"]) for run in runs] == [
        (1, "one", "lost"),
        (2, "two", "parked"),
        (3, "three", "cancelled"),
    ]
    assert (runs[1]["windows_done"], runs[1]["windows_total"]) == (5, 12)
    assert [run["calls"]["made"] for run in runs] == [1, 4, 0]
    assert (runs[0]["calls"]["uncertain"], runs[0]["calls"]["cost_usd"]) == (1, None)
    assert runs[1]["calls"]["failed"] == {"rate_limited": 2, "truncated": 1}
    assert runs[1]["calls"]["cost_usd"] == "0.02000000"
    assert (steps[3]["waits_for"], steps[3]["problem"]["code"]) == ("asked_to_wait", "asked_to_wait")
    assert steps[3]["problem"]["detail"].endswith("for review.")  # the cure is told
    assert steps[3]["due_at"] > steps[3]["began"]
    asked = [step["cancel_asked"] and step["cancel_asked"]["by"] for step in steps]
    assert asked == [None, None, None, None, None, who, None]


def test_pages_told_one_after_the_other_are_the_whole(api, job, principal):
    live(job, principal)
    whole = steps_of(api, job)["results"]
    page, told = steps_of(api, job, page_size=2), []
    while True:
        told += page["results"]
        if page["next"] is None:
            break
        page = api.get(page["next"]).json()
    assert told == whole
    assert api.get(page["previous"]).json()["results"] == whole[4:6]


def test_it_takes_as_many_queries_for_a_long_life_as_for_a_short_one(api, job, principal, django_assert_num_queries):
    api.get("/api/v1/jobs/")
    with django_assert_num_queries(5):  # the key, the job, its events, the one after them, whether its queue is paused
        steps_of(api, job)
    live(job, principal)
    with django_assert_num_queries(5):  # the key, the job, its events, the one after them, its calls
        steps_of(api, job)


def test_what_came_of_a_failure_is_told_with_each_of_them(api, job, principal):
    for code in ("corrupt", "defect"):
        problem = {"code": code, "title": "It failed", "detail": "Do this."}
        run_ends.end_job(take(job, worker="w"), after="failed", reason=code, problem=problem)
        steering.discard(principal=principal, job_id=job.pk, reason=f"{MARK} again", now=timezone.now())
        if code == "corrupt":
            steering.retry(principal=principal, job_id=job.pk, now=timezone.now())
    failures = [step for step in steps_of(api, job)["results"] if step["state"] == "failed"]
    assert [(step["problem"]["code"], step["problem"]["detail"]) for step in failures] == [
        ("corrupt", "Do this."),
        ("defect", "Do this."),
    ]
    assert failures[0]["discarded"] is None  # it was, but was retried since
    assert failures[1]["discarded"]["by"] == str(principal.user.pk)


def test_a_job_whose_queue_is_paused_says_so(api, job, principal):
    assert steps_of(api, job)["results"][-1]["waits_for"] == "worker"
    pause_queue(queue="normal", clinic_id=job.clinic_id, user=principal.user, reason=MARK, now=timezone.now())
    assert steps_of(api, job)["results"][-1]["waits_for"] == "paused_queue"


def test_nothing_personal_is_told(api, job, principal):
    live(job, principal)
    words = api.get(f"/api/v1/jobs/{job.pk}/timeline/").content.decode()
    assert MARK not in words
    assert principal.user.email not in words


def test_who_is_gone_is_told_as_nobody(api, job, principal, clinic):
    other = principal_at(clinic, role="admin")
    steering.cancel(principal=other, job_id=job.pk, now=timezone.now())
    other.user.delete()
    assert [step["by"] for step in steps_of(api, job)["results"]] == [str(principal.user.pk), None]


def test_another_clinics_caller_and_one_without_the_scope_are_told_nothing(api, outsider, job, clinic):
    address = f"/api/v1/jobs/{job.pk}/timeline/"
    assert outsider.get(address).status_code == 404
    assert client_of(clinic, scopes=["documents:read"]).get(address).status_code == 403


def test_steps_that_were_kept_before_are_given_the_numbers_of_their_leases(job, principal):
    live(job, principal)
    events = JobEvent.objects.filter(job=job).order_by("version")
    numbers = list(events.values_list("fence", flat=True))
    events.update(fence=0)
    with connection.cursor() as cursor:
        cursor.execute(import_module("jobs.migrations.0016_timeline").NUMBER_STEPS)
    assert numbers == list(events.values_list("fence", flat=True)) == [0, 1, 2, 2, 2, 3, 3]
