"""Several files as one batch: made, closed, cancelled."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from jobs.domain.states import ACTIVE
from jobs.models import Batch, Job
from jobs.operations.steering import NotInThisState, cancel
from pennie.accounts.principal import Principal


def make_batch(*, principal: Principal, name: str, now: datetime) -> Batch:
    return Batch.objects.create(clinic=principal.clinic, name=name[:200], created_by=principal.user, created_at=now)


@transaction.atomic
def close_batch(*, principal: Principal, batch_id: UUID, now: datetime) -> Batch:
    """No file is added any more; it ends with the last of its jobs. One that is closed stays so. Raises Missing."""
    batch = Batch.objects.select_for_update(no_key=True).access(principal=principal, pk=batch_id)
    if batch.closed_at is None:
        batch.closed_at = now
        batch.save(update_fields=["closed_at"])
    return batch


def cancel_batch(*, principal: Principal, batch_id: UUID, now: datetime) -> Batch:
    """Close it, and cancel those of its jobs that have not ended. Raises Missing."""
    batch = close_batch(principal=principal, batch_id=batch_id, now=now)
    for job in Job.objects.filter(batch_items__batch=batch).filter(state__in=ACTIVE):
        try:
            cancel(principal=principal, job_id=job.pk, now=now)
        except NotInThisState:  # it has ended meanwhile
            continue
    return batch
