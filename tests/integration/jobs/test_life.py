"""A job's life in any order of what can befall it: workers that come, die and come back, and people who steer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from unittest import mock

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents.models import Segmentation
from jobs.domain.states import ACTIVE, MAX_FAILURES, POISON_CRASHES, TRANSITIONS, State
from jobs.leases import Lease, LeaseLost, claim
from jobs.models import Job, JobEvent, Outbox
from jobs.operations import relaying, run_ends, running, steering
from jobs.operations.reaping import reap_once
from jobs.operations.relaying import relay_once
from jobs.operations.submitting import Submitted, rerun
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


class Life:
    """One upload with its jobs; each step is taken where it can be, and refused where it cannot."""

    def __init__(self, *, job: Job, principal: Principal) -> None:
        self.job, self.principal = job, principal
        self.leases: list[Lease] = []
        self.cancelled: set[Any] = set()  # accepted cancellations

    # A worker

    def claim(self) -> None:
        lease = claim(job_id=self.job.pk, worker="w", seconds=60, now=timezone.now())
        if lease is not None:
            self.leases.append(lease)

    def work(self) -> None:
        running.run_job(job_id=self.job.pk, worker="w")

    def write(self, end: Callable[[Lease], object]) -> None:
        """By the newest claim; every older one must be turned away."""
        for lease in self.leases[:-1]:
            with pytest.raises(LeaseLost):
                end(lease)
        for lease in self.leases[-1:]:
            try:
                end(lease)
            except (LeaseLost, run_ends.Cancelled):
                continue

    def hand_back(self) -> None:
        self.write(run_ends.hand_back)

    def meet_a_defect(self) -> None:
        self.write(lambda lease: run_ends.try_again_later(lease, error=KeyError()))

    def fail(self) -> None:
        self.write(lambda lease: run_ends.end_job(lease, after="failed", reason="corrupt", problem={"code": "corrupt"}))

    # Time and the other processes

    def pass_time(self) -> None:
        Job.objects.filter(state="processing").update(lease_until=Now() - timedelta(seconds=1))
        Job.objects.filter(state="retrying").update(due_at=Now() - timedelta(seconds=1))
        Job.objects.exclude(sent_at=None).update(sent_at=Now() - timedelta(hours=1))
        Job.objects.update(updated_at=Now() - timedelta(hours=1))

    def reap(self) -> None:
        reap_once()

    def relay(self) -> None:
        relay_once()

    # People

    def steer(self, what: Callable[..., Job], **more: str) -> None:
        try:
            job = what(principal=self.principal, job_id=self.job.pk, now=timezone.now(), **more)
        except Refusal:
            return
        if what is steering.cancel:
            self.cancelled.add(job.pk)

    def cancel(self) -> None:
        self.steer(steering.cancel)

    def retry(self) -> None:
        was = self.job.pk
        self.steer(steering.retry)
        if Job.objects.get(pk=was).state == "pending":
            self.cancelled.discard(was)

    def discard(self) -> None:
        self.steer(steering.discard, reason="of no use")

    def analyse_again(self) -> None:
        self.job = rerun(principal=self.principal, upload_id=self.job.upload_id, now=timezone.now())

    # What must be so

    def check(self) -> None:
        jobs = list(Job.objects.filter(upload=self.job.upload_id))
        assert sum(job.state in ACTIVE for job in jobs) <= 1
        for job in jobs:
            self.check_job(job)

    def check_job(self, job: Job) -> None:
        events = list(JobEvent.objects.filter(job=job).order_by("version"))
        assert [event.version for event in events] == list(range(1, job.version + 1))
        assert events[-1].after == job.state
        for before, event in zip(["", *(each.after for each in events)], events, strict=False):
            assert event.before == before
            assert not before or event.after in TRANSITIONS[cast(State, before)]
        assert (job.lease_until is not None) == (job.state == "processing")
        assert (job.due_at is not None) == (job.state == "retrying")
        assert (job.finished_at is not None) == job.is_ended
        assert (job.segmentation_id is not None) == (job.state in ("completed", "partial"))
        assert Segmentation.objects.filter(job_id=job.pk).count() == (job.segmentation_id is not None)
        assert job.crashes <= POISON_CRASHES
        assert job.failures < MAX_FAILURES
        if job.pk in self.cancelled:
            assert job.state in ("processing", "cancelled", "failed")

    def bring_to_an_end(self) -> None:
        """Whatever happened, it ends once it is left alone."""
        for _ in range(3):
            self.pass_time()
            Outbox.objects.all().delete()  # lost on the way
            if Job.objects.filter(pk=self.job.pk, state__in=ACTIVE).exists():
                assert reap_once() == 1
            self.work()
        assert Job.objects.get(pk=self.job.pk).is_ended


STEPS = [name for name in vars(Life) if not name.startswith(("_", "check", "steer", "write", "bring"))]
# Those that lead on, more often.
OFTEN = ["claim", "claim", "pass_time", "hand_back", "meet_a_defect", "cancel"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS + OFTEN), max_size=14))
def test_whatever_befalls_a_job_its_history_is_whole_and_it_ends(
    send: Callable[..., Submitted], principal: Principal, steps: list[str]
) -> None:
    number = Job.objects.count()
    Job.objects.filter(state__in=ACTIVE).update(state="cancelled", lease_until=None)
    life = Life(job=send(content=f"Visit note\nNumber {number}\n".encode(), name="a.txt").job, principal=principal)
    with mock.patch.object(relaying, "publish"):
        for step in steps:
            getattr(life, step)()
            life.check()
        life.bring_to_an_end()
        life.check()
