"""Purging an upload: everything in it that is personal, here and in the calls that were made for it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from documents.models import Upload
from documents.operations.archiving import purge_upload as purge_record
from jobs.domain.states import ACTIVE
from jobs.models import Attempt, Job, WebhookMessage, WindowCheckpoint, WindowCut
from jobs.webhooks.forgetting import forget_messages
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal


class StillWorkedOn(Refusal):
    """A job is at the upload."""

    def __init__(self) -> None:
        super().__init__(
            "upload_in_work",
            title="The file is being worked on",
            detail="Cancel its job or wait for its end, then purge it.",
            status=409,
        )


def purge_upload(*, principal: Principal, upload_id: UUID, now: datetime) -> Upload:
    """Clear bytes, text, documents, facts, bodies of calls, answers kept, webhooks, and why jobs were discarded.

    What it cost stays on the ledger.

    The upload must have been archived. Raises Missing, StillWorkedOn, and what `documents.operations.archiving` raises.
    """
    with transaction.atomic():
        upload = Upload.objects.select_for_update(no_key=True).access(principal=principal, pk=upload_id)
        if Job.objects.filter(upload=upload, state__in=ACTIVE).exists():
            raise StillWorkedOn
        Attempt.objects.filter(job__upload=upload).update(request="", answer="")
        WindowCheckpoint.objects.filter(upload=upload).delete()
        WindowCut.objects.filter(upload=upload).delete()
        forget_messages(WebhookMessage.objects.filter(job__upload=upload))  # with what others' servers answered
        Job.objects.filter(upload=upload).exclude(discard_reason="").update(discard_reason="")
        purge_record(upload=upload, now=now)
    return upload
