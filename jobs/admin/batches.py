"""Batches in the admin: files that were sent together."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import Batch
from jobs.operations.batch_progress import BatchProgress, read_progress
from jobs.operations.batching import cancel_batch, close_batch
from pennie.accounts.admin_markup import label
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.clinic_admin import ClinicAdmin
from pennie.accounts.staff import require_principal

_PROGRESS = "_pennie_progress"


def _close(*, request: HttpRequest, row: Batch, data: dict[str, Any], now: datetime) -> Told:
    close_batch(principal=require_principal(request), batch_id=row.pk, now=now)
    return Told(sentence="No more files are added; it ends with the last of its jobs.")


def _cancel(*, request: HttpRequest, row: Batch, data: dict[str, Any], now: datetime) -> Told:
    left = cancel_batch(principal=require_principal(request), batch_id=row.pk, now=now).left
    more = f" {left:,} are left: cancel it again." if left else ""
    return Told(sentence=f"Jobs that were made for it and had not ended are cancelled.{more}")


def _is_open(row: Batch) -> bool:
    return row.closed_at is None


def _runs(row: Batch) -> bool:
    return row.ended_at is None


@admin.register(Batch)
class BatchAdmin(ClinicAdmin):
    resource = "jobs"
    list_display = ["__str__", "state", "files", "created_at", "ended_at"]
    search_fields = ["name"]
    ordering = ["-id"]
    fields = [("state", "files", "found"), ("created_by", "created_at"), ("closed_at", "ended_at"), "job_list"]
    readonly_fields = ["state", "files", "found", "job_list"]
    list_select_related = ["created_by"]
    steps = (
        Step(name="close", label="Close", scope="jobs:write", act=_close, fits=_is_open),
        Step(name="cancel", label="Cancel", scope="jobs:write", act=_cancel, fits=_runs, is_grave=True),
    )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With how far each batch of the page is: one query for all."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = rows = list(changelist.result_list)
        progress = read_progress(batches=rows, with_cost=False)
        for row in rows:
            setattr(row, _PROGRESS, progress[row.pk])
        return changelist

    @admin.display(description="state")
    def state(self, row: Batch) -> SafeString:
        if row.ended_at:
            return label("ended", "success")
        return label("at work", "info") if row.closed_at else label("open", "plain")

    @admin.display(description="files that are done")
    def files(self, row: Batch) -> str:
        progress = _find_progress(row)
        return f"{progress.ended} of {progress.jobs}"

    @admin.display(description="documents so far")
    def found(self, row: Batch) -> str:
        return f"{_find_progress(row).documents:,}"

    @admin.display(description="jobs")
    def job_list(self, row: Batch) -> SafeString:
        address = reverse("admin:jobs_job_changelist")
        return format_html('<a class="pennie-link" href="{}?batch={}">Show its jobs</a>', address, row.pk)


def _find_progress(row: Batch) -> BatchProgress:
    if not hasattr(row, _PROGRESS):
        setattr(row, _PROGRESS, read_progress(batches=[row], with_cost=False)[row.pk])
    progress: BatchProgress = getattr(row, _PROGRESS)
    return progress
