"""What must be so after whatever befell a clinic's jobs, read from PostgreSQL and from nothing that the steps said."""

import json
from collections import Counter
from collections.abc import Collection
from typing import Any, cast

from documents.models import Segmentation
from jobs.domain.states import ACTIVE, ENDS, MAX_FAILURES, POISON_CRASHES, TRANSITIONS, State
from jobs.domain.webhooks import BATCH_EVENT, wants
from jobs.models import Batch, BatchItem, Job, JobEvent, QueuePause, WebhookDelivery, WebhookEndpoint
from pennie.accounts.models import Clinic
from tests.integration.jobs.life import MARK

_SAID_OF_JOB = {"job", "upload", "state", "version", "links"}
_SAID_OF_BATCH = {"batch", "jobs", "by_state", "links"}


class Witness:
    """Looks before each step and after it. Webhooks are counted anew by the rules, from the jobs' events alone."""

    def __init__(self, *, clinic: Clinic) -> None:
        self._clinic = clinic
        self._due: Counter[tuple[str, str, int, Any]] = Counter()  # event, whose, its version, endpoint
        self._versions: Counter[Any] = Counter()  # of each job, the last that was seen
        self._ended: dict[Any, Any] = {}
        self.look()

    def look(self) -> None:
        """As it is before a step."""
        self._listeners = list(WebhookEndpoint.objects.filter(clinic=self._clinic, disabled_at=None))
        self._in_open_batch = set(BatchItem.objects.filter(batch__ended_at=None).values_list("job_id", flat=True))
        self._is_paused = QueuePause.objects.exists()

    def check(self, *, uploads: Collection[Any], cancelled: Collection[Any]) -> None:
        """`cancelled`: jobs of which people were told that they end."""
        jobs = list(Job.objects.filter(upload__in=uploads))
        events: dict[Any, list[JobEvent]] = {job.pk: [] for job in jobs}
        for event in JobEvent.objects.filter(job__in=jobs).order_by("job", "version"):
            events[event.job_id].append(event)
        active = Counter(job.upload_id for job in jobs if job.state in ACTIVE)
        assert max(active.values(), default=0) <= 1
        for job in jobs:
            self._check_history(job, events[job.pk])
            self._check_row(job, is_cancelled=job.pk in cancelled)
            self._take_note(job, events[job.pk])
        self._check_batches()
        self._check_deliveries()
        self.look()

    def _check_history(self, job: Job, events: list[JobEvent]) -> None:
        assert [event.version for event in events] == list(range(1, job.version + 1))
        assert events[-1].after == job.state
        for before, event in zip(["", *(each.after for each in events)], events, strict=False):
            assert event.before == before
            assert not before or event.after in TRANSITIONS[cast(State, before)]
        numbered = [event for event in events if event.after == "processing" or event.reason == "poison"]
        assert [event.fence for event in numbered] == list(range(1, job.fence + 1))
        assert [event.fence for event in events] == sorted(event.fence for event in events)

    def _check_row(self, job: Job, *, is_cancelled: bool) -> None:
        assert (job.lease_until is not None) == (job.state == "processing")
        assert (job.due_at is not None) == (job.state in ("retrying", "parked"))
        assert (job.parked_for != "") == (job.state == "parked")
        assert (job.finished_at is not None) == job.is_ended
        assert (job.segmentation_id is not None) == (job.state in ("completed", "partial"))
        assert Segmentation.objects.filter(job_id=job.pk).count() == (job.segmentation_id is not None)
        assert job.crashes <= POISON_CRASHES
        assert job.failures < MAX_FAILURES
        assert (job.cancel_requested_at is None) == (job.cancel_requested_by_id is None)
        # A dead letter is discarded or not; whatever goes on is none.
        assert job.discarded_at is None or job.state == "failed"
        assert (job.discarded_at is None) == (job.discarded_by_id is None) == (job.discard_reason == "")
        if is_cancelled:
            assert job.state in ("processing", "cancelled", "failed")

    def _take_note(self, job: Job, events: list[JobEvent]) -> None:
        """Whom a new step was to be told to; and no step of a queue that is paused is a beginning."""
        new = events[self._versions[job.pk] :]
        self._versions[job.pk] = job.version
        for event in new:
            assert not (self._is_paused and event.reason == "claimed")
            if event.after not in ENDS:
                continue
            for listener in self._listeners:
                with_batch = job.pk in self._in_open_batch and wants(chosen=listener.events, event=BATCH_EVENT)
                if wants(chosen=listener.events, event=f"job.{event.after}") and not with_batch:
                    self._due[f"job.{event.after}", str(job.pk), event.version, listener.pk] += 1

    def _check_batches(self) -> None:
        """One that ends is closed, has no job at work, is told of once, and stays ended."""
        for batch in Batch.objects.filter(clinic=self._clinic):
            if batch.pk in self._ended:
                assert batch.ended_at == self._ended[batch.pk]
            elif batch.ended_at is not None:
                assert batch.closed_at is not None
                assert not BatchItem.objects.filter(batch=batch, job__state__in=ACTIVE).exists()
                self._ended[batch.pk] = batch.ended_at
                for listener in self._listeners:
                    if wants(chosen=listener.events, event=BATCH_EVENT):
                        self._due[BATCH_EVENT, str(batch.pk), 0, listener.pk] += 1

    def _check_deliveries(self) -> None:
        """Each word has one delivery to each who wants it, tells nothing but ids and states, and keeps its tries."""
        told: Counter[tuple[str, str, int, Any]] = Counter()
        rows = WebhookDelivery.objects.filter(clinic=self._clinic).select_related("message", "endpoint")
        for delivery in rows.prefetch_related("sendings"):
            payload = delivery.message.payload
            data = payload["data"]
            about = data.get("job") or data["batch"]
            told[payload["type"], about, data.get("version", 0), delivery.endpoint_id] += 1
            assert set(payload) == {"type", "timestamp", "data"}
            assert set(data) == (_SAID_OF_BATCH if payload["type"] == BATCH_EVENT else _SAID_OF_JOB)
            assert MARK not in json.dumps(payload)
            tries = sorted(each.number for each in delivery.sendings.all())
            assert tries == list(range(1, delivery.tries + 1))
            received = [each for each in delivery.sendings.all() if not each.failure]
            assert len(received) == (delivery.state == "delivered")
            assert (delivery.ended_at is None) == (delivery.state == "pending")
            assert delivery.endpoint.disabled_at is None or delivery.state != "pending"
        assert told == self._due
