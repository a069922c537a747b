"""What staff decide about two documents that may be one, by a button."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from documents.models import DocumentLink
from documents.operations.link_deciding import confirm_link, reject_link
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.staff import require_principal


def _confirm(*, request: HttpRequest, row: DocumentLink, data: dict[str, Any], now: datetime) -> Told:
    confirm_link(principal=require_principal(request), document_id=row.document_id, link_id=row.pk, now=now)
    if row.kind == DocumentLink.Kind.SAME:
        return Told(sentence="It is the same document: the patient's record has it once.")
    return Told(sentence="It is an amended one. Both stay on record.")


def _reject(*, request: HttpRequest, row: DocumentLink, data: dict[str, Any], now: datetime) -> Told:
    reject_link(principal=require_principal(request), document_id=row.document_id, link_id=row.pk, now=now)
    return Told(sentence="They are two documents, and are not linked again.")


def _is_confirmable(row: DocumentLink) -> bool:
    return row.state != DocumentLink.State.CONFIRMED


def _is_rejectable(row: DocumentLink) -> bool:
    return row.state != DocumentLink.State.REJECTED


_WRITE = "documents:write"
STEPS = (
    Step(
        name="confirm",
        label="Yes, so it is",
        scope=_WRITE,
        act=_confirm,
        fits=_is_confirmable,
        label_of_many="Confirm the chosen copies",
        is_main=True,
    ),
    Step(
        name="reject",
        label="No, they are two",
        scope=_WRITE,
        act=_reject,
        fits=_is_rejectable,
        label_of_many="Tell the chosen copies apart",
    ),
)
