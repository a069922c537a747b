"""Files that are sent together: one progress, one word at the end, nothing lost or told twice."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from jobs.management.commands import import_folder
from jobs.models import Batch, BatchItem, Job, WebhookMessage
from jobs.operations import batch_progress
from jobs.operations.batch_items import BatchClosed
from jobs.operations.batch_progress import end_batches, read_progress
from jobs.operations.batching import cancel_batch, close_batch, make_batch
from jobs.operations.pacing import Pacer
from jobs.operations.steering import cancel
from jobs.operations.submitting import Submitted, submit
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing
from tests.factories import BatchFactory, BatchItemFactory, JobFactory, WebhookEndpointFactory, principal_at

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
Work = Callable[[Job], Job]
NOW = timezone.now


@pytest.fixture
def batch(principal: Principal) -> Batch:
    return make_batch(principal=principal, name="November", now=NOW())


def note(number: int) -> bytes:
    return b"Visit note of the day %d.\nExamined." % number


def test_many_files_have_one_progress_and_one_webhook(
    send: Send, work: Work, principal: Principal, batch: Batch
) -> None:
    WebhookEndpointFactory(clinic=principal.clinic)
    jobs = [send(f"{n}.txt", content=note(n), batch_id=batch.pk).job for n in range(3)]
    work(jobs[0])
    progress = read_progress(batches=[batch])[batch.pk]
    assert (progress.jobs, progress.by_state, progress.percent) == (3, {"pending": 2, "completed": 1}, 33)
    assert end_batches(now=NOW()) == 0  # it is open, and jobs are at work
    close_batch(principal=principal, batch_id=batch.pk, now=NOW())
    work(jobs[1])
    assert end_batches(now=NOW()) == 0
    cancel(principal=principal, job_id=jobs[2].pk, now=NOW())
    assert (end_batches(now=NOW()), end_batches(now=NOW())) == (1, 0)
    (message,) = WebhookMessage.objects.all()  # in place of the jobs' own
    assert message.event == "batch.ended"
    assert message.payload["data"]["by_state"] == {"completed": 2, "cancelled": 1}
    batch.refresh_from_db()
    assert batch.ended_at is not None


def test_jobs_of_a_batch_that_has_ended_are_told_of_themselves_again(
    send: Send, principal: Principal, batch: Batch
) -> None:
    WebhookEndpointFactory(clinic=principal.clinic)
    job = send(batch_id=batch.pk).job
    Job.objects.filter(pk=job.pk).update(state="failed")
    close_batch(principal=principal, batch_id=batch.pk, now=NOW())
    end_batches(now=NOW())
    Job.objects.filter(pk=job.pk).update(state="pending")  # somebody retried it
    cancel(principal=principal, job_id=job.pk, now=NOW())
    assert list(WebhookMessage.objects.order_by("id").values_list("event", flat=True)) == [
        "batch.ended",
        "job.cancelled",
    ]


def test_a_file_that_was_sent_before_is_in_the_batch_with_the_job_that_it_has(send: Send, batch: Batch) -> None:
    before = send()
    again = send(batch_id=batch.pk)
    assert (again.created, again.job) == (False, before.job)
    send(batch_id=batch.pk)
    assert [item.job for item in BatchItem.objects.filter(batch=batch)] == [before.job]


def test_nothing_of_a_file_is_kept_that_a_closed_batch_refuses(
    send: Send, principal: Principal, batch: Batch, media: Path
) -> None:
    close_batch(principal=principal, batch_id=batch.pk, now=NOW())
    with pytest.raises(BatchClosed):
        send(batch_id=batch.pk)
    assert not Job.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_another_clinics_batch_is_not_there(send: Send, other_clinic: Clinic, batch: Batch) -> None:
    stranger = principal_at(other_clinic, role="admin")
    for act in (close_batch, cancel_batch):
        with pytest.raises(Missing):
            act(principal=stranger, batch_id=batch.pk, now=NOW())
    with pytest.raises(Missing):
        send(batch_id=batch.pk, principal=stranger)
    assert not Job.objects.exists()


def test_a_batch_is_cancelled_with_what_has_not_ended(
    send: Send, work: Work, principal: Principal, batch: Batch
) -> None:
    done, waiting = (send(f"{n}.txt", content=note(n), batch_id=batch.pk).job for n in range(2))
    work(done)
    cancel_batch(principal=principal, batch_id=batch.pk, now=NOW())
    states = [Job.objects.get(pk=job.pk).state for job in (done, waiting)]
    assert states == ["completed", "cancelled"]
    assert end_batches(now=NOW()) == 1


def test_jobs_that_are_others_too_go_on_where_a_batch_is_cancelled(
    send: Send, principal: Principal, batch: Batch
) -> None:
    other = make_batch(principal=principal, name="", now=NOW())
    before, shared, own = (send(f"{n}.txt", content=note(n), batch_id=batch.pk if n else None).job for n in range(3))
    send("0.txt", content=note(0), batch_id=batch.pk)
    send("1.txt", content=note(1), batch_id=other.pk)
    assert cancel_batch(principal=principal, batch_id=batch.pk, now=NOW()).left == 0
    states = [Job.objects.get(pk=job.pk).state for job in (before, shared, own)]
    assert states == ["pending", "pending", "cancelled"]


@pytest.mark.parametrize(("hours", "ended"), [(23, 0), (25, 1)])
def test_a_batch_that_was_forgotten_open_is_closed_a_day_after_its_last_file(
    principal: Principal, batch: Batch, hours: int, ended: int
) -> None:
    Batch.objects.update(created_at=NOW() - timedelta(days=3))
    job = JobFactory(upload__clinic=principal.clinic, state="completed")
    BatchItem.objects.create(clinic=principal.clinic, batch=batch, job=job, added_at=NOW() - timedelta(hours=hours))
    assert end_batches(now=NOW()) == ended


def test_a_batch_goes_on_where_a_job_is_retried_at_the_last_moment(
    principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the reaper ends the one before it."""
    batches = BatchFactory.create_batch(2, clinic=principal.clinic, closed_at=NOW())
    last = BatchItemFactory(batch=batches[1], job=JobFactory(upload__clinic=principal.clinic, state="failed")).job
    monkeypatch.setattr(
        batch_progress, "_announce", lambda *_, **__: Job.objects.filter(pk=last.pk).update(state="pending")
    )
    assert end_batches(now=NOW()) == 1
    assert list(Batch.objects.filter(ended_at=None)) == [batches[1]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of two files, the first in a folder of its own."""
    for number, place in enumerate(("scans/archive", "scans")):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / f"{number}.txt").write_bytes(note(number))
    return tmp_path / "scans"


def test_a_folder_is_imported_as_one_batch_of_its_name(
    principal: Principal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for said in (str(folder), "."):
        call_command("import_folder", said, "--recursive", "--as", principal.user.email, stdout=StringIO())
    for batch in Batch.objects.all():
        assert (batch.name, batch.items.count()) == ("scans", 2)
        assert batch.closed_at is not None


@pytest.fixture
def broken_off(principal: Principal, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Batch:
    """The batch of an import that was stopped by Ctrl-C at its second file."""
    with monkeypatch.context() as patch:
        calls = iter([None, KeyboardInterrupt])

        def break_off(**given: Any) -> Submitted:
            if (fault := next(calls)) is not None:
                raise fault
            return submit(**given)

        patch.setattr(import_folder, "submit", break_off)
        with pytest.raises(SystemExit) as stopped:
            import_all(folder, principal)
    assert stopped.value.code == 130
    return Batch.objects.get()


def import_all(folder: Path, principal: Principal, *said: str) -> str:
    out = StringIO()
    email = principal.user.email
    call_command("import_folder", str(folder), "--recursive", "--as", email, *said, stdout=out, stderr=out)
    return out.getvalue()


def test_an_import_that_broke_off_goes_on_in_its_batch(principal: Principal, folder: Path, broken_off: Batch) -> None:
    assert (broken_off.closed_at, broken_off.items.count()) == (None, 1)
    said = import_all(folder, principal, "--resume", str(broken_off.pk))
    assert said == "1 submitted, 1 on record before, 0 refused.\n"
    broken_off.refresh_from_db()
    assert (Batch.objects.count(), broken_off.items.count(), Job.objects.count()) == (1, 2, 2)
    assert broken_off.closed_at is not None


def test_an_import_goes_on_in_no_batch_that_is_closed_or_anothers(
    principal: Principal, folder: Path, broken_off: Batch, other_clinic: Clinic
) -> None:
    with pytest.raises(CommandError, match="has no batch"):
        import_all(folder, principal_at(other_clinic, role="admin"), "--resume", str(broken_off.pk))
    close_batch(principal=principal, batch_id=broken_off.pk, now=NOW())
    with pytest.raises(CommandError, match="without --resume"):
        import_all(folder, principal, "--resume", str(broken_off.pk))
    assert Job.objects.count() == 1


def test_an_import_waits_for_the_jobs_that_are_under_way(
    principal: Principal, folder: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []

    def work_on(seconds: float) -> None:
        waited.append(Job.objects.filter(state="pending").count())
        work(Job.objects.get(state="pending"))

    monkeypatch.setattr(import_folder, "Pacer", partial(Pacer, sleep=work_on))
    import_all(folder, principal, "--at-most", "1")
    assert waited == [1]
    assert Job.objects.count() == 2
