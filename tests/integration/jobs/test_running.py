"""A job from its file to what is on record."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, OperationalError, connection
from django.db.models.functions import Now
from django.utils import timezone

from documents.extraction.problems import ExtractionProblem
from documents.models import Document, Upload
from jobs.leases import LeaseLost, claim
from jobs.llm import stored
from jobs.models import Attempt, Job, JobEvent, Outbox, WindowCheckpoint
from jobs.operations import run_ends, running
from jobs.operations.reaping import reap_once
from jobs.operations.steering import NotInThisState, cancel, discard, retry
from jobs.operations.submitting import SentDifferently, Submitted, rerun
from jobs.pipeline import analyze
from jobs.queries import sum_attempts
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.stack.processes import wait_until
from tests.factories import principal_at
from tests.fake_openai import FakeOpenAI, FaultRule

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
Work = Callable[[Job], Job]


def steps_of(job: Job) -> list[tuple[str, str]]:
    return list(JobEvent.objects.filter(job=job).order_by("version").values_list("after", "reason"))


def test_the_rules_file_a_record(send: Send, work: Work) -> None:
    sent = send()
    job = work(sent.job)
    upload = Upload.objects.get()
    assert (job.state, job.windows_done, job.windows_total) == ("completed", 1, 1)
    assert upload.current_segmentation_id == job.segmentation_id
    assert Document.objects.filter(segmentation=job.segmentation).count() == 18
    assert steps_of(job) == [("pending", "submitted"), ("processing", "claimed"), ("completed", "")]
    assert not Attempt.objects.exists()


def test_the_model_files_a_record_and_each_call_is_on_the_ledger(send: Send, work: Work, model: FakeOpenAI) -> None:
    job = work(send().job)
    attempts = list(Attempt.objects.filter(job=job))
    assert job.state == "completed"
    assert len(attempts) == len(model.log.calls) >= 1
    assert all(each.state == "settled" and each.request and each.answer and each.cost_usd for each in attempts)
    totals = sum_attempts(job_ids=[job.pk])[job.pk]
    assert totals.cost_usd == sum(each.cost_usd or 0 for each in attempts)
    assert Document.objects.filter(segmentation=job.segmentation, review="not_needed").exists()


def test_analysing_again_asks_nothing_again(send: Send, work: Work, model: FakeOpenAI, principal: Principal) -> None:
    first = work(send().job)
    asked = len(model.log.calls)
    second = work(rerun(principal=principal, upload_id=first.upload_id, now=timezone.now()))
    assert second.state == "completed"
    assert second.segmentation_id != first.segmentation_id
    assert len(model.log.calls) == asked


def test_nothing_leaves_a_clinic_that_forbids_it(send: Send, work: Work, model: FakeOpenAI, clinic: Clinic) -> None:
    clinic.model_allowed = False
    clinic.save()
    job = work(send().job)
    assert job.state == "completed"
    assert model.log.calls == ()


@pytest.mark.parametrize("faults", [[FaultRule(kind="refusal")]])
def test_what_the_model_does_not_read_is_told(send: Send, work: Work, settings: Any, faults: list[FaultRule]) -> None:
    from tests.fake_openai import API_KEY, answer_nothing, running_fake

    with running_fake(answerer=answer_nothing, faults=faults) as fake:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = API_KEY, fake.base_url
        job = work(send().job)
    assert job.state == "partial"
    assert job.segmentation is not None
    assert job.segmentation.unread[0]["start_line"] == 1


def test_the_same_file_again_is_the_same_upload(send: Send) -> None:
    first, second = send(), send()
    assert (first.created, second.created) == (True, False)
    assert second.upload == first.upload
    assert second.job == first.job
    assert Upload.objects.count() == Job.objects.count() == Outbox.objects.count() == 1


def test_the_same_file_of_another_clinic_is_another_upload(send: Send, other_clinic: Clinic) -> None:
    first = send()
    second = send(principal=principal_at(other_clinic))
    assert second.created
    assert second.upload != first.upload


def test_the_same_file_under_another_external_id_is_refused(send: Send) -> None:
    send(external_id="A-1")
    with pytest.raises(SentDifferently):
        send(external_id="A-2")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.txt", b"", "empty_file"),
        ("blank.txt", b"\n \n", "no_text"),
        ("torn.pdf", b"%PDF-1.7\nnothing of a PDF", "corrupt"),
        ("letter.rtf", b"{\\rtf1 Luna}", "unsupported_kind"),
        ("record.pdf", b"just text", "extension_mismatch"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_nothing(send: Send, name: str, content: bytes, code: str) -> None:
    with pytest.raises(ExtractionProblem) as refused:
        send(name, content=content)
    assert refused.value.code == code
    assert not Upload.objects.exists()
    assert not default_storage.exists("uploads") or default_storage.listdir("uploads") == ([], [])


def test_only_one_of_two_workers_gets_a_job(send: Send) -> None:
    job = send().job
    first = claim(job_id=job.pk, worker="a", seconds=60, now=timezone.now())
    assert first is not None
    assert claim(job_id=job.pk, worker="b", seconds=60, now=timezone.now()) is None


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_a_worker_that_was_paused_past_its_lease_writes_nothing(send: Send, work: Work) -> None:
    job = send().job
    paused = claim(job_id=job.pk, worker="a", seconds=60, now=timezone.now())
    assert paused is not None
    expire(job)
    assert work(job).state == "completed"
    with pytest.raises(LeaseLost):
        run_ends.end_job(paused, after="failed", reason="stale")
    job.refresh_from_db()
    assert job.state == "completed"


def test_a_job_is_poison_after_three_crashes_with_no_progress(send: Send, work: Work) -> None:
    job = send().job
    for _ in range(3):
        assert claim(job_id=job.pk, worker="a", seconds=60, now=timezone.now()) is not None
        expire(job)
    assert claim(job_id=job.pk, worker="a", seconds=60, now=timezone.now()) is None
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.problem is not None
    assert job.problem["code"] == "poison"
    assert steps_of(job)[-1] == ("failed", "poison")


def test_a_checkpoint_forgives_the_crashes_before_it(send: Send, model: FakeOpenAI) -> None:
    job = send().job
    for _ in range(2):
        claim(job_id=job.pk, worker="a", seconds=60, now=timezone.now())
        expire(job)
    running.run_job(job_id=job.pk, worker="b")
    job.refresh_from_db()
    assert (job.state, job.crashes) == ("completed", 0)


def test_a_job_that_waits_is_cancelled_at_once(send: Send, work: Work, principal: Principal) -> None:
    job = send().job
    assert cancel(principal=principal, job_id=job.pk, now=timezone.now()).state == "cancelled"
    assert work(job).state == "cancelled"
    with pytest.raises(NotInThisState):
        retry(principal=principal, job_id=job.pk, now=timezone.now())


def test_a_job_in_work_is_cancelled_between_windows(
    send: Send, work: Work, principal: Principal, settings: Any, model: FakeOpenAI
) -> None:
    settings.JOB_LEASE_SECONDS = 0.3
    model.latency_seconds = 0.5
    job = send().job

    def cancel_and_go_on(**given: Any) -> Any:
        cancel(principal=principal, job_id=job.pk, now=timezone.now())
        return analyze(**given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "analyze", cancel_and_go_on)
        assert work(job).state == "cancelled"
    assert not Document.objects.exists()


def test_a_defect_is_tried_again_and_then_a_dead_letter(send: Send, work: Work, principal: Principal) -> None:
    job = send().job

    def fail(**_: Any) -> None:
        raise KeyError("Juniper")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "analyze", fail)
        for _ in range(5):
            work(job)
            Job.objects.filter(pk=job.pk, state="retrying").update(due_at=Now() - timedelta(seconds=1))
    job.refresh_from_db()
    assert job.is_dead_letter
    assert job.problem is not None
    assert "KeyError at jobs/" in job.problem["detail"] or "KeyError at" in job.problem["detail"]
    assert "Juniper" not in str(job.problem)
    job = retry(principal=principal, job_id=job.pk, now=timezone.now())
    assert work(job).state == "completed"


def test_what_the_database_refuses_is_a_defect_and_no_outage(
    send: Send, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise IntegrityError("Juniper")

    monkeypatch.setattr(running, "file_segmentation", refuse)
    job = work(send().job)
    assert (job.state, job.failures, job.crashes) == ("retrying", 1, 0)
    assert job.problem is not None
    assert job.problem["code"] == "defect"
    assert "Juniper" not in str(job.problem)


@pytest.mark.parametrize(
    ("statement", "state", "problem"),
    [
        ("SET LOCAL statement_timeout = 50; SELECT pg_sleep(9)", "retrying", "database_busy"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", "processing", None),
    ],
)
def test_a_database_that_is_busy_puts_the_job_off_and_is_no_crash_of_its_worker(
    send: Send, work: Work, monkeypatch: pytest.MonkeyPatch, statement: str, state: str, problem: str | None
) -> None:
    def execute(**_: Any) -> None:
        connection.cursor().execute(statement)

    monkeypatch.setattr(running, "file_segmentation", execute)
    job = work(send().job)
    assert job.state == state
    assert (job.problem or {}).get("code") == problem
    monkeypatch.undo()
    Job.objects.filter(pk=job.pk).update(due_at=Now() - timedelta(seconds=1))
    if state == "processing":
        expire(job)
    job = work(job)
    assert (job.state, job.crashes) == ("completed", 1 if state == "processing" else 0)


def test_a_session_that_was_ended_for_idleness_costs_no_answer(
    send: Send, work: Work, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker stood still between two statements of a transaction, for as long as PostgreSQL bears with."""
    stored_is_purged = stored._is_purged
    ended: list[int] = []

    def stand_still(**given: Any) -> bool:
        if not ended:
            ended.append(end_session_for_idleness())
        return stored_is_purged(**given)

    monkeypatch.setattr(stored, "_is_purged", stand_still)
    job = work(send().job)
    assert ended
    assert (job.state, job.fence, job.failures) == ("completed", 1, 0)
    assert set(Attempt.objects.values_list("state", flat=True)) == {"settled"}
    assert Attempt.objects.count() == len(model.log.calls)


