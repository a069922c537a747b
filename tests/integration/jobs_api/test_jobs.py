"""Jobs by API: what callers see of them, and what they can do with them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Job, JobEvent
from jobs.progress import Progress, tell_progress
from tests.conftest import client_of
from tests.factories import AttemptFactory, JobEventFactory, JobFactory, SegmentationFactory, UploadFactory

JOBS = "/api/v1/jobs/"
LETTERS = "/api/v1/dead-letters/"
PROBLEM = {"code": "poison", "title": "It broke", "detail": "Look at the log, then retry it."}
_LEASED = {"state": "processing", "lease_until": timezone.now() + timedelta(hours=1), "version": 2, "fence": 1}


@pytest.fixture
def job(clinic):
    return JobFactory(upload__clinic=clinic)


@pytest.fixture
def failed(clinic):
    return JobFactory(upload__clinic=clinic, state="failed", problem=PROBLEM, finished_at=timezone.now())


def ids(response):
    assert response.status_code == 200, response.json()
    return [row["id"] for row in response.json()["results"]]


def test_a_job_is_told_with_what_it_cost_and_where_to_go_on(api, job):
    segmentation = SegmentationFactory(upload=job.upload)
    Job.objects.filter(pk=job.pk).update(segmentation=segmentation, state="completed", windows_total=2, windows_done=2)
    for cost in ("0.001", "0.00000002"):
        AttemptFactory(job=job, state="settled", input_tokens=100, output_tokens=10, cost_usd=Decimal(cost))
    told = api.get(f"{JOBS}{job.pk}/").json()
    assert told["upload"] == str(job.upload_id)
    assert told["segmentation"] == str(segmentation.pk)
    assert (told["state"], told["percent"], told["windows_done"], told["problem"]) == ("completed", 100, 2, None)
    assert told["totals"] == {
        "calls": 2,
        "uncertain_calls": 0,
        "input_tokens": 200,
        "cached_input_tokens": 0,
        "output_tokens": 20,
        "cost_usd": "0.00100002",
        "known_cost_usd": "0.00100002",
    }
    assert told["links"]["self"] == f"/api/v1/jobs/{job.pk}/"
    assert told["links"]["upload"] == f"/api/v1/uploads/{job.upload_id}/"
    for name in ("self", "progress", "events", "attempts", "upload", "documents", "segmentations"):
        assert api.get(told["links"][name]).status_code == 200


def test_an_unknown_cost_is_null_and_not_zero(api, job):
    assert api.get(f"{JOBS}{job.pk}/").json()["totals"]["cost_usd"] == "0.00000000"  # no call was made
    AttemptFactory(job=job, state="settled", cost_usd=None)
    AttemptFactory(job=job, state="settled", cost_usd=Decimal("0.5"))
    totals = api.get(f"{JOBS}{job.pk}/").json()["totals"]
    assert (totals["cost_usd"], totals["known_cost_usd"], totals["uncertain_calls"]) == (None, "0.50000000", 1)


def test_jobs_are_listed_newest_first_in_a_fixed_number_of_queries(api, clinic, django_assert_num_queries):
    made = [JobFactory(upload__clinic=clinic) for _ in range(5)]
    api.get(JOBS)  # the key's first use is written down
    with django_assert_num_queries(2):  # the key, the jobs
        assert ids(api.get(JOBS)) == [str(job.pk) for job in reversed(made)]
    with django_assert_num_queries(2):
        page = api.get(JOBS, {"page_size": 2}).json()
    assert [row["id"] for row in page["results"]] == [str(job.pk) for job in made[:2:-1]]
    assert ids(api.get(page["next"])) == [str(job.pk) for job in (made[2], made[1])]


def test_jobs_are_filtered(api, clinic):
    then = timezone.now() - timedelta(days=2)
    old = JobFactory(upload__clinic=clinic, state="completed", created_at=then, updated_at=then, priority="bulk")
    bad = JobFactory(upload__clinic=clinic, state="failed", created_at=then)
    new = JobFactory(upload__clinic=clinic)
    since = (timezone.now() - timedelta(days=1)).isoformat()
    assert ids(api.get(JOBS, {"state": "completed"})) == [str(old.pk)]
    assert ids(api.get(JOBS, {"state": ["failed", "pending"]})) == [str(new.pk), str(bad.pk)]
    assert ids(api.get(JOBS, {"upload": new.upload_id})) == [str(new.pk)]
    assert ids(api.get(JOBS, {"priority": "bulk"})) == [str(old.pk)]
    assert ids(api.get(JOBS, {"created_since": since})) == [str(new.pk)]
    assert ids(api.get(JOBS, {"updated_since": since})) == [str(new.pk), str(bad.pk)]


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("updated_since", "yesterday", "Send one such as 2026-03-31T08:00:00Z."),
        ("page_size", "many", "Send a whole number from 1 to 200, or leave it out for 50."),
        ("page_size", "0", "Send a whole number from 1 to 200, or leave it out for 50."),
        ("page_size", "-5", "Send a whole number from 1 to 200, or leave it out for 50."),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_refused_with_the_cure(api, name, value, cure):
    refused = api.get(JOBS, {name: value})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == f"/{name}"
    assert cure in refused.json()["detail"]


def test_a_page_size_over_the_most_is_the_most(api):
    assert api.get(JOBS, {"page_size": "1000"}).status_code == 200


@pytest.mark.parametrize(("name", "value"), [("state", "sleeping"), ("upload", "x"), ("updated_since", "yesterday")])
def test_a_filter_that_means_nothing_is_named(api, name, value):
    problem = api.get(JOBS, {name: value})
    assert problem.status_code == 400
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["errors"][0]["pointer"] == f"/{name}"


def test_progress_is_what_redis_knows_and_costs_two_queries(api, clinic, django_assert_num_queries):
    job = JobFactory(upload__clinic=clinic, **_LEASED, windows_done=1, windows_total=8)
    told: dict[str, Any] = {
        "job": str(job.pk),
        "state": "processing",
        "version": 2,
        "stage": "asking",
        "windows_total": 8,
    }
    tell_progress(Progress(**told, windows_done=3, documents=5, known_cost_usd="0.0125", eta="2026-03-01T12:00:00Z"))
    first = api.get(f"{JOBS}{job.pk}/progress/")
    expected = {
        **told,
        "windows_done": 3,
        "percent": 37,
        "documents": 5,
        "known_cost_usd": "0.0125",
        "eta": "2026-03-01T12:00:00Z",
        "is_ended": False,
        "poll_after_seconds": 1,
    }
    assert first.json() == expected
    assert first.headers["Cache-Control"] == "private, no-cache"
    with django_assert_num_queries(2):  # the key, the job
        same = api.get(f"{JOBS}{job.pk}/progress/", headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["ETag"] == first.headers["ETag"]
    tell_progress(Progress(**told, windows_done=4))
    after = api.get(f"{JOBS}{job.pk}/progress/", headers={"If-None-Match": first.headers["ETag"]})
    assert (after.status_code, after.json()["windows_done"]) == (200, 4)


def test_progress_of_a_job_that_has_ended_asks_for_no_further_poll(api, failed):
    told = api.get(f"{JOBS}{failed.pk}/progress/").json()
    assert (told["state"], told["is_ended"], told["poll_after_seconds"]) == ("failed", True, None)


def test_progress_is_told_while_redis_is_away(api, job, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert api.get(f"{JOBS}{job.pk}/progress/").json()["state"] == "pending"


def test_events_are_told_oldest_first(api, job, django_assert_num_queries):
    for version, (before, after) in enumerate((("", "pending"), ("pending", "processing"), ("processing", "failed"))):
        JobEventFactory(job=job, version=version + 1, before=before, after=after, reason="why", worker="w")
    api.get(JOBS)
    with django_assert_num_queries(3):  # the key, the job, its events
        told = api.get(f"{JOBS}{job.pk}/events/").json()["results"]
    assert [(event["version"], event["after"]) for event in told] == [(1, "pending"), (2, "processing"), (3, "failed")]


def test_attempts_are_listed_without_what_was_said(api, job, django_assert_num_queries):
    for number in (2, 1, 3):
        AttemptFactory(job=job, number=number, answer="{}", cost_usd=Decimal("0.01"), state="settled")
    api.get(JOBS)
    with django_assert_num_queries(3):  # the key, the job, its attempts
        page = api.get(f"{JOBS}{job.pk}/attempts/", {"page_size": 2}).json()
    assert [attempt["number"] for attempt in page["results"]] == [1, 2]
    assert not {"request", "answer", "configuration"} & set(page["results"][0])
    assert page["results"][0]["cost_usd"] == "0.01000000"
    assert [attempt["number"] for attempt in api.get(page["next"]).json()["results"]] == [3]


def test_an_attempt_is_told_with_what_was_said_to_those_who_may_read_documents(api, clinic, job):
    AttemptFactory(job=job, number=1, request="1: Registration", answer='{"starts": []}')
    told = api.get(f"{JOBS}{job.pk}/attempts/1/")
    assert (told.json()["request"], told.json()["answer"]) == ("1: Registration", '{"starts": []}')
    assert told.headers["Cache-Control"] == "no-store"
    refused = client_of(clinic, scopes=["jobs:read"]).get(f"{JOBS}{job.pk}/attempts/1/")
    assert refused.status_code == 403
    assert "documents:read" in refused.json()["detail"]
    assert api.get(f"{JOBS}{job.pk}/attempts/2/").status_code == 404


def test_a_waiting_job_is_cancelled_at_once(api, job):
    told = api.post(f"{JOBS}{job.pk}/cancel/")
    assert (told.status_code, told.json()["state"]) == (200, "cancelled")
    assert JobEvent.objects.get(job=job).after == "cancelled"
    assert api.post(f"{JOBS}{job.pk}/cancel/").json()["state"] == "cancelled"


def test_a_running_job_is_asked_to_end(api, clinic):
    job = JobFactory(upload__clinic=clinic, **_LEASED)
    told = api.post(f"{JOBS}{job.pk}/cancel/").json()
    assert told["state"] == "processing"
    assert told["cancel_requested_at"]


def test_a_failed_job_is_retried(api, failed):
    told = api.post(f"{JOBS}{failed.pk}/retry/")
    assert (told.status_code, told.json()["state"], told.json()["problem"]) == (200, "pending", None)


@pytest.mark.parametrize(
    ("state", "action"), [("completed", "cancel"), ("failed", "cancel"), ("completed", "retry"), ("pending", "retry")]
)
def test_what_a_job_s_state_forbids_is_a_conflict(api, clinic, state, action):
    job = JobFactory(upload__clinic=clinic, state=state)
    problem = api.post(f"{JOBS}{job.pk}/{action}/")
    assert (problem.status_code, problem.json()["code"]) == (409, "job_state_conflict")
    assert problem.json()["state"] == state
    job.refresh_from_db()
    assert job.state == state


def test_a_failed_job_is_not_retried_beside_a_newer_one(api, failed):
    JobFactory(upload=failed.upload)
    problem = api.post(f"{JOBS}{failed.pk}/retry/")
    assert (problem.status_code, problem.json()["code"]) == (409, "another_job_runs")


def test_dead_letters_are_jobs_that_failed_and_are_not_settled(api, clinic, failed, django_assert_num_queries):
    JobFactory(upload__clinic=clinic)
    JobFactory(upload__clinic=clinic, state="failed", discarded_at=timezone.now())
    api.get(LETTERS)
    with django_assert_num_queries(2):  # the key, the jobs
        letters = api.get(LETTERS).json()["results"]
    assert [letter["id"] for letter in letters] == [str(failed.pk)]
    assert letters[0]["problem"] == PROBLEM


def test_a_dead_letter_is_discarded_with_a_reason(api, failed):
    told = api.post(f"{LETTERS}{failed.pk}/discard/", {"reason": "Sent by mistake"}).json()
    assert (told["state"], told["discard_reason"]) == ("failed", "Sent by mistake")
    assert told["discarded_at"]
    assert ids(api.get(LETTERS)) == []
    assert api.post(f"{JOBS}{failed.pk}/retry/").json()["discarded_at"] is None  # it may still be retried


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "a\x00b"}, [1]])
def test_a_dead_letter_is_not_discarded_without_a_reason(api, failed, body):
    assert api.post(f"{LETTERS}{failed.pk}/discard/", body).status_code == 400
    assert ids(api.get(LETTERS)) == [str(failed.pk)]


def test_a_dead_letter_is_retried(api, failed):
    assert api.post(f"{LETTERS}{failed.pk}/retry/").json()["state"] == "pending"
    assert ids(api.get(LETTERS)) == []


def test_a_job_that_did_not_fail_is_not_discarded(api, job):
    problem = api.post(f"{LETTERS}{job.pk}/discard/", {"reason": "why not"})
    assert (problem.status_code, problem.json()["code"]) == (409, "job_state_conflict")


def test_another_clinic_sees_and_does_nothing(outsider, failed):
    AttemptFactory(job=failed, number=1)
    own = f"{JOBS}{failed.pk}/"
    gets = [own, f"{own}progress/", f"{own}events/", f"{own}attempts/", f"{own}attempts/1/", f"{own}stream/"]
    posts = [f"{own}cancel/", f"{own}retry/", f"{LETTERS}{failed.pk}/retry/", f"{LETTERS}{failed.pk}/discard/"]
    answers = [*map(outsider.get, gets), *(outsider.post(address, {"reason": "x"}) for address in posts)]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert ids(outsider.get(JOBS)) == ids(outsider.get(LETTERS)) == []
    assert ids(outsider.get(JOBS, {"upload": failed.upload_id})) == []
    failed.refresh_from_db()
    assert (failed.state, failed.discarded_at) == ("failed", None)


def test_who_may_only_read_changes_nothing(clinic, failed):
    reader = client_of(clinic, scopes=["jobs:read"])
    assert reader.get(f"{JOBS}{failed.pk}/").status_code == 200
    for address in (f"{JOBS}{failed.pk}/retry/", f"{JOBS}{failed.pk}/cancel/", f"{LETTERS}{failed.pk}/discard/"):
        refused = reader.post(address, {"reason": "x"})
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert client_of(clinic, scopes=["uploads:read"]).get(JOBS).status_code == 403


def test_the_web_process_says_where_the_stream_is(api, job, settings):
    settings.STREAM_URL = "https://stream.hollow.example"
    problem = api.get(f"{JOBS}{job.pk}/stream/", headers={"Accept": "text/event-stream"})
    assert (problem.status_code, problem.json()["code"]) == (421, "stream_elsewhere")
    assert problem.json()["stream"] == f"https://stream.hollow.example/api/v1/jobs/{job.pk}/stream/"
    assert api.get(problem.json()["progress"]).status_code == 200


def test_a_job_of_an_upload_that_has_several_is_told_by_its_own_id(api, clinic):
    upload = UploadFactory(clinic=clinic)
    first = JobFactory(upload=upload, state="completed")
    second = JobFactory(upload=upload)
    assert ids(api.get(JOBS, {"upload": upload.pk})) == [str(second.pk), str(first.pk)]
    assert api.get(f"{JOBS}{first.pk}/").json()["state"] == "completed"
