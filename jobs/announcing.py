"""What integrators are told of: written in the transaction that makes it so, sent by a process of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.domain.states import State
from jobs.domain.webhooks import BATCH_EVENT, EventType, find_event, wants
from jobs.models import BatchItem, Job, WebhookDelivery, WebhookEndpoint, WebhookMessage

_ROOT = "/api/v1"
# No conflict with senders, which change a row but not its key; only with a removal.
_LISTENERS = "SELECT * FROM jobs_webhookendpoint WHERE clinic_id = %s AND disabled_at IS NULL ORDER BY id FOR KEY SHARE"


def announce_job(*, job: Job, after: State, version: int, now: datetime) -> None:
    """Tell the clinic's endpoints what the job has become, if the caller's transaction commits. One query where there
    are none."""
    event = find_event(state=after)
    if event is None:
        return
    endpoints = list_listeners(clinic_id=job.clinic_id, event=event)
    if endpoints and _is_told_with_batch(job):
        endpoints = [each for each in endpoints if not wants(chosen=each.events, event=BATCH_EVENT)]
    if endpoints:
        data = {
            "job": str(job.pk),
            "upload": str(job.upload_id),
            "state": after,
            "version": version,
            "links": {"job": f"{_ROOT}/jobs/{job.pk}/", "documents": f"{_ROOT}/uploads/{job.upload_id}/documents/"},
        }
        announce(event=event, data=data, endpoints=endpoints, clinic_id=job.clinic_id, job=job, now=now)


def list_listeners(*, clinic_id: UUID, event: EventType) -> list[WebhookEndpoint]:
    """The clinic's endpoints that want to be told of it; none of them can be removed before the caller's transaction
    ends, which would fail with them."""
    enabled = WebhookEndpoint.objects.raw(_LISTENERS, [clinic_id])
    return [each for each in enabled if wants(chosen=each.events, event=event)]


def _is_told_with_batch(job: Job) -> bool:
    """Whether it is of a batch that has not ended: who is told of that is not told of each job."""
    return BatchItem.objects.filter(job=job, batch__ended_at=None).exists()


def announce(
    *,
    event: str,
    data: Mapping[str, Any],
    endpoints: list[WebhookEndpoint],
    clinic_id: UUID,
    now: datetime,
    job: Job | None = None,
) -> list[WebhookDelivery]:
    """A message with a delivery to each of `endpoints`. `data`: ids, states and numbers only."""
    message = WebhookMessage.objects.create(
        clinic_id=clinic_id,
        event=event,
        job=job,
        payload={"type": event, "timestamp": now.isoformat().replace("+00:00", "Z"), "data": dict(data)},
        created_at=now,
    )
    return WebhookDelivery.objects.bulk_create(
        WebhookDelivery(clinic_id=clinic_id, endpoint=each, message=message, due_at=now, created_at=now)
        for each in endpoints
    )
