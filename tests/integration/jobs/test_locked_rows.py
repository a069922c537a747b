"""A worker that stands still with its job's row locked: nobody else waits for that."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import Batch, Job, Outbox
from jobs.operations import relaying
from jobs.operations.batch_progress import end_batches
from jobs.operations.reaping import reap_once
from jobs.operations.relaying import relay_once
from jobs.operations.submitting import Submitted
from pennie.accounts.models import Clinic
from tests.factories import BatchFactory

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]


@contextmanager
def locked(row: Job | Batch) -> Iterator[None]:
    """By another connection."""
    holds, release = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                type(row)._base_manager.select_for_update().get(pk=row.pk)
                holds.set()
                release.wait(60)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert holds.wait(20)
        yield
    finally:
        release.set()
        holder.join(20)


@pytest.fixture
def two(send: Send) -> tuple[Job, Job]:
    return send().job, send("practice_export.txt").job


def test_the_reaper_sends_the_other_jobs_again(two: tuple[Job, Job]) -> None:
    Outbox.objects.all().delete()
    Job.objects.update(state="processing", lease_until=Now() - timedelta(seconds=1))
    with locked(two[0]):
        assert reap_once() == 1
        assert Outbox.objects.get().job == two[1]
    Outbox.objects.all().delete()
    assert reap_once() == 1
    assert Outbox.objects.get().job == two[0]


def test_the_relay_publishes_and_forgets_every_message(two: tuple[Job, Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaying, "publish", lambda **_: None)
    with locked(two[0]):
        assert relay_once() == 2
        assert not Outbox.objects.exists()
    assert Job.objects.get(sent_at=None) == two[0]


def test_other_batches_that_were_forgotten_are_ended(clinic: Clinic) -> None:
    now = timezone.now()
    held, _ = BatchFactory.create_batch(2, clinic=clinic, created_at=now - timedelta(days=2))
    with locked(held):
        assert end_batches(now=now) == 1
    assert list(Batch.objects.filter(ended_at=None)) == [held]
    assert end_batches(now=now) == 1
