"""Several files as one batch: made, closed, cancelled."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from jobs.domain.states import ACTIVE
from jobs.models import Batch, BatchItem, Job
from jobs.operations.steering import NotInThisState, cancel
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing

MOST_AT_ONCE = 500  # jobs that one request cancels


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelledBatch:
    """A batch of which jobs were cancelled."""

    batch: Batch
    left: int  # jobs that were not looked at: they were more than MOST_AT_ONCE


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


def cancel_batch(*, principal: Principal, batch_id: UUID, now: datetime) -> CancelledBatch:
    """Close it, and cancel the oldest of the jobs that were made for it and have not ended. Raises Missing.

    Those that were there before it are somebody else's; so is what another batch waits for, too.
    """
    batch = close_batch(principal=principal, batch_id=batch_id, now=now)
    rows = _find_cancellable(batch)
    matching = rows.count()
    ids = list(rows.order_by("id").values_list("pk", flat=True)[:MOST_AT_ONCE])
    for job_id in ids:
        with suppress(NotInThisState, Missing):  # it has ended meanwhile, or is erased
            cancel(principal=principal, job_id=job_id, now=now)
    return CancelledBatch(batch=batch, left=max(0, matching - len(ids)))


def _find_cancellable(batch: Batch) -> QuerySet[Job]:
    made_for_it = Job.objects.filter(batch_items__batch=batch, batch_items__added_at=F("created_at"))
    elsewhere = BatchItem.objects.filter(job=OuterRef("pk"), batch__ended_at=None).exclude(batch=batch)
    asked = Q(state="processing", cancel_requested_at__isnull=False)
    return made_for_it.filter(~asked, ~Exists(elsewhere), state__in=ACTIVE)
