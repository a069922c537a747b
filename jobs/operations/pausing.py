"""Queues paused and resumed by people: a clinic's own, or by operators for all clinics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, Q

from jobs.domain.states import PRIORITIES, Priority
from jobs.models import Job, Outbox, QueuePause
from jobs.pauses import is_paused
from jobs.transitions import enqueue_again
from pennie.accounts.models import User
from pennie.accounts.principal import Principal

SENT_AT_ONCE = 500  # of a queue that is resumed; once workers have emptied it, the reaper sends the others


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueState:
    """How one queue stands for a clinic."""

    name: Priority
    pending: int
    processing: int
    oldest_pending_at: datetime | None
    paused_at: datetime | None  # None: it is not
    paused_for_all: bool
    reason: str


def pause_queue(*, queue: Priority, clinic_id: UUID | None, user: User, reason: str, now: datetime) -> QueuePause:
    """From now on no job of it is begun: the clinic's, or where None, anybody's. One that is paused stays so.

    The caller has seen to it that the user may say so for `clinic_id`.
    """
    said = {"reason": reason[:200], "paused_by": user, "paused_at": now}
    whose: dict[str, Any] = {"queue": queue, "clinic_id": clinic_id}
    pause, _ = QueuePause.objects.get_or_create(**whose, defaults=said)
    return pause


@transaction.atomic
def resume_queue(*, queue: Priority, clinic_id: UUID | None) -> None:
    """What waits is sent to the workers again, and is not left until it counts as lost: the messages that came while
    the queue was paused led to nothing. One that is not paused stays so.
    """
    whose: dict[str, Any] = {"queue": queue, "clinic_id": clinic_id}
    resumed, _ = QueuePause.objects.filter(**whose).delete()
    if not resumed:
        return
    mine = Q() if clinic_id is None else Q(clinic_id=clinic_id)
    waiting = Job.objects.filter(mine, state="pending", priority=queue).exclude(is_paused())
    unsent = waiting.exclude(pk__in=Outbox.objects.values("job_id"))
    # In the order of their index.
    rows = unsent.order_by("clinic_id", "id").select_for_update(skip_locked=True, no_key=True, of=("self",))
    enqueue_again(list(rows.values_list("id", "priority")[:SENT_AT_ONCE]))


def describe_queues(*, principal: Principal) -> list[QueueState]:
    """All, in the order in which workers empty them, with the clinic's own jobs."""
    rows = (
        Job.objects.of(principal)
        .filter(state__in=("pending", "processing"))
        .order_by()
        .values("priority")
        .annotate(
            pending=Count("id", filter=Q(state="pending")),
            processing=Count("id", filter=Q(state="processing")),
            oldest=Min("created_at", filter=Q(state="pending")),
        )
    )
    counts: Mapping[str, Mapping[str, object]] = {row["priority"]: row for row in rows}
    found = QueuePause.objects.filter(Q(clinic=None) | Q(clinic_id=principal.clinic_id))
    # An operator's last, so that it is the one that is told: the clinic cannot end it.
    pauses = {pause.queue: pause for pause in sorted(found, key=lambda pause: pause.clinic_id is None)}
    return [_describe(queue, counts.get(queue, {}), pauses.get(queue)) for queue in PRIORITIES]


def _describe(queue: Priority, row: Mapping[str, object], pause: QueuePause | None) -> QueueState:
    oldest = row.get("oldest")
    return QueueState(
        name=queue,
        pending=int(str(row.get("pending", 0))),
        processing=int(str(row.get("processing", 0))),
        oldest_pending_at=oldest if isinstance(oldest, datetime) else None,
        paused_at=pause.paused_at if pause else None,
        paused_for_all=pause is not None and pause.clinic_id is None,
        reason=pause.reason if pause else "",
    )