def test_a_session_that_was_ended_for_idleness_while_filing_is_an_outage_and_no_defect(
    send: Send, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "file_segmentation", lambda **_: end_session_for_idleness())
    job = work(send().job)
    assert (job.state, job.problem) == ("processing", None)
    monkeypatch.undo()
    expire(job)
    assert work(job).state == "completed"


def end_session_for_idleness() -> int:
    """Let PostgreSQL end our session, as it stands in a transaction; the number that the session had."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (number,) = cursor.fetchone()
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 1")

    def watch() -> bool:
        try:
            with connection.cursor() as cursor:  # the watching thread's own connection
                return wait_until(lambda: not _lives(cursor, number=number), seconds=20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as watching:
        assert watching.submit(watch).result()
    return int(number)


def _lives(cursor: Any, *, number: int) -> bool:
    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [number])
    return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("where", ["claim", "load_text"])
def test_a_database_that_is_away_leaves_the_job_to_the_next_worker(
    send: Send, work: Work, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def go_away(**_: Any) -> None:
        raise OperationalError("the connection is lost")

    job = send().job
    monkeypatch.setattr(running, where, go_away)
    assert work(job).state == ("pending" if where == "claim" else "processing")
    monkeypatch.undo()
    if where != "claim":
        expire(job)
    assert work(job).state == "completed"


def test_a_dead_letter_is_discarded_with_a_reason(send: Send, principal: Principal) -> None:
    job = send().job
    Job.objects.filter(pk=job.pk).update(state="failed", problem={"code": "defect"})
    discarded = discard(principal=principal, job_id=job.pk, reason="sent by mistake", now=timezone.now())
    assert not discarded.is_dead_letter
    assert discarded.discard_reason == "sent by mistake"


def test_a_worker_that_ends_hands_its_job_back(send: Send, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    job = send().job

    def end_and_go_on(**given: Any) -> Any:
        running.shutting_down.set()
        return analyze(**given)

    monkeypatch.setattr(running, "analyze", end_and_go_on)
    try:
        assert work(job).state == "pending"
    finally:
        running.shutting_down.clear()
    assert steps_of(job)[-1] == ("pending", "handed_back")
    assert job.crashes == 0
    monkeypatch.undo()
    assert work(job).state == "completed"


def test_the_reaper_sends_again_what_nobody_works_on(send: Send) -> None:
    jobs = [send(content=f"Visit note\nNumber {n}\n".encode(), name="a.txt").job for n in range(3)]
    Outbox.objects.all().delete()
    claim(job_id=jobs[0].pk, worker="a", seconds=60, now=timezone.now())
    expire(jobs[0])
    Job.objects.filter(pk=jobs[1].pk).update(state="retrying", due_at=Now() - timedelta(seconds=1))
    Job.objects.filter(pk=jobs[2].pk).update(sent_at=Now() - timedelta(seconds=30))
    assert reap_once() == 3
    assert set(Outbox.objects.values_list("job_id", flat=True)) == {job.pk for job in jobs}
    assert reap_once() == 0


def test_nobody_steers_another_clinics_job(send: Send, other_clinic: Clinic) -> None:
    from pennie.lib.refusals import Missing

    job = send().job
    stranger = principal_at(other_clinic, role="admin")
    for act in (cancel, retry):
        with pytest.raises(Missing):
            act(principal=stranger, job_id=job.pk, now=timezone.now())
    with pytest.raises(Missing):
        discard(principal=stranger, job_id=job.pk, reason="", now=timezone.now())
    with pytest.raises(Missing):
        rerun(principal=stranger, upload_id=job.upload_id, now=timezone.now())


def test_answers_that_were_paid_for_belong_to_their_clinic(
    send: Send, work: Work, model: FakeOpenAI, other_clinic: Clinic
) -> None:
    work(send().job)
    asked = len(model.log.calls)
    work(send(principal=principal_at(other_clinic)).job)
    assert len(model.log.calls) == 2 * asked
    assert WindowCheckpoint.objects.values("clinic").distinct().count() == 2
