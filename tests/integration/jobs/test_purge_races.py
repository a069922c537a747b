"""A purge against those who still had the upload in hand when it came."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from documents.models import Upload
from documents.operations.archiving import archive_upload
from documents.operations.erasing import MatchesWaiting, purge_patient
from documents.operations.filing import UploadPurged
from jobs.leases import claim
from jobs.llm.judging import judge
from jobs.models import Attempt, Job, WindowCheckpoint
from jobs.operations import running, steering, submitting
from jobs.operations.purging import StillWorkedOn, purge_upload
from jobs.operations.steering import retry
from jobs.operations.submitting import Submitted
from jobs.transitions import move
from patients.models import Patient
from patients.operations.archiving import archive_patient
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.conftest import client_of
from tests.fake_openai import FakeOpenAI
from tests.integration.jobs.conftest import RECORDS

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]


def purge(job: Job, *, principal: Principal) -> None:
    archive_upload(principal=principal, upload_id=job.upload_id, now=timezone.now())
    purge_upload(principal=principal, upload_id=job.upload_id, now=timezone.now())


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_an_answer_that_comes_after_the_purge_is_counted_and_not_kept(
    send: Send, principal: Principal, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker stood still past its lease with a call in flight; another took over, then the file was purged."""
    job = send().job

    def purge_meanwhile(outcome: Any) -> Any:
        if not Job.objects.filter(pk=job.pk, state="cancelled").exists():
            expire(job)
            assert claim(job_id=job.pk, worker="b", seconds=60, now=timezone.now()) is not None
            Job.objects.filter(pk=job.pk).update(state="cancelled", lease_until=None)
            purge(job, principal=principal)
        return judge(outcome)

    monkeypatch.setattr("jobs.llm.gateway.judge", purge_meanwhile)
    running.run_job(job_id=job.pk, worker="a")
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.request, attempt.answer) == ("settled", "", "")
    assert attempt.cost_usd, "it was paid for"
    assert not WindowCheckpoint.objects.exists()


def test_an_answer_of_a_worker_that_lost_its_job_is_kept_while_the_file_is_there(
    send: Send, principal: Principal, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send().job

    def lose_the_job(outcome: Any) -> Any:
        expire(job)
        assert claim(job_id=job.pk, worker="b", seconds=60, now=timezone.now()) is not None
        return judge(outcome)

    monkeypatch.setattr("jobs.llm.gateway.judge", lose_the_job)
    running.run_job(job_id=job.pk, worker="a")
    assert Attempt.objects.get().answer
    assert WindowCheckpoint.objects.get().job == job


def test_a_file_is_not_purged_while_its_job_is_being_retried(
    send: Send, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send().job
    Job.objects.filter(pk=job.pk).update(state="failed", problem={"code": "defect"})
    refused: list[Exception] = []

    def try_to_purge() -> None:
        try:
            purge(job, principal=principal)
        except StillWorkedOn as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    purging = threading.Thread(target=try_to_purge)

    def move_as_somebody_purges(**given: Any) -> Job:
        purging.start()
        purging.join(0.5)  # it has to wait, or it is through by then
        return move(**given)

    monkeypatch.setattr(steering, "move", move_as_somebody_purges)
    assert retry(principal=principal, job_id=job.pk, now=timezone.now()).state == "pending"
    purging.join(20)
    assert refused
    assert Upload.objects.get().purged_at is None


def test_a_patient_is_not_purged_while_another_file_is_matched_to_it(
    send: Send, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.run_job(job_id=send().job.pk, worker="a")
    patient = Patient.objects.get()
    second = send(content=(RECORDS / "referral_packet.txt").read_bytes() + b"\nSent again.\n", name="b.txt").job
    refused: list[Exception] = []

    def try_to_purge() -> None:
        try:
            archive_patient(principal=principal, patient_id=patient.pk, now=timezone.now())
            purge_patient(principal=principal, patient_id=patient.pk, now=timezone.now())
        except MatchesWaiting as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    purging = threading.Thread(target=try_to_purge)

    def move_as_somebody_purges(**given: Any) -> Job:
        purging.start()
        purging.join(0.5)  # it has to wait, or it is through by then
        return move(**given)

    monkeypatch.setattr(running, "move", move_as_somebody_purges)
    running.run_job(job_id=second.pk, worker="a")
    purging.join(20)
    second.refresh_from_db()
    assert second.state == "completed"
    assert refused, "the second file's animal may be this one: staff must say"


def purge_everything(principal: Principal) -> None:
    """As somebody does who cancels, archives and purges."""
    Job.objects.filter(finished_at=None).update(state="cancelled", finished_at=timezone.now())
    for job in Job.objects.filter(upload__purged_at=None):
        purge(job, principal=principal)


@pytest.fixture
def purged_once_found(principal: Principal, monkeypatch: pytest.MonkeyPatch) -> list[Upload]:
    """Whatever a submission finds on record is purged before it goes on; the uploads that were found so far."""
    found: list[Upload] = []

    def find_and_purge(*given: Any, **named: Any) -> Upload | None:
        upload = find(*given, **named)
        if upload is not None:
            found.append(upload)
            purge_everything(principal)
        return upload

    find = submitting.find_sent_before
    monkeypatch.setattr(submitting, "find_sent_before", find_and_purge)
    return found


@pytest.mark.parametrize("archived", [True, False])
def test_a_file_that_is_sent_as_it_is_purged_is_stored_anew(
    send: Send, principal: Principal, purged_once_found: list[Upload], media: Path, archived: bool
) -> None:
    first = send(external_id="A-1")
    if archived:
        archive_upload(principal=principal, upload_id=first.upload.pk, now=timezone.now())
    again = send(external_id="A-1")
    assert purged_once_found == [first.upload]
    assert (again.created, again.job.state) == (True, "pending")
    assert Upload.objects.get(purged_at=None) == again.upload
    assert [path.name for path in media.rglob("*") if path.is_file()] == [str(again.upload.pk)]


def test_a_file_that_another_sent_at_the_same_moment_and_purged_is_stored(
    send: Send, principal: Principal, purged_once_found: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = submitting._keep

    def keep_after_another(*given: Any, **named: Any) -> Job:
        monkeypatch.setattr(submitting, "_keep", keep)
        send()
        return keep(*given, **named)

    monkeypatch.setattr(submitting, "_keep", keep_after_another)
    assert send().created
    assert len(purged_once_found) == 1


def test_a_file_that_is_purged_each_time_it_is_sent_is_refused_with_the_cure(
    send: Send, principal: Principal, purged_once_found: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = submitting.find_sent_before

    def find_one_sent_meanwhile(*given: Any, **named: Any) -> Upload | None:
        monkeypatch.setattr(submitting, "find_sent_before", lambda *given, **named: None)
        send()
        monkeypatch.setattr(submitting, "find_sent_before", find_one_sent_meanwhile)
        return find(*given, **named)

    monkeypatch.setattr(submitting, "find_sent_before", find_one_sent_meanwhile)
    with pytest.raises(UploadPurged, match="Send the file again"):
        send()
    assert not Upload.objects.filter(purged_at=None).exists()


def test_an_upload_that_is_purged_before_its_sender_is_answered_is_told_as_such(
    principal: Principal, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = submitting.submit

    def submit_and_purge(**given: Any) -> Submitted:
        submitted = submit(**given)
        purge_everything(principal)
        return submitted

    monkeypatch.setattr(submitting, "submit", submit_and_purge)
    with (RECORDS / "referral_packet.txt").open("rb") as file:
        answer = client_of(clinic).post("/api/v1/uploads/", {"file": file}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_purged")
