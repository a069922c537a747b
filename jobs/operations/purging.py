"""Purging an upload: everything in it that is personal, here and in the calls that were made for it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from documents.models import Upload
from documents.operations.archiving import purge_upload as purge_record
from jobs.domain.states import ACTIVE
from jobs.models import Attempt, Batch, Job, WebhookMessage, WindowCheckpoint, WindowCut
from jobs.webhooks.forgetting import forget_messages
from pennie.accounts.kept_answers import erase_answers
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
    """Clear bytes, text, documents, facts, bodies of calls, answers kept, webhooks, why jobs were discarded, and the
    names of the batches that it was sent in, which may tell of it.

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
        _forget_batch_names(upload)
        purge_record(upload=upload, now=now)
    return upload


def _forget_batch_names(upload: Upload) -> None:
    batches = Batch.objects.filter(items__job__upload=upload).exclude(name="").distinct()
    for batch_id in sorted(batches.values_list("pk", flat=True)):  # in one order, so that no two wait for each other
        Batch.objects.filter(pk=batch_id).update(name="")
        erase_answers(clinic_id=upload.clinic_id, about=batch_id)  # to who began it
