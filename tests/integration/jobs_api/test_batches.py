"""Batches over the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from jobs.models import Batch, Job
from jobs.operations import batching
from jobs.operations.batch_progress import end_batches
from tests.factories import BatchFactory, BatchItemFactory, JobFactory

pytestmark = pytest.mark.django_db

BATCHES = "/api/v1/batches/"
UPLOADS = "/api/v1/uploads/"


def send(api, batch, number=1, *, query=""):
    file = SimpleUploadedFile(f"{number}.txt", b"Visit note %d.\nExamined." % number)
    return api.post(f"{UPLOADS}{query}", {"file": file, **({"batch": str(batch)} if batch else {})}, format="multipart")


def test_a_batch_is_begun_filled_closed_and_followed(api, clinic, django_assert_num_queries):
    made = api.post(BATCHES, {"name": "November"})
    assert made.status_code == 201
    batch, own = made.json()["id"], made.json()["links"]["self"]
    assert made.json()["progress"]["jobs"] == 0
    jobs = [send(api, batch, number).json()["job"]["id"] for number in range(2)]
    listed = api.get(made.json()["links"]["jobs"]).json()["results"]
    assert {each["id"] for each in listed} == set(jobs)
    assert api.post(f"{own}close/").json()["closed_at"] is not None
    refused = send(api, batch, 3)
    assert (refused.status_code, refused.json()["code"]) == (409, "batch_closed")
    first = api.get(f"{own}progress/")
    assert (first.json()["by_state"], first.json()["poll_after_seconds"]) == ({"pending": 2}, 5)
    same = api.get(f"{own}progress/", headers={"If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304
    Job.objects.update(state="completed")
    done = api.get(f"{own}progress/", headers={"If-None-Match": first.headers["ETag"]})
    assert (done.json()["percent"], done.json()["poll_after_seconds"]) == (99, 5)  # a job may yet be retried
    end_batches(now=timezone.now())
    after = api.get(f"{own}progress/", headers={"If-None-Match": done.headers["ETag"]}).json()
    assert (after["percent"], after["poll_after_seconds"]) == (100, None)


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_a_batch_that_there_is_not_or_that_is_closed_is_told_at_its_field(api, clinic, other_clinic, is_known, query):
    if is_known:
        assert send(api, None).status_code == 202
    theirs = BatchFactory(clinic=other_clinic)
    closed = BatchFactory(clinic=clinic, closed_at=timezone.now())
    unknown = "01983a5e-6661-7000-8000-000000000001"
    for batch, told in (
        (theirs.pk, (422, "unknown_batch")),
        (unknown, (422, "unknown_batch")),
        (closed.pk, (409, "batch_closed")),
    ):
        refused = send(api, batch, query=query)
        assert (refused.status_code, refused.json()["code"]) == told
    assert Job.objects.count() == is_known


def test_the_list_asks_as_often_for_many_as_for_one(api, clinic, django_assert_num_queries):
    for _ in range(3):
        BatchItemFactory(batch__clinic=clinic, job=JobFactory(upload__clinic=clinic))
    api.get(BATCHES)
    with django_assert_num_queries(3):  # the key, the page, the states
        told = api.get(BATCHES).json()["results"]
    assert [(each["progress"]["jobs"], each["progress"]["known_cost_usd"]) for each in told] == [(1, None)] * 3


def test_an_empty_batch_has_ended_once_it_is_closed_and_not_before(api):
    own = api.post(BATCHES, {}).json()["links"]["self"]
    begun = api.get(f"{own}progress/")
    assert (begun.json()["percent"], begun.json()["poll_after_seconds"]) == (0, 5)
    api.post(f"{own}close/")
    end_batches(now=timezone.now())
    ended = api.get(f"{own}progress/", headers={"If-None-Match": begun.headers["ETag"]}).json()
    assert (ended["percent"], ended["poll_after_seconds"]) == (100, None)


def test_a_batch_is_cancelled_so_many_jobs_at_once(api, clinic, monkeypatch):
    monkeypatch.setattr(batching, "MOST_AT_ONCE", 2)
    batch = BatchFactory(clinic=clinic)
    for number in range(3):
        send(api, batch.pk, number)
    for states, left in (({"pending": 1, "cancelled": 2}, 1), ({"cancelled": 3}, 0)):
        told = api.post(f"{BATCHES}{batch.pk}/cancel/").json()
        assert (told["progress"]["by_state"], told["left"]) == (states, left)
    assert Batch.objects.get().closed_at is not None
