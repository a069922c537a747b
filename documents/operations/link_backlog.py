"""Links what was filed before documents had fingerprints, upload by upload. Done again, it goes on where it ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from documents.domain.likeness.fingerprints import VERSION
from documents.models import Document, Upload
from documents.operations.fingerprinting import add_fingerprints
from documents.operations.linking import renew_links
from documents.operations.texts import NoText, load_text
from patients.operations.proposing import lock_register

_BATCH = 200  # ids of uploads read at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Caught:
    """What was done with one upload. `documents`: how many were given a fingerprint."""

    upload: UUID
    documents: int


def count_backlog(*, clinic_id: UUID | None = None) -> int:
    """Uploads with documents that were not looked at; None: of every clinic."""
    return _list_backlog(clinic_id).count()


def link_backlog(*, clinic_id: UUID | None = None, now: datetime) -> Iterator[Caught]:
    """Each such upload in a transaction of its own, the oldest first. One without text is passed over."""
    after: UUID | None = None
    while True:
        rows = _list_backlog(clinic_id).filter(Q(pk__gt=after) if after else Q())
        batch = list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH])
        if not batch:
            return
        for pk in batch:
            yield Caught(upload=pk, documents=_link_upload(pk, now=now))
        after = batch[-1]


def _list_backlog(clinic_id: UUID | None) -> QuerySet[Upload]:
    documents = Document.objects.filter(segmentation=OuterRef("current_segmentation"))
    uploads = Upload.objects.filter(Exists(documents.exclude(fingerprint__version=VERSION)), purged_at=None)
    return uploads if clinic_id is None else uploads.filter(clinic=clinic_id)


@transaction.atomic
def _link_upload(upload_id: UUID, *, now: datetime) -> int:
    """As filing does: the upload's row, then the register, then documents."""
    upload = Upload.objects.select_for_update(of=("self",), no_key=True).get(pk=upload_id)
    segmentation = upload.current_segmentation
    if segmentation is None:
        return 0
    try:
        text = load_text(upload=upload)
    except NoText:
        return 0
    added = add_fingerprints(segmentation=segmentation, lines=text.lines)
    lock_register(clinic_id=upload.clinic_id)
    documents = segmentation.documents.values_list("pk", flat=True)
    renew_links(clinic_id=upload.clinic_id, documents=documents, now=now)
    return added
