"""Deliveries on their way: taken, sent, and what came of it written down.

Several processes may run. Each takes what is due for a while; what it has not written down then, because it died, is
taken by another, so that a message is sent at least once and perhaps twice, always with the same `webhook-id`.
"""

import json
import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Now
from django.utils import timezone

from jobs.advisory_locks import WEBHOOK_LOCK, try_lock
from jobs.domain.webhooks import DisabledFor, Failure, is_given_up, judge_status, name_message, next_try
from jobs.models import WebhookDelivery, WebhookEndpoint, WebhookTry
from jobs.webhooks.notices import tell_administrators
from jobs.webhooks.posting import Answer, PostFailed, post
from jobs.webhooks.secrets import sign
from pennie.lib.ids import new_id
from pennie.lib.sealing import Unsealable

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 32  # in this process
MOST_OF_ENDPOINT: Final = 4  # over all processes: one that hangs must not hold up the others
_SLACK: Final = timedelta(seconds=75)  # beside the sending: a name is looked up, an answer is written

# Of each endpoint that has any waiting, the first few that are due, by one walk along the index `delivery_due` of each;
# less those that are held already.
_DUE = """
WITH held AS (
    SELECT endpoint_id, count(*) AS places FROM jobs_webhookdelivery
    WHERE state = 'pending' AND taken_until > now() GROUP BY endpoint_id
)
SELECT due.id FROM jobs_webhookendpoint AS endpoint
LEFT JOIN held ON held.endpoint_id = endpoint.id
CROSS JOIN LATERAL (
    SELECT id, due_at FROM jobs_webhookdelivery
    WHERE endpoint_id = endpoint.id AND state = 'pending' AND due_at <= now()
        AND (taken_until IS NULL OR taken_until <= now())
    ORDER BY due_at, id LIMIT greatest(0, %(of_endpoint)s - coalesce(held.places, 0))
) AS due
ORDER BY due.due_at, due.id LIMIT %(most)s
"""
_SOFTWARE: Final = "PennieAI-Webhooks/1"


class Deliverer:
    """Sends what is due, many at once, in threads that do nothing but wait on others' servers."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=MOST_AT_ONCE, thread_name_prefix="webhook")
        self._free = threading.Semaphore(MOST_AT_ONCE)

    def deliver_due(self) -> int:
        """Take what is due and send it; how many were taken. Does not wait for the answers."""
        places = 0
        while places < MOST_AT_ONCE and self._free.acquire(blocking=False):
            places += 1
        taken: list[UUID] = []
        holder = new_id()
        try:
            taken = take_due(holder=holder, most=places) if places else []
        finally:
            for _ in range(places - len(taken)):
                self._free.release()
        for delivery_id in taken:
            self._pool.submit(self._send, delivery_id, holder)
        return len(taken)

    def close(self) -> None:
        """Wait for what is under way. What has not begun is another process's once it is held no longer."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _send(self, delivery_id: UUID, holder: UUID) -> None:
        try:
            send(delivery_id=delivery_id, holder=holder)
        except DatabaseError as error:
            logger.warning("What came of a webhook could not be written: %s.", type(error).__name__)
        except Exception as error:  # a defect of ours, of which the pool would keep silent
            logger.error("A webhook met %s.", type(error).__qualname__)
            _put_off(delivery_id, holder=holder)
        finally:
            connection.close()
            self._free.release()


def take_due(*, holder: UUID, most: int) -> list[UUID]:
    """At most `most` deliveries that are due, now held by `holder`; few of each endpoint, the longest due first.

    One process at a time looks, so that all together hold few of an endpoint. By the database's clock.
    """
    with transaction.atomic():
        if not try_lock(WEBHOOK_LOCK):
            return []
        with connection.cursor() as cursor:
            cursor.execute(_DUE, {"of_endpoint": MOST_OF_ENDPOINT, "most": most})
            chosen = [row[0] for row in cursor.fetchall()]
        held_for = timedelta(seconds=settings.WEBHOOK_TIMEOUT_SECONDS) + _SLACK
        WebhookDelivery.objects.filter(pk__in=chosen).update(taken_by=holder, taken_until=Now() + Value(held_for))
    return chosen


