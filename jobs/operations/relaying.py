"""The relay's round: messages from the outbox to the broker.

Several relays may run; a transaction-scoped advisory lock lets one at a time take rows. What a relay took and did not
publish, because it died or the broker was away, is taken anew after a while; a message that is sent twice does no harm.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Now

from jobs.advisory_locks import RELAY_LOCK, try_lock
from jobs.dispatch import BrokerAway, publish
from jobs.models import Job, Outbox

MOST_AT_ONCE = 200
_RETAKEN_AFTER = timedelta(seconds=10)


def relay_once() -> int:
    """How many messages were published. Raises BrokerAway; what was not sent stays."""
    taken = _take()
    sent: list[tuple[int, UUID]] = []
    try:
        for message, job_id, queue in taken:
            publish(job_id=job_id, queue=queue)
            sent.append((message, job_id))
    except BrokerAway:
        unsent = [message for message, _, _ in taken[len(sent) :]]
        Outbox.objects.filter(pk__in=unsent).update(taken_at=None)
        raise
    finally:
        _forget(sent)
    return len(sent)


def _take() -> list[tuple[int, UUID, str]]:
    with transaction.atomic():
        if not try_lock(RELAY_LOCK):
            return []
        free = Q(taken_at=None) | Q(taken_at__lt=Now() - Value(_RETAKEN_AFTER))
        rows = list(Outbox.objects.filter(free).order_by("id")[:MOST_AT_ONCE].values_list("id", "job_id", "queue"))
        Outbox.objects.filter(pk__in=[row[0] for row in rows]).update(taken_at=Now())
    return rows


def _forget(sent: list[tuple[int, UUID]]) -> None:
    if not sent:
        return
    with transaction.atomic():
        # Not of a row that is locked: at worst its job is sent once more. To wait would hold up all other messages.
        jobs = Job.objects.filter(pk__in=[job_id for _, job_id in sent])
        free = list(jobs.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
        Job.objects.filter(pk__in=free).update(sent_at=Now())
        Outbox.objects.filter(pk__in=[message for message, _ in sent]).delete()
