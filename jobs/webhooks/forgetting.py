"""Messages that nobody needs any more, with what was sent and came back."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from jobs.models import WebhookMessage


@transaction.atomic
def forget_messages(messages: "QuerySet[WebhookMessage]") -> list[UUID]:
    """Which were deleted. Locked first, so that whoever is about to send one once more waits, and finds it gone."""
    ids = list(messages.select_for_update().values_list("pk", flat=True))
    WebhookMessage.objects.filter(pk__in=ids).delete()
    return ids
