"""One clinic's files and all that can befall their jobs; each step is taken where it can be, and refused where not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from jobs.domain.states import ACTIVE
from jobs.leases import Lease, LeaseLost, claim
from jobs.llm.closed import Closed
from jobs.models import Batch, Job, Outbox, QueuePause, WebhookDelivery
from jobs.operations import run_ends, running, steering
from jobs.operations.batching import cancel_batch, close_batch, make_batch
from jobs.operations.choosing import choose_job, run_next
from jobs.operations.pausing import pause_queue, resume_queue
from jobs.operations.reaping import reap_once
from jobs.operations.relaying import relay_once
from jobs.operations.submitting import Submitted, rerun
from jobs.webhooks import delivering
from jobs.webhooks.posting import Answer
from pennie.accounts.principal import Principal
from pennie.lib.ids import new_id
from pennie.lib.refusals import Refusal

MARK = "Zqorra"  # in each file's words and name


class Life:
    """Two files at most, the first of them in a batch with the second; `job` is the one that people are at."""

    def __init__(self, *, send: Callable[..., Submitted], principal: Principal, number: int) -> None:
        self.principal = principal
        self.batch: Batch = make_batch(principal=principal, name=MARK, now=timezone.now())
        self.leases: list[Lease] = []
        self.cancelled: set[Any] = set()  # accepted cancellations
        self._send, self._number = send, number
        self.jobs = [self._send_file(0)]  # the newest of each file

    @property
    def job(self) -> Job:
        return self.jobs[-1]

    def uploads(self) -> list[Any]:
        return [job.upload_id for job in self.jobs]

    def _send_file(self, index: int) -> Job:
        content = f"Visit note\n{MARK} {self._number}-{index}\n".encode()
        return self._send(content=content, name=f"{MARK}.txt", batch_id=self.batch.pk).job

    # A worker

    def claim(self) -> None:
        chosen = choose_job(job_id=self.job.pk)
        lease = chosen and claim(job_id=chosen, worker="w", seconds=60, now=timezone.now())
        if lease:
            self.leases.append(lease)

    def work(self) -> None:
        run_next(job_id=self.job.pk, worker="w")

    def write(self, end: Callable[[Lease], object]) -> None:
        """By the newest claim; every older one of its job must be turned away."""
        for newest in self.leases[-1:]:
            for lease in self.leases[:-1]:
                if lease.job.pk == newest.job.pk:
                    with pytest.raises(LeaseLost):
                        end(lease)
            try:
                end(newest)
            except (LeaseLost, run_ends.Cancelled):
                continue

    def hand_back(self) -> None:
        self.write(run_ends.hand_back)

    def meet_a_defect(self) -> None:
        self.write(lambda lease: run_ends.try_again_later(lease, error=KeyError()))

    def park(self) -> None:
        self.write(lambda lease: run_ends.park(lease, closed=Closed(reason="over_budget", seconds=None)))

    def fail(self) -> None:
        self.write(lambda lease: run_ends.end_job(lease, after="failed", reason="corrupt", problem={"code": "corrupt"}))

    # Time and the other processes

    def pass_time(self) -> None:
        Job.objects.filter(state="processing").update(lease_until=Now() - timedelta(seconds=1))
        Job.objects.filter(state__in=("retrying", "parked")).update(due_at=Now() - timedelta(seconds=1))
        Job.objects.exclude(sent_at=None).update(sent_at=Now() - timedelta(hours=1))
        Job.objects.update(updated_at=Now() - timedelta(hours=1))
        WebhookDelivery.objects.filter(state="pending").update(due_at=Now() - timedelta(seconds=1))

    def reap(self) -> None:
        reap_once()

    def relay(self) -> None:
        relay_once()

    def _deliver(self, *, status: int) -> None:
        holder = new_id()
        with mock.patch.object(delivering, "post", return_value=Answer(status=status, beginning="")):
            for delivery_id in delivering.take_due(holder=holder, most=8):
                delivering.send(delivery_id=delivery_id, holder=holder)

    def deliver(self) -> None:
        self._deliver(status=200)

    def deliver_in_vain(self) -> None:
        self._deliver(status=500)

    def lose_listeners(self) -> None:
        self._deliver(status=410)

    # People

    def steer(self, what: Callable[..., Job], **more: object) -> None:
        try:
            job = what(principal=self.principal, job_id=self.job.pk, now=timezone.now(), **more)
        except Refusal:
            return
        if what is steering.cancel:
            self.cancelled.add(job.pk)

    def cancel(self) -> None:
        self.steer(steering.cancel)

    def retry(self) -> None:
        self.steer(steering.retry)
        self._forget_cancelling()

    def retry_all_that_failed(self) -> None:
        jobs = Job.objects.filter(upload__in=self.uploads())
        steering.retry_many(principal=self.principal, jobs=jobs, now=timezone.now())
        self._forget_cancelling()

    def _forget_cancelling(self) -> None:
        """A job that was asked to end, and failed before it could, begins anew when it is retried."""
        self.cancelled -= set(Job.objects.filter(pk__in=self.cancelled, state="pending").values_list("pk", flat=True))

    def discard(self) -> None:
        self.steer(steering.discard, reason="of no use")

    def resume(self) -> None:
        self.steer(steering.resume, without_model=False)

    def analyse_again(self) -> None:
        self.jobs[-1] = rerun(principal=self.principal, upload_id=self.job.upload_id, now=timezone.now())

    def send_another(self) -> None:
        """Into the batch, where that is open; from then on people are at one file, then at the other."""
        if len(self.jobs) > 1:
            self.jobs.reverse()
            return
        try:
            self.jobs.append(self._send_file(1))
        except Refusal:
            assert Batch.objects.get(pk=self.batch.pk).closed_at

    def close_batch(self) -> None:
        close_batch(principal=self.principal, batch_id=self.batch.pk, now=timezone.now())

    def cancel_batch(self) -> None:
        was = Job.objects.filter(batch_items__batch=self.batch, state__in=ACTIVE)
        asked = set(was.values_list("pk", flat=True))
        cancel_batch(principal=self.principal, batch_id=self.batch.pk, now=timezone.now())
        steered = Job.objects.filter(pk__in=asked).exclude(state__in=ACTIVE, cancel_requested_at=None)
        self.cancelled |= set(steered.values_list("pk", flat=True))

    def pause_queue(self) -> None:
        whose = {"clinic_id": self.principal.clinic_id, "user": self.principal.user}
        pause_queue(queue="normal", reason="", now=timezone.now(), **whose)  # type: ignore[arg-type]

    def pause_all(self) -> None:
        pause_queue(queue="normal", clinic_id=None, user=self.principal.user, reason="", now=timezone.now())

    def resume_queue(self) -> None:
        resume_queue(queue="normal", clinic_id=self.principal.clinic_id)

    def resume_all(self) -> None:
        resume_queue(queue="normal", clinic_id=None)

    # At last

    def let_all_go_on(self) -> None:
        QueuePause.objects.all().delete()
        self.close_batch()

    def bring_to_an_end(self) -> None:
        """Whatever happened, all of it ends once it is left alone and no queue is paused."""
        active = Job.objects.filter(upload__in=self.uploads(), state__in=ACTIVE)
        for _ in range(3):
            self.pass_time()
            Outbox.objects.all().delete()  # lost on the way
            self.reap()
            sent = set(Outbox.objects.values_list("job_id", flat=True))
            assert sent == set(active.values_list("pk", flat=True))
            for job_id in sorted(sent):
                run_next(job_id=job_id, worker="w")
        self.reap()
        assert not active.exists()
        assert Batch.objects.get(pk=self.batch.pk).ended_at is not None
        assert running.shutting_down.is_set() is False


_OTHERS = ("uploads", "job", "write", "steer", "let_all_go_on", "bring_to_an_end")
STEPS = [name for name in vars(Life) if not name.startswith("_") and name not in _OTHERS]
