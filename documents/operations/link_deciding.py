"""What staff decide about a link: whether two documents are one, or one supersedes the other (I6)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from documents.models import Correction, Document, DocumentLink
from documents.operations.editing import Edit, open_document
from documents.operations.linking import renew_links
from pennie.accounts.principal import Principal

Versions = Collection[str] | None


@transaction.atomic
def confirm_link(
    *, principal: Principal, document_id: UUID, link_id: UUID, versions: Versions = None, now: datetime
) -> DocumentLink:
    """The two are what the link says. One that was confirmed stays as it is; one that was rejected is confirmed.

    `document_id`: either end, of its upload's current segmentation; `versions`: those of it that the caller knows.
    Raises Missing, UploadArchived, NotCurrent, Stale.
    """
    return _decide(principal, document_id, link_id, versions, now, state=DocumentLink.State.CONFIRMED)


@transaction.atomic
def reject_link(
    *, principal: Principal, document_id: UUID, link_id: UUID, versions: Versions = None, now: datetime
) -> DocumentLink:
    """The two are two, and are not linked again, also where their words are the same. As `confirm_link`."""
    return _decide(principal, document_id, link_id, versions, now, state=DocumentLink.State.REJECTED)


def _decide(
    principal: Principal,
    document_id: UUID,
    link_id: UUID,
    versions: Versions,
    now: datetime,
    *,
    state: DocumentLink.State,
) -> DocumentLink:
    edit, document = open_document(principal=principal, document_id=document_id, versions=versions, now=now)
    links = DocumentLink.objects.filter(Q(document=document) | Q(first=document)).select_related("document", "first")
    link = links.access(principal=principal, id=link_id)
    if link.state == state:
        return link
    before = _tell(link)
    link.state, link.decided_by, link.decided_at = state, principal.user, now
    link.save(update_fields=["state", "decided_by", "decided_at"])
    Document.objects.filter(pk__in=(link.document_id, link.first_id)).update(updated_at=now)
    renew_links(clinic_id=edit.upload.clinic_id, documents=(link.document_id, link.first_id), now=now)
    _write_down(edit, document, link, before=before)
    return link


def _write_down(edit: Edit, document: Document, link: DocumentLink, *, before: dict[str, Any]) -> None:
    confirmed = link.state == DocumentLink.State.CONFIRMED
    kind = Correction.Kind.LINK if confirmed else Correction.Kind.UNLINK
    edit.write_down(kind, document=document, before=before, after=_tell(link))


def _tell(link: DocumentLink) -> dict[str, Any]:
    """Ids and places alone: the other document may be erased, and this correction is not of its upload."""
    return {
        "link": str(link.pk),
        "kind": link.kind,
        "state": str(link.state),
        "document": _tell_place(link.document),
        "first": _tell_place(link.first),
    }


def _tell_place(document: Document) -> dict[str, Any]:
    return {
        "id": str(document.pk),
        "upload": str(document.upload_id),
        "start_line": document.start_line,
        "end_line": document.end_line,
    }
