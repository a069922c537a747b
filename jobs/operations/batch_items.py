"""Files put into a batch while it is open."""

from datetime import datetime
from uuid import UUID

from jobs.models import Batch, BatchItem, Job
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal


class BatchClosed(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "batch_closed",
            title="The batch is closed",
            detail="No file can be added to a batch that is closed. Make another one.",
            status=409,
        )


def hold_open(*, principal: Principal, batch_id: UUID) -> Batch:
    """The batch, locked so that it is not closed before the caller's transaction ends. Raises Missing, BatchClosed."""
    batch = Batch.objects.select_for_update(no_key=True).access(principal=principal, pk=batch_id)
    if batch.closed_at is not None:
        raise BatchClosed
    return batch


def check_open(*, principal: Principal, batch_id: UUID) -> None:
    """Whether a file could be added at this moment. Raises Missing, BatchClosed."""
    if Batch.objects.access(principal=principal, pk=batch_id).closed_at is not None:
        raise BatchClosed


def add_job(*, batch: Batch, job: Job, now: datetime) -> None:
    """In the caller's transaction, which holds the batch open. A job that is in it already stays so."""
    BatchItem.objects.get_or_create(batch=batch, job=job, defaults={"clinic_id": batch.clinic_id, "added_at": now})
