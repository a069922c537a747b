"""How far a batch is, and its end: one word when the last of its jobs has ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Sum

from jobs.announcing import announce, list_listeners
from jobs.domain.states import ACTIVE, STATES
from jobs.domain.webhooks import BATCH_EVENT
from jobs.models import Attempt, Batch, BatchItem

CLOSED_AFTER: Final = timedelta(days=1)  # in which nothing was added: who made it has forgotten it
MOST_AT_ONCE: Final = 100  # batches that one round ends


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchProgress:
    """How far a batch is."""

    jobs: int
    by_state: Mapping[str, int]  # each state that there is
    windows_done: int
    windows_total: int  # of the jobs that know theirs
    documents: int
    known_cost_usd: Decimal | None  # None: it was not asked for
    eta: datetime | None  # the latest of the jobs that are at work; None: nobody can say
    has_ended: bool  # the batch; until then files may be added, or a job that failed be retried

    @property
    def ended(self) -> int:
        return self.jobs - sum(self.by_state.get(state, 0) for state in ACTIVE)

    @property
    def mark(self) -> str:
        """What tells this moment of the batch from others."""
        states = "-".join(f"{state}{count}" for state, count in self.by_state.items())
        counts = f"{self.windows_done}-{self.windows_total}-{self.documents}-{self.known_cost_usd or 0:f}"
        return f"{states}-{counts}-{'ended' if self.has_ended else 'open'}"

    @property
    def percent(self) -> int:
        """Of its jobs that have ended; 100 once the batch has, and not before."""
        if self.has_ended:
            return 100
        return min(99, 100 * self.ended // self.jobs) if self.jobs else 0


def read_progress(*, batches: Sequence[Batch], with_cost: bool = True) -> Mapping[UUID, BatchProgress]:
    """How far each is: one query for all, and one that adds up what every call of their jobs cost."""
    ids = [batch.pk for batch in batches]
    rows = (
        BatchItem.objects.filter(batch_id__in=ids)
        .order_by()
        .values("batch_id", "job__state")
        .annotate(
            jobs=Count("id"),
            done=Sum("job__windows_done", default=0),
            total=Sum("job__windows_total", default=0),
            documents=Sum("job__documents_found", default=0),
            eta=Max("job__eta"),
        )
    )
    costs = _add_up_costs(ids) if with_cost else {}
    found: dict[UUID, list[Mapping[str, object]]] = {}
    for row in rows:
        found.setdefault(row["batch_id"], []).append(row)
    return {
        each.pk: _add_up(found.get(each.pk, []), batch=each, cost=costs.get(each.pk, Decimal(0)) if with_cost else None)
        for each in batches
    }


def _add_up_costs(ids: Sequence[UUID]) -> Mapping[UUID, Decimal]:
    return dict(
        Attempt.objects.filter(job__batch_items__batch_id__in=ids)
        .order_by()
        .values("job__batch_items__batch_id")
        .annotate(cost=Sum("cost_usd", default=Decimal(0)))
        .values_list("job__batch_items__batch_id", "cost")
    )


def _add_up(rows: Sequence[Mapping[str, object]], *, batch: Batch, cost: Decimal | None) -> BatchProgress:
    counts = {str(row["job__state"]): int(str(row["jobs"])) for row in rows}
    etas = [row["eta"] for row in rows if isinstance(row["eta"], datetime)]
    return BatchProgress(
        jobs=sum(counts.values()),
        by_state={state: counts[state] for state in STATES if state in counts},
        windows_done=sum(int(str(row["done"])) for row in rows),
        windows_total=sum(int(str(row["total"])) for row in rows),
        documents=sum(int(str(row["documents"])) for row in rows),
        known_cost_usd=cost,
        eta=max(etas, default=None),
        has_ended=batch.ended_at is not None,
    )


def end_batches(*, now: datetime) -> int:
    """End those that are closed and have no job that has not ended, and announce each once; how many.

    One to which nothing was added for a day is closed first. Several may do this at once.
    """
    _close_forgotten(now=now)
    at_work = BatchItem.objects.filter(batch=OuterRef("pk"), job__state__in=ACTIVE)
    done = Batch.objects.filter(~Exists(at_work), ended_at=None, closed_at__isnull=False).order_by("id")
    ended = 0
    for batch_id in list(done.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        with transaction.atomic():
            # Looked at again: meanwhile another may have ended it, or somebody retried a job of it.
            batch = done.select_for_update(no_key=True, skip_locked=True).filter(pk=batch_id).first()
            if batch is None:
                continue
            batch.ended_at = now
            batch.save(update_fields=["ended_at"])
            _announce(batch, now=now)
            ended += 1
    return ended


@transaction.atomic
def _close_forgotten(*, now: datetime) -> None:
    """One that somebody has locked is passed over: all others would wait for it."""
    recent = BatchItem.objects.filter(batch=OuterRef("pk"), added_at__gt=now - CLOSED_AFTER)
    forgotten = Batch.objects.filter(~Exists(recent), closed_at=None, created_at__lt=now - CLOSED_AFTER)
    rows = forgotten.order_by("id").select_for_update(no_key=True, skip_locked=True)
    ids = list(rows.values_list("pk", flat=True)[:MOST_AT_ONCE])
    Batch.objects.filter(pk__in=ids).update(closed_at=now)


def _announce(batch: Batch, *, now: datetime) -> None:
    listeners = list_listeners(clinic_id=batch.clinic_id, event=BATCH_EVENT)
    if not listeners:
        return
    progress = read_progress(batches=[batch], with_cost=False)[batch.pk]
    data = {
        "batch": str(batch.pk),
        "jobs": progress.jobs,
        "by_state": dict(progress.by_state),
        "links": {"batch": f"/api/v1/batches/{batch.pk}/", "jobs": f"/api/v1/jobs/?batch={batch.pk}"},
    }
    announce(event=BATCH_EVENT, data=data, endpoints=listeners, clinic_id=batch.clinic_id, now=now)
