"""Jobs in the admin, and among them those that failed for good, until somebody retries or discards them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.attempts import tabulate_attempts
from jobs.admin.job_steps import STEPS
from jobs.admin.sending import ENGINE_WORDS
from jobs.admin.timeline import show_timeline
from jobs.domain.runbooks import RUNBOOK, find_section
from jobs.domain.state_words import DISCARDED, STATE_WORDS, say_problem, say_state
from jobs.domain.states import ACTIVE
from jobs.models import Job
from jobs.operations.steering import count_kinds
from jobs.progress import read_progress
from pennie.accounts.admin_markup import NOTHING, label, link_to
from pennie.accounts.clinic_admin import ClinicAdmin
from pennie.accounts.staff import principal_of_staff

_STAGES = {"reading": "reading the file", "asking": "asking the model", "filing": "filing what was found"}
_COLOURS = {"completed": "success", "partial": "warning", "failed": "danger", "cancelled": "plain"}


class Standing(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "letters"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "not ended"), ("open", STATE_WORDS["failed"]), ("discarded", DISCARDED)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "running":
            return queryset.filter(state__in=ACTIVE)
        if self.value() in ("open", "discarded"):
            return queryset.filter(state="failed", discarded_at__isnull=self.value() == "open")
        return queryset


class ByState(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(STATE_WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() in STATE_WORDS else queryset


class OfBatch(admin.SimpleListFilter):
    """Led to from a batch; there is nothing to choose."""

    title = "batch"
    parameter_name = "batch"
    path = "batch_items__batch_id"
    choice = "of the chosen batch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.value() or "", self.choice)] if self.value() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            return queryset.filter(**{self.path: UUID(self.value())}) if self.value() else queryset
        except ValueError:
            return queryset.none()


class OfBackfill(OfBatch):
    title = "backfill"
    parameter_name = "backfill"
    path = "backfill_id"
    choice = "of the chosen backfill"


class Kind(admin.SimpleListFilter):
    """Kinds of failure that there are, so that a filter leads to many of one kind."""

    title = "kind of failure"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        principal = principal_of_staff(request)
        kinds = count_kinds(principal=principal) if principal else []
        return [(code, f"{code.replace('_', ' ')} ({count})") for code, count in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state="failed", problem__code=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(ClinicAdmin):
    resource = "jobs"
    list_display = [
        "__str__",
        "upload",
        "shown_state",
        "progress",
        "asked_engine",
        "priority",
        "created_at",
        "finished_at",
    ]
    list_filter = [Standing, OfBatch, OfBackfill, Kind, ByState, "priority", "engine"]
    list_select_related = ["upload"]
    search_fields = ["upload__name"]
    ordering = ["-id"]
    fields = [
        ("upload_link", "shown_state", "progress"),
        ("asked_engine", "priority", "shown_stage"),
        ("starter", "created_at", "started_at"),
        ("finished_at", "due_at", "crashes"),
        "goes_on_without_model",
        "told_problem",
        ("discarder", "discarded_at", "discard_reason"),
    ]
    readonly_fields = [
        "upload_link",
        "shown_state",
        "progress",
        "asked_engine",
        "shown_stage",
        "starter",
        "told_problem",
        "discarder",
    ]
    change_form_outer_after_template = "pennie/job.html"
    steps = STEPS

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Without what says nothing about this job."""
        fields = list(self.fields)
        if obj and not obj.goes_on_without_model:
            fields.remove("goes_on_without_model")
        if obj and not obj.problem:
            fields.remove("told_problem")
        if obj and not obj.discarded_at:
            fields.pop()
        return fields

    @admin.display(description="file")
    def upload_link(self, row: Job) -> str:
        return link_to(row.upload)

    @admin.display(description="state", ordering="state")
    def shown_state(self, row: Job) -> SafeString:
        return label_job(row)

    @admin.display(description="parts read")
    def progress(self, row: Job) -> str:
        return NOTHING if row.windows_total is None else f"{row.windows_done} of {row.windows_total}"

    @admin.display(description="engine", ordering="engine")
    def asked_engine(self, row: Job) -> str:
        return ENGINE_WORDS.get(row.engine, row.engine)

    @admin.display(description="stage")
    def shown_stage(self, row: Job) -> str:
        return _STAGES.get(row.stage, row.stage) or NOTHING

    @admin.display(description="problem")
    def told_problem(self, row: Job) -> SafeString:
        if row.state != "failed":
            return format_html("{}", say_problem(row.problem))
        page = f"{RUNBOOK}#{find_section(code=str((row.problem or {}).get('code', '')))}"
        if not settings.DOCS_URL:
            return format_html("{} More: docs/{}", say_problem(row.problem), page)
        return format_html(
            '{} <a class="pennie-link" href="{}{}">What to do</a>', say_problem(row.problem), settings.DOCS_URL, page
        )

    @admin.display(description="asked for by")
    def starter(self, row: Job) -> str:
        return str(row.created_by or NOTHING)

    @admin.display(description="discarded by")
    def discarder(self, row: Job) -> str:
        return str(row.discarded_by or NOTHING)

    def tell_more(self, request: HttpRequest, row: Job) -> dict[str, Any]:
        moment = read_progress(job=row) if row.state in ACTIVE else None
        return {
            "moment": moment,
            "moment_words": moment
            and (_STAGES.get(moment.stage) or say_state(moment.state, parked_for=row.parked_for)),
            "eta": datetime.fromisoformat(moment.eta) if moment and moment.eta else None,
            "timeline": show_timeline(row),
            "attempts": tabulate_attempts(row.attempts.order_by("number")),
        }


def label_job(job: Job) -> SafeString:
    words = say_state(job.state, parked_for=job.parked_for, is_discarded=job.discarded_at is not None)
    return label(words, "plain" if words == DISCARDED else _COLOURS.get(job.state, "info"))
