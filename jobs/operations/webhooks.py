"""What people do with webhooks: say where to, change that, try it, have things sent once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from jobs.announcing import announce
from jobs.domain.webhooks import EVENT_TYPES, PORTS, TEST_EVENT, DeliveryState
from jobs.models import WebhookDelivery, WebhookEndpoint, WebhookMessage
from jobs.webhooks.delivering import disable
from jobs.webhooks.secrets import FORMER_KEPT, make_secret, seal_secret
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.public_addresses import ForbiddenAddress, NoAddress, find_address, is_within
from pennie.lib.refusals import Missing, Refusal

MOST_ENDPOINTS: Final = 20  # of a clinic
MOST_REPLAYED: Final = 1_000  # at once
MOST_REMOVED: Final = 1_000  # deliveries of one statement


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """An endpoint with its secret, which is told this once."""

    endpoint: WebhookEndpoint
    secret: str


class UnfitWebhook(Refusal):
    """What was said of it cannot be. `pointer`: the member."""

    def __init__(self, *, pointer: str, detail: str) -> None:
        super().__init__(
            "webhook_unfit",
            title="The webhook cannot be so",
            detail=detail,
            status=422,
            extra={"errors": [{"pointer": f"/{pointer}", "detail": detail}]},
        )


class TooManyWebhooks(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "too_many_webhooks",
            title="There are enough webhooks",
            detail=f"A clinic has at most {MOST_ENDPOINTS} webhooks. Remove one that is not used any more.",
            status=409,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """What came of a replay."""

    replayed: int
    left: int  # messages that were not: more than MOST_REPLAYED


class StillSent(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "webhook_still_sent",
            title="The message is still being sent",
            detail="It is tried until it is received, for a day. Wait for its end, then send it once more.",
            status=409,
        )


class WebhookDisabled(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "webhook_disabled",
            title="The webhook is disabled",
            detail="Nothing is sent to a webhook that is disabled. Enable it first.",
            status=409,
        )


def make_endpoint(
    *, principal: Principal, url: str, events: Sequence[str] = (), description: str = "", now: datetime
) -> Made:
    """Raises UnfitWebhook and TooManyWebhooks."""
    chosen = check_events(events)
    check_url(url)
    secret = make_secret()
    with transaction.atomic():
        Clinic.objects.select_for_update(no_key=True).get(pk=principal.clinic_id)  # two at once are counted one by one
        if WebhookEndpoint.objects.of(principal).count() >= MOST_ENDPOINTS:
            raise TooManyWebhooks
        endpoint = WebhookEndpoint.objects.create(
            clinic=principal.clinic,
            url=url,
            events=chosen,
            description=description,
            secret=seal_secret(secret),
            created_by=principal.user,
            created_at=now,
            updated_at=now,
        )
    return Made(endpoint=endpoint, secret=secret)


def change_endpoint(*, principal: Principal, endpoint_id: UUID, now: datetime, **changes: Any) -> WebhookEndpoint:
    """`changes`: url, events, description, is_enabled. Raises Missing and UnfitWebhook.

    One that is enabled again begins anew: what failed before counts no more.
    """
    endpoint = WebhookEndpoint.objects.access(principal=principal, pk=endpoint_id)
    if changes.get("url", endpoint.url) != endpoint.url:
        check_url(changes["url"])  # nothing is locked while the name is looked up
    events = check_events(changes["events"]) if "events" in changes else None
    with transaction.atomic():
        endpoint = _lock(principal, endpoint_id)
        endpoint.url = changes.get("url", endpoint.url)
        endpoint.events = endpoint.events if events is None else events
        endpoint.description = changes.get("description", endpoint.description)
        is_enabled = changes.get("is_enabled")
        if is_enabled is True and endpoint.disabled_at is not None:
            endpoint.disabled_at, endpoint.disabled_for, endpoint.failing_since = None, "", None
        endpoint.updated_at = now
        endpoint.save()
        if is_enabled is False and endpoint.disabled_at is None:
            disable(endpoint=endpoint, reason="asked", now=now)
    return endpoint


def remove_endpoint(*, principal: Principal, endpoint_id: UUID, now: datetime) -> None:
    """With all that was sent to it, which may be much: it is disabled first, its row goes last. Raises Missing."""
    change_endpoint(principal=principal, endpoint_id=endpoint_id, now=now, is_enabled=False)
    sent = WebhookDelivery.objects.filter(endpoint_id=endpoint_id)
    while ids := list(sent.values_list("pk", flat=True)[:MOST_REMOVED]):
        WebhookDelivery.objects.filter(pk__in=ids).delete()
    with transaction.atomic():
        # Whoever is about to tell it something holds its key until that is written, and is waited for.
        WebhookEndpoint.objects.select_for_update().access(principal=principal, pk=endpoint_id).delete()


@transaction.atomic
def rotate_secret(*, principal: Principal, endpoint_id: UUID, now: datetime) -> Made:
    """A new secret. For a day what is sent is signed with the former, too. Raises Missing."""
    endpoint = _lock(principal, endpoint_id)
    secret = make_secret()
    if not endpoint.former_until or endpoint.former_until <= now:  # else twice in a row would drop what receivers know
        endpoint.former_secret, endpoint.former_until = endpoint.secret, now + FORMER_KEPT
    endpoint.secret, endpoint.updated_at = seal_secret(secret), now
    endpoint.save()
    return Made(endpoint=endpoint, secret=secret)


@transaction.atomic
def send_test(*, principal: Principal, endpoint_id: UUID, now: datetime) -> WebhookDelivery:
    """A message that says nothing but that it is a test. Raises Missing and WebhookDisabled."""
    endpoint = _access_enabled(principal, endpoint_id)
    (delivery,) = announce(
        event=TEST_EVENT,
        data={"webhook": str(endpoint.pk)},
        endpoints=[endpoint],
        clinic_id=endpoint.clinic_id,
        now=now,
    )
    return delivery


@transaction.atomic
def replay(*, principal: Principal, endpoint_id: UUID, delivery_id: UUID, now: datetime) -> WebhookDelivery:
    """Send a message once more, with the same `webhook-id`. Raises Missing, WebhookDisabled and StillSent."""
    endpoint = _access_enabled(principal, endpoint_id)
    former = WebhookDelivery.objects.access(principal=principal, pk=delivery_id, endpoint=endpoint)
    if former.state == "pending":
        raise StillSent
    repeated = _repeat([former], now=now)
    if not repeated:
        raise Missing("webhook delivery")
    return repeated[0]


@transaction.atomic
def replay_range(
    *,
    principal: Principal,
    endpoint_id: UUID,
    since: datetime,
    until: datetime,
    states: Sequence[DeliveryState],
    now: datetime,
) -> Replayed:
    """Send once more what was first to be sent from `since` up to `until` and ended in one of `states`.

    Each message once, the oldest first, at most MOST_REPLAYED; called again it goes on where it ended: what a later
    delivery is sending, or has brought, is left out. Raises Missing, WebhookDisabled, UnfitWebhook.
    """
    if since >= until:
        raise UnfitWebhook(pointer="until", detail="`until` is not after `since`. Give the later moment as `until`.")
    endpoint = _access_enabled(principal, endpoint_id)
    later = WebhookDelivery.objects.filter(
        endpoint=endpoint, message=OuterRef("message"), id__gt=OuterRef("pk"), state__in=("pending", "delivered")
    )
    wanted = WebhookDelivery.objects.filter(
        ~Exists(later),
        endpoint=endpoint,
        is_replay=False,
        created_at__gte=since,
        created_at__lt=until,
        state__in=[state for state in states if state != "pending"],
    )
    repeated = len(_repeat(list(wanted.order_by("id")[:MOST_REPLAYED]), now=now))
    return Replayed(replayed=repeated, left=wanted.count())


def _repeat(former: Sequence[WebhookDelivery], *, now: datetime) -> list[WebhookDelivery]:
    """But for messages that were forgotten meanwhile."""
    rows = WebhookMessage.objects.select_for_update(no_key=True).order_by("id")
    kept = set(rows.filter(pk__in=[each.message_id for each in former]).values_list("pk", flat=True))
    return WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            clinic_id=each.clinic_id,
            endpoint_id=each.endpoint_id,
            message_id=each.message_id,
            is_replay=True,
            due_at=now,
            created_at=now,
        )
        for each in former
        if each.message_id in kept
    )


def _lock(principal: Principal, endpoint_id: UUID) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update(no_key=True)
    return rows.access(principal=principal, pk=endpoint_id)


def _access_enabled(principal: Principal, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = _lock(principal, endpoint_id)
    if endpoint.disabled_at is not None:
        raise WebhookDisabled
    return endpoint


def list_deliveries(*, principal: Principal, endpoint_id: UUID) -> QuerySet[WebhookDelivery]:
    """Newest first. Raises Missing."""
    endpoint = WebhookEndpoint.objects.access(principal=principal, pk=endpoint_id)
    return WebhookDelivery.objects.of(principal).filter(endpoint=endpoint).select_related("message").order_by("-id")


def check_events(events: Sequence[str]) -> list[str]:
    """In the order in which they are known, each once; all of them is none. Raises UnfitWebhook."""
    unknown = [event for event in events if event not in EVENT_TYPES]
    if unknown:
        raise UnfitWebhook(
            pointer="events", detail=f"There is no such event. Choose among {', '.join(EVENT_TYPES)}; none means all."
        )
    return [event for event in EVENT_TYPES if event in events]


def check_url(url: str) -> None:
    """An address that may be sent to, as its name leads there now; that is looked at again each time.

    Raises UnfitWebhook.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnfitWebhook(pointer="url", detail="This is no address. Write it as https://example.org/hook.") from None
    if parts.scheme not in PORTS or not parts.hostname or not url.isascii() or any(char <= " " for char in url):
        raise UnfitWebhook(pointer="url", detail="This is no address. Write it as https://example.org/hook.")
    if parts.username or parts.password:
        raise UnfitWebhook(
            pointer="url", detail="Leave name and password out of the address: each message is signed instead."
        )
    try:
        address = find_address(parts.hostname, port or PORTS[parts.scheme], trusted=settings.WEBHOOK_TRUSTED_NETWORKS)
    except (NoAddress, ForbiddenAddress):  # one sentence for both: it tells nobody which names there are within
        raise UnfitWebhook(
            pointer="url",
            detail="The name of this address leads to no address on the internet. Look at its spelling. An operator "
            "may allow networks of your own by WEBHOOK_TRUSTED_NETWORKS.",
        ) from None
    if parts.scheme == "http" and not is_within(address, settings.WEBHOOK_TRUSTED_NETWORKS):
        raise UnfitWebhook(pointer="url", detail="The address begins with http://. Use https://.")
