"""The secrets that webhooks are signed with: made, sealed, and used."""

import base64
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_bytes

from django.conf import settings
from standardwebhooks.webhooks import Webhook

from jobs.models import WebhookEndpoint
from pennie.lib.sealing import Unsealable, seal, unseal

FORMER_KEPT = timedelta(hours=24)  # in which both a new and the former secret sign: time to change it at the receiver
_BYTES = 32


def make_secret() -> str:
    """A new one, in the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(token_bytes(_BYTES)).decode()}"


def seal_secret(secret: str) -> str:
    return seal(secret, keys=_keys())


def sign(*, endpoint: WebhookEndpoint, message_id: str, body: str, at: datetime) -> Mapping[str, str]:
    """The headers of a message that is sent at `at`. Raises Unsealable where the key that sealed is known no more."""
    secrets = [unseal(endpoint.secret, keys=_keys())]
    if endpoint.former_secret and endpoint.former_until and endpoint.former_until > at:
        with suppress(Unsealable):  # it is why the secret was rotated
            secrets.append(unseal(endpoint.former_secret, keys=_keys()))
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)]
