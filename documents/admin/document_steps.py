"""Corrections of a document's lines, by buttons: each keeps every line in exactly one document or gap."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from documents.models import Document
from documents.operations.correcting import confirm, mark_gap, merge_next, move_start, split
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.staff import require_principal


class LineForm(forms.Form):
    line = forms.IntegerField(min_value=1, label="at line", widget=UnfoldAdminIntegerFieldWidget)


def _confirm(*, request: HttpRequest, row: Document, data: dict[str, Any], now: datetime) -> Told:
    confirm(principal=require_principal(request), document_id=row.pk, now=now)
    return Told(sentence="The document is confirmed.")


def _split(*, request: HttpRequest, row: Document, data: dict[str, Any], now: datetime) -> Told:
    split(principal=require_principal(request), document_id=row.pk, at_line=data["line"], now=now)
    return Told(sentence=f"Another document begins at line {data['line']} now.", go_to=_beside_text(row, data["line"]))


def _move_start(*, request: HttpRequest, row: Document, data: dict[str, Any], now: datetime) -> Told:
    move_start(principal=require_principal(request), document_id=row.pk, to_line=data["line"], now=now)
    return Told(sentence=f"The document begins at line {data['line']} now.", go_to=_beside_text(row, data["line"]))


def _merge(*, request: HttpRequest, row: Document, data: dict[str, Any], now: datetime) -> Told:
    merge_next(principal=require_principal(request), document_id=row.pk, now=now)
    return Told(sentence="The next document's lines belong to this one now.", go_to=_beside_text(row, row.start_line))


def _mark_gap(*, request: HttpRequest, row: Document, data: dict[str, Any], now: datetime) -> Told:
    mark_gap(principal=require_principal(request), document_id=row.pk, now=now)
    return Told(sentence="The lines belong to no document now.", go_to=_beside_text(row, row.start_line))


def _beside_text(row: Document, line: int) -> str:
    return f"{reverse('admin:documents_upload_change', args=(row.upload_id,))}?line={line}#L{line}"


def _is_undecided(row: Document) -> bool:
    return not row.is_staff_decided


_WRITE = "documents:write"
STEPS = (
    Step(
        name="confirm",
        label="Confirm",
        scope=_WRITE,
        act=_confirm,
        fits=_is_undecided,
        label_of_many="Confirm the chosen documents",
        is_main=True,
    ),
    Step(name="split", label="Split", scope=_WRITE, act=_split, form=LineForm),
    Step(name="begin", label="Move the beginning", scope=_WRITE, act=_move_start, form=LineForm),
    Step(name="merge", label="Merge with the next", scope=_WRITE, act=_merge),
    Step(name="gap", label="Is no document", scope=_WRITE, act=_mark_gap, is_grave=True),
)