def send(*, delivery_id: UUID, holder: UUID) -> None:
    """Send one that `holder` has taken, and write what came of it. Nothing where it is another's by now."""
    rows = WebhookDelivery.objects.select_related("endpoint", "message")
    delivery = rows.filter(pk=delivery_id, taken_by=holder, state="pending").first()
    if delivery is None:
        return
    at, began = timezone.now(), time.monotonic()
    headers: dict[str, str] = {}
    answer: Answer | None = None
    failure: Failure | None = None
    if delivery.endpoint.disabled_at is not None:
        failure = "disabled"
    else:
        try:
            body = json.dumps(delivery.message.payload, separators=(",", ":"))
            headers = dict(
                sign(endpoint=delivery.endpoint, message_id=name_message(delivery.message_id), body=body, at=at)
            )
            headers |= {"Content-Type": "application/json", "User-Agent": _SOFTWARE}
            connection.close()  # none is held while a stranger's server takes its time
            answer = post(
                url=delivery.endpoint.url,
                body=body.encode(),
                headers=headers,
                seconds=settings.WEBHOOK_TIMEOUT_SECONDS,
                trusted=settings.WEBHOOK_TRUSTED_NETWORKS,
            )
            failure = judge_status(answer.status)
        except PostFailed as failed:
            failure = failed.failure
        except Unsealable:
            failure = "no_secret"
    headers.pop("webhook-signature", None)
    made = WebhookTry(
        clinic_id=delivery.clinic_id,
        delivery=delivery,
        number=delivery.tries + 1,
        at=at,
        seconds=round(time.monotonic() - began, 3),
        headers=headers,
        status=answer.status if answer else None,
        answer=answer.beginning if answer else "",
        failure=failure or "",
    )
    _write(delivery, made=made, holder=holder, failure=failure, now=timezone.now())


def _write(
    delivery: WebhookDelivery, *, made: WebhookTry, holder: UUID, failure: Failure | None, now: datetime
) -> None:
    """The try, what becomes of the delivery, and what that says of its endpoint: all, or nothing."""
    due_at = (
        None if failure in (None, "gone", "disabled") else next_try(tries=made.number, now=now, jitter=random.random())
    )
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=delivery.endpoint_id).first()
        ours = WebhookDelivery.objects.filter(pk=delivery.pk, taken_by=holder, state="pending", tries=delivery.tries)
        ended = {"state": "failed" if failure else "delivered", "ended_at": now}
        written = ours.update(
            tries=made.number, taken_by=None, taken_until=None, **({"due_at": due_at} if due_at else ended)
        )
        if not written or endpoint is None:
            return  # it took so long that another sent it, or the endpoint is gone
        made.save(force_insert=True)
        _judge_endpoint(endpoint, failure=failure, now=now)


def _put_off(delivery_id: UUID, *, holder: UUID) -> None:
    """A delivery that met a defect waits as after any failed try, so that it is not met again and again at once."""
    ours = WebhookDelivery.objects.filter(pk=delivery_id, taken_by=holder, state="pending").first()
    if ours is None:
        return
    now = timezone.now()
    due_at = next_try(tries=ours.tries + 1, now=now, jitter=random.random())
    ended = {"state": "failed", "ended_at": now}
    WebhookDelivery.objects.filter(pk=delivery_id, taken_by=holder, tries=ours.tries).update(
        tries=ours.tries + 1, taken_by=None, taken_until=None, **({"due_at": due_at} if due_at else ended)
    )


def _judge_endpoint(endpoint: WebhookEndpoint, *, failure: Failure | None, now: datetime) -> None:
    """In the caller's transaction, which has the endpoint's row locked."""
    if failure is None:
        endpoint.failing_since, endpoint.last_received_at = None, now
        endpoint.save(update_fields=["failing_since", "last_received_at"])
        return
    if endpoint.disabled_at is not None or failure == "no_secret":  # the latter is our own fault
        return
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.save(update_fields=["failing_since"])
    patience = timedelta(days=settings.WEBHOOK_PATIENCE_DAYS)
    if failure == "gone":
        disable(endpoint=endpoint, reason="gone", now=now)
    elif is_given_up(failing_since=endpoint.failing_since, now=now, patience=patience):
        disable(endpoint=endpoint, reason="failing", now=now)


def disable(*, endpoint: WebhookEndpoint, reason: DisabledFor, now: datetime) -> None:
    """Send it nothing more; what waits for it has failed, and can be replayed. In the caller's transaction.

    What is under way ends as it does.
    """
    endpoint.disabled_at, endpoint.disabled_for, endpoint.updated_at = now, reason, now
    endpoint.save(update_fields=["disabled_at", "disabled_for", "updated_at"])
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state="pending", taken_by=None)
    waiting.update(state="failed", ended_at=now)
    if reason != "asked":
        logger.warning("Webhook %s is disabled: %s.", endpoint.pk, reason)
        transaction.on_commit(partial(tell_administrators, endpoint=endpoint))
