"""What staff may do with an upload by a button."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanWidget

from documents.models import Document, Segmentation, Upload
from documents.operations.adopting import adopt
from documents.operations.archiving import archive_upload, restore_upload
from documents.operations.correcting import confirm_all
from jobs.admin.sending import ENGINES, PRIORITIES_OFFERED
from jobs.operations.purging import purge_upload
from jobs.operations.submitting import rerun
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.staff import require_principal


class RerunForm(forms.Form):
    engine = forms.ChoiceField(choices=ENGINES, widget=UnfoldAdminSelectWidget)
    priority = forms.ChoiceField(choices=PRIORITIES_OFFERED, initial="normal", widget=UnfoldAdminSelectWidget)


class AdoptForm(forms.Form):
    run = forms.ModelChoiceField(
        queryset=Segmentation.objects.none(), label="run", empty_label=None, widget=UnfoldAdminSelectWidget
    )
    force = forms.BooleanField(required=False, label="even if decisions are lost", widget=UnfoldBooleanWidget)

    def offer(self, upload: Upload) -> None:
        run: Any = self.fields["run"]
        run.queryset = _other_runs(upload).order_by("-number")
        run.label_from_instance = lambda each: f"{each.number} ({each.engine})"


def _confirm_all(*, request: HttpRequest, row: Upload, data: dict[str, Any], now: datetime) -> Told:
    count = confirm_all(principal=require_principal(request), upload_id=row.pk, now=now)
    return Told(sentence=f"{count} document{'' if count == 1 else 's'} confirmed.")


def _rerun(*, request: HttpRequest, row: Upload, data: dict[str, Any], now: datetime) -> Told:
    rerun(
        principal=require_principal(request),
        upload_id=row.pk,
        engine=data["engine"],
        priority=data["priority"],
        now=now,
    )
    return Told(sentence="The file is queued to be analysed again. What staff decided stays as it is.")


def _adopt(*, request: HttpRequest, row: Upload, data: dict[str, Any], now: datetime) -> Told:
    adopt(principal=require_principal(request), segmentation_id=data["run"].pk, force=data["force"], now=now)
    return Told(sentence=f"Run {data['run'].number} is the current one now.")


def _archive(*, request: HttpRequest, row: Upload, data: dict[str, Any], now: datetime) -> Told:
    archive_upload(principal=require_principal(request), upload_id=row.pk, now=now)
    return Told(sentence="The file and its documents are archived; they can be restored.")


def _restore(*, request: HttpRequest, row: Upload, data: dict[str, Any], now: datetime) -> Told:
    restore_upload(principal=require_principal(request), upload_id=row.pk, now=now)
    return Told(sentence="The file and its documents are back.")


def _purge(*, request: HttpRequest, row: Upload, data: dict[str, Any], now: datetime) -> Told:
    purge_upload(principal=require_principal(request), upload_id=row.pk, now=now)
    return Told(sentence="The file is erased for good.", go_to=reverse("admin:documents_upload_changelist"))


def _is_open(row: Upload) -> bool:
    return not row.is_archived and row.purged_at is None


def _is_read(row: Upload) -> bool:
    return _is_open(row) and row.current_segmentation_id is not None


def _has_undecided(row: Upload) -> bool:
    documents = Document.objects.filter(segmentation=row.current_segmentation_id)
    return _is_read(row) and documents.exclude(review__in=Document.STAFF_DECIDED).exists()


def _has_other_runs(row: Upload) -> bool:
    return _is_read(row) and _other_runs(row).exists()


def _other_runs(upload: Upload) -> QuerySet[Segmentation]:
    return upload.segmentations.exclude(pk=upload.current_segmentation_id or upload.pk)


def _can_come_back(row: Upload) -> bool:
    return row.is_archived and row.purged_at is None


_WRITE = "uploads:write"
STEPS = (
    Step(
        name="confirm",
        label="Confirm all documents",
        scope="documents:write",
        act=_confirm_all,
        fits=_has_undecided,
        label_of_many="Confirm all documents of the chosen files",
        is_main=True,
    ),
    Step(name="rerun", label="Analyse again", scope=_WRITE, act=_rerun, fits=_is_open, form=RerunForm),
    Step(
        name="adopt", label="Take that run", scope="documents:write", act=_adopt, fits=_has_other_runs, form=AdoptForm
    ),
    Step(
        name="archive",
        label="Archive",
        scope=_WRITE,
        act=_archive,
        fits=_is_open,
        label_of_many="Archive the chosen files",
    ),
    Step(
        name="restore",
        label="Restore",
        scope=_WRITE,
        act=_restore,
        fits=_can_come_back,
        label_of_many="Restore the chosen files",
        is_main=True,
    ),
    Step(name="purge", label="Erase for good", scope="uploads:purge", act=_purge, fits=_can_come_back, is_grave=True),
)
