"""Backfills in the admin: a clinic's own to its members, all to operators, who begin them at a terminal."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.domain.backfills import BACKFILL_WORDS, describe_criteria, read_criteria
from jobs.domain.costs import show_usd
from jobs.domain.state_words import say_state
from jobs.models import Backfill
from jobs.operations.backfill_progress import BackfillProgress, read_progress
from jobs.operations.backfilling import cancel, may_be_cancelled, pause
from pennie.accounts.admin_markup import NOTHING, label
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.clinic_admin import ClinicAdmin
from pennie.accounts.models import User
from pennie.accounts.staff import is_operator, may

_PROGRESS = "_pennie_progress"
_COLOURS = {"open": "info", "paused": "warning", "ended": "success"}


def _pause(*, request: HttpRequest, row: Backfill, data: dict[str, Any], now: datetime) -> Told:
    pause(backfill_id=row.pk, now=now)
    return Told(
        sentence="No more files are submitted; what is queued goes on. An operator goes on with it by: "
        f"manage.py reprocess --resume {row.pk}"
    )


def _cancel(*, request: HttpRequest, row: Backfill, data: dict[str, Any], now: datetime) -> Told:
    assert isinstance(request.user, User)
    cancel(backfill_id=row.pk, by_id=request.user.pk, now=now)
    return Told(sentence="No more files are submitted, and its jobs that had not ended are cancelled.")


def _is_open(row: Backfill) -> bool:
    return row.state == "open"


@admin.register(Backfill)
class BackfillAdmin(ClinicAdmin):
    """Steps act on a row that the reader sees: their clinic's, or an operator's any."""

    resource = "jobs"
    list_display = ["__str__", "clinic", "shown_state", "what", "files", "under_way", "spent", "created_at"]
    list_filter = ["state"]
    list_select_related = ["clinic"]
    ordering = ["-id"]
    fields = [
        ("shown_state", "clinic", "what"),
        ("files", "under_way", "ends"),
        ("spent", "expected", "engine"),
        ("pace", "resumed_by"),
        ("created_at", "updated_at", "ended_at"),
        "job_list",
    ]
    readonly_fields = [
        "shown_state", "what", "files", "under_way", "ends", "spent", "expected", "pace", "resumed_by", "job_list",
    ]  # fmt: skip
    steps = (
        Step(name="pause", label="Pause", scope="jobs:write", act=_pause, fits=_is_open),
        Step(name="cancel", label="Cancel", scope="jobs:write", act=_cancel, fits=may_be_cancelled, is_grave=True),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Backfill.objects.order_by("-id") if is_operator(request) else super().get_queryset(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request) or may(request, "jobs:read")

    def may_take(self, request: HttpRequest, step: Step) -> bool:
        return is_operator(request) or super().may_take(request, step)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With how far each backfill of the page is: two queries for all."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = rows = list(changelist.result_list)
        progress = read_progress(backfills=rows)
        for row in rows:
            setattr(row, _PROGRESS, progress[row.pk])
        return changelist

    @admin.display(description="state", ordering="state")
    def shown_state(self, row: Backfill) -> SafeString:
        return label(BACKFILL_WORDS[row.state], _COLOURS.get(row.state, "plain"))

    @admin.display(description="files that are read again")
    def what(self, row: Backfill) -> str:
        return describe_criteria(read_criteria(row.criteria))

    @admin.display(description="files submitted")
    def files(self, row: Backfill) -> str:
        return f"{row.submitted:,} of {row.expected_files:,}"

    @admin.display(description="under way")
    def under_way(self, row: Backfill) -> str:
        return f"{_find_progress(row).under_way:,}"

    @admin.display(description="what came of them")
    def ends(self, row: Backfill) -> str:
        said = [f"{count:,} {say_state(state)}" for state, count in _find_progress(row).by_state.items()]
        said += [f"{row.already_at_work:,} at work already"] if row.already_at_work else []
        said += [f"{row.refused:,} above a limit of one file"] if row.refused else []
        return ", ".join(said) or NOTHING

    @admin.display(description="spent")
    def spent(self, row: Backfill) -> str:
        return show_usd(_find_progress(row).known_cost_usd)

    @admin.display(description="expected to cost")
    def expected(self, row: Backfill) -> str:
        return "unknown" if row.expected_usd is None else show_usd(row.expected_usd)

    @admin.display(description="pace")
    def pace(self, row: Backfill) -> str:
        return f"{row.per_minute or 0:g} a minute, {row.at_most:,} at once" if row.at_most else NOTHING

    @admin.display(description="gone on with by")
    def resumed_by(self, row: Backfill) -> str:
        return f"manage.py reprocess --resume {row.pk}" if row.state in ("open", "paused") else NOTHING

    @admin.display(description="jobs")
    def job_list(self, row: Backfill) -> SafeString:
        address = reverse("admin:jobs_job_changelist")
        return format_html('<a class="pennie-link" href="{}?backfill={}">Show its jobs</a>', address, row.pk)


def _find_progress(row: Backfill) -> BackfillProgress:
    if not hasattr(row, _PROGRESS):
        setattr(row, _PROGRESS, read_progress(backfills=[row])[row.pk])
    progress: BackfillProgress = getattr(row, _PROGRESS)
    return progress
