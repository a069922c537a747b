"""Out of sight first, out of existence after: an upload is archived, and only then may it be purged."""

import logging
from datetime import datetime
from functools import partial
from uuid import UUID

from django.core.files.storage import Storage
from django.db import transaction

from documents.models import Document, ExtractedText, Upload
from documents.operations.linking import bequeath, find_neighbours, renew_links
from patients.operations.proposing import lock_register
from pennie.accounts.kept_answers import erase_answers
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing, Refusal

logger = logging.getLogger(__name__)


class NotArchived(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "not_archived",
            title="The upload is not archived",
            detail="A purge cannot be undone, so only an archived upload is purged. Archive it first.",
            status=409,
        )


@transaction.atomic
def archive_upload(*, principal: Principal, upload_id: UUID, now: datetime) -> Upload:
    """The upload and all that was found in it leave the lists; nothing is lost. One that is archived stays so.

    Raises Missing, also for one that was purged.
    """
    upload = _lock(principal, upload_id)
    if upload.archived_at is None:
        upload.archived_at = upload.updated_at = now
        upload.save(update_fields=["archived_at", "updated_at"])
        _renew_links(upload, now=now)
    return upload


@transaction.atomic
def restore_upload(*, principal: Principal, upload_id: UUID, now: datetime) -> Upload:
    """The upload is back in the lists, its documents as changed now. Raises Missing, also for one that was purged."""
    upload = _lock(principal, upload_id)
    if upload.archived_at is not None:
        upload.archived_at, upload.updated_at = None, now
        upload.save(update_fields=["archived_at", "updated_at"])
        Document.objects.filter(segmentation=upload.current_segmentation_id).update(updated_at=now)
        _renew_links(upload, now=now)
    return upload


@transaction.atomic
def purge_upload(*, upload: Upload, now: datetime) -> None:
    """Erases the file, its text and all that was found in it. A row without any word of it stays, to tell that it was.

    Of documents that were the same as one of it, the next is the first.

    The file itself goes once the transaction is committed. Raises NotArchived. One that was purged stays so.
    """
    locked = Upload.objects.select_for_update(of=("self",), no_key=True).get(pk=upload.pk)
    if locked.purged_at is not None:
        return
    if locked.archived_at is None:
        raise NotArchived
    stored, storage = locked.content.name, locked.content.storage
    locked.current_segmentation = locked.patient = None
    locked.name = locked.external_id = locked.sha256 = locked.content = ""
    locked.metadata = {}
    locked.purged_at = locked.updated_at = now
    locked.save()
    lock_register(clinic_id=locked.clinic_id)
    documents = set(locked.documents.values_list("pk", flat=True))
    linked = find_neighbours(documents)
    bequeath(documents, now=now)
    # What hangs on a segmentation goes with it: documents, their fingerprints and links, gaps, subjects, facts.
    locked.segmentations.all().delete()
    renew_links(clinic_id=locked.clinic_id, documents=linked, now=now)
    ExtractedText.objects.filter(upload=locked).delete()
    erase_answers(clinic_id=locked.clinic_id, about=locked.pk)
    if stored:
        transaction.on_commit(partial(_delete_file, storage, stored, upload_id=locked.pk))
    upload.refresh_from_db()


def _renew_links(upload: Upload, *, now: datetime) -> None:
    """What is the same as an archived document is not hidden by it; restored, it is the first again."""
    documents = Document.objects.filter(segmentation=upload.current_segmentation_id).values_list("pk", flat=True)
    renew_links(clinic_id=upload.clinic_id, documents=documents, now=now)


def _lock(principal: Principal, upload_id: UUID) -> Upload:
    upload = Upload.objects.select_for_update(of=("self",), no_key=True).access(principal=principal, id=upload_id)
    if upload.purged_at is not None:
        raise Missing("upload")
    lock_register(clinic_id=upload.clinic_id)  # before any document: links to other uploads' documents may change
    return upload


def _delete_file(storage: Storage, name: str, *, upload_id: UUID) -> None:
    if Upload.objects.filter(content=name).exists():
        return  # sent again since
    try:
        storage.delete(name)
    except OSError:
        logger.error("The file of the purged upload %s could not be deleted; delete it by hand.", upload_id)
