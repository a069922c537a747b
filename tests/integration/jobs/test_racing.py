"""The same file fifty times at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from documents.models import ExtractedText, Upload
from jobs.models import Attempt, Job, JobEvent, Outbox
from jobs.operations.submitting import ExternalIdTaken, Submitted
from tests.fake_openai import FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 50

Send = Callable[..., Submitted]


def race(send: Callable[[int], Submitted]) -> list[Submitted | Exception]:
    """What `AT_ONCE` threads get, which all begin at the same moment."""
    start = threading.Barrier(AT_ONCE)

    def run(number: int) -> Submitted | Exception:
        start.wait(30)
        try:
            return send(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_same_file_at_once_is_one_upload_and_one_job(
    send: Send, work: Callable[[Job], Job], model: FakeOpenAI, media: Path
) -> None:
    answers = race(lambda _: send(external_id="A-1"))
    sent = [answer for answer in answers if isinstance(answer, Submitted)]
    assert len(sent) == AT_ONCE, [answer for answer in answers if isinstance(answer, Exception)]
    assert [each.created for each in sent].count(True) == 1
    assert {each.upload.pk for each in sent} == {Upload.objects.get().pk}
    assert {each.job.pk for each in sent} == {Job.objects.get().pk}
    assert Outbox.objects.count() == JobEvent.objects.count() == ExtractedText.objects.count() == 1
    assert [path.name for path in list_files(media)] == [str(sent[0].upload.pk)]
    assert work(Job.objects.get()).state == "completed"
    bodies = [call.body_sha256 for call in model.calls]
    assert len(bodies) == len(set(bodies)) == Attempt.objects.count() >= 1


def test_other_files_under_the_same_external_id_at_once_leave_one(send: Send, media: Path) -> None:
    answers = race(
        lambda number: send("note.txt", content=f"Visit note\nNumber {number}\n".encode(), external_id="A-1")
    )
    (kept,) = [answer for answer in answers if isinstance(answer, Submitted)]
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert {type(answer) for answer in refused} == {ExternalIdTaken}
    assert Upload.objects.get() == kept.upload
    assert Job.objects.count() == Outbox.objects.count() == 1
    assert len(list_files(media)) == 1


def test_workers_at_once_run_a_job_once(send: Send, model: FakeOpenAI) -> None:
    from jobs.operations import running

    job = send().job

    def run(number: int) -> Submitted:
        running.run_job(job_id=job.pk, worker=f"worker{number}@test")
        return Submitted(upload=job.upload, job=job, created=False)

    assert not [answer for answer in race(run) if isinstance(answer, Exception)]
    assert list(JobEvent.objects.filter(job=job).order_by("version").values_list("after", flat=True)) == [
        "pending",
        "processing",
        "completed",
    ]
    bodies = [call.body_sha256 for call in model.calls]
    assert len(bodies) == len(set(bodies))
