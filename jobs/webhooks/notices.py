"""Word to a clinic's administrators that a webhook of theirs was disabled."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

from jobs.models import WebhookEndpoint
from pennie.accounts.models import Membership

logger = logging.getLogger(__name__)

_WHY = {
    "gone": "Its server answered 410 Gone, which says that nothing more is wanted.",
    "failing": "Nothing that was sent to it was received for {days} days.",
}


def tell_administrators(*, endpoint: WebhookEndpoint) -> None:
    """By mail, where a mail server is configured. Never fails: the admin's first page says the same."""
    members = Membership.objects.filter(clinic_id=endpoint.clinic_id, role="admin", user__is_active=True)
    addresses = sorted(members.values_list("user__email", flat=True))
    if not settings.SENDS_MAIL or not addresses:
        return
    why = _WHY[endpoint.disabled_for].format(days=settings.WEBHOOK_PATIENCE_DAYS)
    # Not its address, which may hold a token.
    named = endpoint.description or f"made on {endpoint.created_at:%Y-%m-%d}"
    message = EmailMessage(
        subject="PennieAI: a webhook was disabled",
        body=f"The webhook “{named}” was disabled. {why}\n\n"
        "Mend its server, then enable it in the admin under Webhooks. What was not received can be sent again there.\n",
        bcc=addresses,
    )
    try:
        message.send()
    except (OSError, SMTPException) as error:
        logger.warning("Word of a disabled webhook could not be mailed: %s.", type(error).__name__)
