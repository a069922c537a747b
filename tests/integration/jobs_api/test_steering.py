"""Queues that are paused, and many dead letters at once, over the API."""

import pytest
from django.utils import timezone

from jobs.models import Job, QueuePause
from jobs.operations import steering
from pennie.lib.refusals import Refusal
from tests.factories import JobFactory, QueuePauseFactory, principal_at

pytestmark = pytest.mark.django_db

QUEUES = "/api/v1/queues/"
BULK = {"queue": "bulk"}
LETTERS = "/api/v1/dead-letters/"


def fail(clinic, code="defect", **columns):
    problem = {"code": code, "title": "It failed", "detail": "Try again."}
    return JobFactory(upload__clinic=clinic, state="failed", version=3, problem=problem, **columns)


def states(api):
    return {each["name"]: (each["pending"], each["is_paused"]) for each in api.get(QUEUES).json()}


def test_a_queue_is_paused_and_resumed_for_the_own_clinic_alone(api, outsider, clinic):
    JobFactory(upload__clinic=clinic, priority="bulk")
    paused = api.post(f"{QUEUES}pause/", {"queue": "bulk", "reason": "until the evening"})
    assert (paused.status_code, paused.json()["reason"]) == (200, "until the evening")
    assert states(api) == {"urgent": (0, False), "normal": (0, False), "bulk": (1, True)}
    assert states(outsider)["bulk"] == (0, False)
    assert outsider.post(f"{QUEUES}resume/", BULK).json()["is_paused"] is False
    assert states(api)["bulk"] == (1, True)
    assert api.post(f"{QUEUES}resume/", BULK).json()["is_paused"] is False


def test_an_operators_pause_is_told_and_not_ended_by_a_clinic(api):
    QueuePauseFactory(clinic=None, reason="moving")
    api.post(f"{QUEUES}pause/", BULK)
    resumed = api.post(f"{QUEUES}resume/", BULK).json()
    assert (resumed["is_paused"], resumed["paused_for_all"], resumed["reason"]) == (True, True, "moving")
    assert QueuePause.objects.count() == 1


@pytest.mark.parametrize("step", ["pause", "resume"])
def test_a_queue_that_there_is_not_is_refused(api, step):
    refused = api.post(f"{QUEUES}{step}/", {"queue": "express"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/queue")


def test_dead_letters_are_counted_by_kind_with_what_to_do(api, clinic, other_clinic):
    for code in ("poison", "encrypted", "encrypted"):
        fail(clinic, code)
    fail(other_clinic, "defect")
    told = api.get(f"{LETTERS}kinds/").json()
    assert [(each["code"], each["count"]) for each in told] == [("encrypted", 2), ("poison", 1)]
    assert told[1]["runbook"] == "runbooks/failed-jobs.md#poison"


def test_those_of_a_kind_are_retried_together_and_no_others(api, clinic, other_clinic):
    wanted = [fail(clinic, "database_busy") for _ in range(2)]
    others = [fail(clinic, "poison"), fail(other_clinic, "database_busy")]
    answer = api.post(f"{LETTERS}retry/?code=database_busy")
    assert answer.json() == {"done": 2, "refused": {}, "left": 0}
    assert {job.state for job in Job.objects.filter(pk__in=[job.pk for job in wanted])} == {"pending"}
    assert {job.state for job in Job.objects.filter(pk__in=[job.pk for job in others])} == {"failed"}


def test_one_that_is_refused_hinders_no_other(api, clinic):
    blocked, free = fail(clinic), fail(clinic)
    JobFactory(upload=blocked.upload)  # a newer job is at its file
    assert api.post(f"{LETTERS}retry/").json() == {"done": 1, "refused": {"another_job_runs": 1}, "left": 0}
    free.refresh_from_db()
    assert free.state == "pending"


def test_no_more_than_so_many_at_once(api, clinic, monkeypatch):
    monkeypatch.setattr(steering, "MOST_AT_ONCE", 2)
    for _ in range(3):
        fail(clinic)
    assert api.post(f"{LETTERS}retry/").json() == {"done": 2, "refused": {}, "left": 1}
    assert api.post(f"{LETTERS}retry/").json() == {"done": 1, "refused": {}, "left": 0}


def test_what_is_refused_is_not_told_as_left(api, clinic, monkeypatch):
    monkeypatch.setattr(steering, "MOST_AT_ONCE", 2)
    for _ in range(3):
        JobFactory(upload=fail(clinic).upload)  # a newer job is at each file
    assert api.post(f"{LETTERS}retry/").json() == {"done": 0, "refused": {"another_job_runs": 2}, "left": 1}


def test_many_are_discarded_for_one_reason(api, clinic):
    fail(clinic, "encrypted")
    kept = fail(clinic, "poison")
    address = f"{LETTERS}discard/?code=encrypted"
    assert api.post(address, {}).status_code == 400
    assert api.post(address, {"reason": "asked for anew"}).json() == {"done": 1, "refused": {}, "left": 0}
    assert [each["id"] for each in api.get(LETTERS).json()["results"]] == [str(kept.pk)]
    assert Job.objects.get(problem__code="encrypted").discard_reason == "asked for anew"


def test_a_job_that_failed_tells_its_runbook_and_no_other_does(api, clinic):
    failed, done = fail(clinic, "corrupt"), JobFactory(upload__clinic=clinic, state="completed")
    assert api.get(f"/api/v1/jobs/{failed.pk}/").json()["runbook"] == "runbooks/failed-jobs.md#the-file"
    assert api.get(f"/api/v1/jobs/{done.pk}/").json()["runbook"] is None


def test_a_refusal_of_any_kind_is_counted_by_its_code(clinic, monkeypatch):
    principal = principal_at(clinic)
    fail(clinic)

    def refuse(**given):
        raise Refusal("odd", title="Odd", detail="Odd.", status=409)

    monkeypatch.setattr(steering, "retry", refuse)
    steered = steering.retry_many(principal=principal, jobs=Job.objects.all(), now=timezone.now())
    assert steered.refused == {"odd": 1}
