"""How far a job is: told while it runs, kept with it, and followed to its end."""

import json
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from documents.models import Document
from jobs.models import Job
from jobs.operations import running
from jobs.operations.steering import cancel
from jobs.operations.submitting import Submitted
from jobs.operations.watching import follow
from jobs.progress import Progress, progress_redis, read_progress
from jobs.queries import sum_attempts
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing
from tests.factories import JobFactory, principal_at
from tests.fake_openai import FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
Work = Callable[[Job], Job]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Progress]:
    """What workers tell while they are at it, but for changes of state."""
    heard: list[Progress] = []
    monkeypatch.setattr(running, "tell_progress", heard.append)
    return heard


def test_documents_and_cost_grow_with_the_windows_and_end_as_what_was_filed_and_spent(
    send: Send, work: Work, model: FakeOpenAI, told: list[Progress]
) -> None:
    job = work(send("practice_export.txt").job)
    totals = sum_attempts(job_ids=[job.pk])[job.pk]
    assert [each.windows_done for each in told] == list(range(1, (job.windows_total or 0) + 1))
    assert [each.documents for each in told] == sorted(each.documents for each in told)
    costs = [Decimal(each.known_cost_usd) for each in told]
    assert 0 < costs[0] <= costs[-1] <= totals.known_cost_usd
    last = read_progress(job=job)
    assert last.documents == Document.objects.filter(segmentation=job.segmentation).count() > 0
    assert Decimal(last.known_cost_usd) == totals.known_cost_usd
    assert (last.percent, last.eta) == (100, None)


def test_a_second_run_counts_what_the_first_has_spent(
    send: Send, work: Work, model: FakeOpenAI, told: list[Progress], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "file_segmentation", _break)
    job = work(send().job)
    spent = read_progress(job=job).known_cost_usd
    assert job.state == "retrying"
    assert Decimal(spent) > 0
    monkeypatch.undo()
    Job.objects.filter(pk=job.pk).update(state="pending", due_at=None)
    monkeypatch.setattr(running, "tell_progress", told.append)
    work(job)
    assert told[-1].known_cost_usd == spent  # all answers were kept: nothing was added


def _break(**_: Any) -> None:
    raise RuntimeError


def test_what_redis_has_forgotten_the_database_tells(clinic: Clinic) -> None:
    job = JobFactory(upload__clinic=clinic, state="retrying", windows_done=3, windows_total=8, documents_found=7)
    progress_redis().flushdb()
    moment = read_progress(job=job)
    assert (moment.windows_done, moment.windows_total, moment.documents) == (3, 8, 7)


def test_a_job_is_followed_to_its_end(send: Send, principal: Principal) -> None:
    job = send("befund_de.txt").job
    looked = 0

    def pause() -> None:
        nonlocal looked
        looked += 1
        if looked == 2:  # the first time nothing has changed
            running.run_job(job_id=job.pk, worker="worker@test")

    states = [each.state for each in follow(principal=principal, job_id=job.pk, pause=pause)]
    assert states == ["pending", "completed"]


def test_another_clinic_follows_nothing(send: Send, other_clinic: Clinic) -> None:
    job = send("befund_de.txt").job
    stranger = principal_at(other_clinic, role="admin")
    with pytest.raises(Missing):
        next(follow(principal=stranger, job_id=job.pk, pause=lambda: None))
    with pytest.raises(CommandError, match="has no job"):
        watch(job, stranger)


def watch(job: Job, principal: Principal, *options: str) -> str:
    out = StringIO()
    call_command("watch", str(job.pk), "--as", principal.user.email, *options, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_steps_and_the_end(
    send: Send, work: Work, principal: Principal, capsys: pytest.CaptureFixture[str]
) -> None:
    job = work(send("befund_de.txt").job)
    said = watch(job, principal)
    assert said == f"The job is completed: {job.documents_found} documents.\n"
    steps = [line.split("  ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert steps == ["new to pending (submitted)", "pending to processing (claimed)", "processing to completed"]


def test_the_command_tells_programs_in_json(send: Send, work: Work, principal: Principal) -> None:
    job = work(send("befund_de.txt").job)
    (moment,) = map(json.loads, watch(job, principal, "--json").splitlines())
    assert (moment["job"], moment["state"], moment["percent"], moment["is_ended"]) == (
        str(job.pk),
        "completed",
        100,
        True,
    )


def test_the_command_fails_with_the_job(send: Send, principal: Principal) -> None:
    job = send("befund_de.txt").job
    cancel(principal=principal, job_id=job.pk, now=job.created_at)
    with pytest.raises(SystemExit) as ended:
        watch(job, principal)
    assert ended.value.code == 1
