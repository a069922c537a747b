"""What people do with webhooks: say where to, change that, try it, have things sent once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from jobs.announcing import announce
from jobs.domain.webhooks import EVENT_TYPES, TEST_EVENT, DeliveryState
from jobs.models import WebhookDelivery, WebhookEndpoint
from jobs.webhooks.delivering import disable
from jobs.webhooks.secrets import FORMER_KEPT, make_secret, seal_secret
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.public_addresses import ForbiddenAddress, NoAddress, find_address, is_within
from pennie.lib.refusals import Refusal

MOST_ENDPOINTS: Final = 20  # of a clinic
MOST_REPLAYED: Final = 1_000  # at once
_PORTS = {"https": 443, "http": 80}


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


@transaction.atomic
def change_endpoint(*, principal: Principal, endpoint_id: UUID, now: datetime, **changes: Any) -> WebhookEndpoint:
    """`changes`: url, events, description, is_enabled. Raises Missing and UnfitWebhook.

    One that is enabled again begins anew: what failed before counts no more.
    """
    endpoint = _lock(principal, endpoint_id)
    if "url" in changes:
        check_url(changes["url"])
        endpoint.url = changes["url"]
    if "events" in changes:
        endpoint.events = check_events(changes["events"])
    endpoint.description = changes.get("description", endpoint.description)
    is_enabled = changes.get("is_enabled")
    if is_enabled is True and endpoint.disabled_at is not None:
        endpoint.disabled_at, endpoint.disabled_for, endpoint.failing_since = None, "", None
    endpoint.updated_at = now
    endpoint.save()
    if is_enabled is False and endpoint.disabled_at is None:
        disable(endpoint=endpoint, reason="asked", now=now)
    return endpoint


def remove_endpoint(*, principal: Principal, endpoint_id: UUID) -> None:
    """With all that was sent to it. Raises Missing."""
    WebhookEndpoint.objects.access(principal=principal, pk=endpoint_id).delete()


@transaction.atomic
def rotate_secret(*, principal: Principal, endpoint_id: UUID, now: datetime) -> Made:
    """A new secret. For a day what is sent is signed with the former, too. Raises Missing."""
    endpoint = _lock(principal, endpoint_id)
    secret = make_secret()
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
    """Send a message once more, with the same `webhook-id`. Raises Missing and WebhookDisabled."""
    endpoint = _access_enabled(principal, endpoint_id)
    former = WebhookDelivery.objects.access(principal=principal, pk=delivery_id, endpoint=endpoint)
    return _repeat([former], now=now)[0]


@transaction.atomic
def replay_range(
    *,
    principal: Principal,
    endpoint_id: UUID,
    since: datetime,
    until: datetime,
    states: Sequence[DeliveryState],
    now: datetime,
) -> int:
    """Send once more what was first to be sent from `since` up to `until` and is in one of `states`; how many.

    Each message once, however often it was replayed before, the oldest first, at most MOST_REPLAYED. Raises Missing,
    WebhookDisabled, UnfitWebhook.
    """
    if since >= until:
        raise UnfitWebhook(pointer="until", detail="`until` is not after `since`. Give the later moment as `until`.")
    endpoint = _access_enabled(principal, endpoint_id)
    rows = WebhookDelivery.objects.filter(endpoint=endpoint, created_at__gte=since, created_at__lt=until)
    first = rows.filter(_has_ended_so(states)).order_by("message_id", "id").distinct("message_id")
    chosen = list(WebhookDelivery.objects.filter(pk__in=first).order_by("id")[:MOST_REPLAYED])
    return len(_repeat(chosen, now=now))


def _has_ended_so(states: Sequence[DeliveryState]) -> Q:
    """What is still pending is not sent twice."""
    return Q(state__in=[state for state in states if state != "pending"])


def _repeat(former: Sequence[WebhookDelivery], *, now: datetime) -> list[WebhookDelivery]:
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
    if parts.scheme not in _PORTS or not parts.hostname or not url.isascii() or any(char <= " " for char in url):
        raise UnfitWebhook(pointer="url", detail="This is no address. Write it as https://example.org/hook.")
    if parts.username or parts.password:
        raise UnfitWebhook(
            pointer="url", detail="Leave name and password out of the address: each message is signed instead."
        )
    try:
        address = find_address(parts.hostname, port or _PORTS[parts.scheme], trusted=settings.WEBHOOK_TRUSTED_NETWORKS)
    except NoAddress:
        raise UnfitWebhook(
            pointer="url", detail="The name of this address leads nowhere. Look at its spelling."
        ) from None
    except ForbiddenAddress:
        raise UnfitWebhook(
            pointer="url",
            detail="The address is not on the internet. An operator may allow networks of your own by "
            "WEBHOOK_TRUSTED_NETWORKS.",
        ) from None
    if parts.scheme == "http" and not is_within(address, settings.WEBHOOK_TRUSTED_NETWORKS):
        raise UnfitWebhook(pointer="url", detail="The address begins with http://. Use https://.")
