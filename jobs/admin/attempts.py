"""Calls to the model in the admin. What was sent and what came back is shown on a call's own page only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents.admin.tables import Table
from jobs.models import Attempt
from jobs.spending import find_unknown_outcomes
from pennie.accounts.admin_markup import NOTHING, label, link_to
from pennie.accounts.clinic_admin import ClinicAdmin

_BODIES = ("request", "answer")
_PURPOSES = {"window": "a part of the text", "reask": "the same asked again", "dispute": "lines in doubt"}
_COLOURS = {"sent": "warning", "settled": "success", "failed": "danger"}


class Outcome(admin.SimpleListFilter):
    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unknown", "unknown: may have cost something")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return find_unknown_outcomes(queryset) if self.value() == "unknown" else queryset


class Purpose(admin.SimpleListFilter):
    title = "purpose"
    parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(_PURPOSES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(purpose=self.value()) if self.value() in _PURPOSES else queryset


@admin.register(Attempt)
class AttemptAdmin(ClinicAdmin):
    resource = "jobs"
    list_display = [
        "__str__",
        "job",
        "shown_purpose",
        "lines",
        "model",
        "shown_state",
        "failure",
        "input_tokens",
        "output_tokens",
        "cost",
        "started_at",
    ]
    list_filter = [Outcome, "state", Purpose, "failure"]
    list_select_related = ["job"]
    ordering = ["-id"]
    fields = [
        ("job_link", "number", "shown_purpose"),
        ("lines", "shown_state", "failure"),
        ("model", "provider_request_id", "latency_seconds"),
        ("input_tokens", "cached_input_tokens", "output_tokens"),
        ("cost", "held_back"),
        ("started_at", "settled_at"),
        "configuration",
        "shown_request",
        "shown_answer",
    ]
    readonly_fields = [
        "job_link",
        "shown_purpose",
        "lines",
        "shown_state",
        "cost",
        "held_back",
        "shown_request",
        "shown_answer",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if self._is_page(request) else rows.defer(*_BODIES)

    @staticmethod
    def _is_page(request: HttpRequest) -> bool:
        return request.resolver_match is not None and "object_id" in request.resolver_match.kwargs

    @admin.display(description="job")
    def job_link(self, row: Attempt) -> str:
        return link_to(row.job)

    @admin.display(description="purpose", ordering="purpose")
    def shown_purpose(self, row: Attempt) -> str:
        return _PURPOSES.get(row.purpose, row.purpose)

    @admin.display(description="lines", ordering="first_line")
    def lines(self, row: Attempt) -> str:
        return f"{row.first_line}–{row.last_line}"

    @admin.display(description="state", ordering="state")
    def shown_state(self, row: Attempt) -> SafeString:
        return label(row.get_state_display(), _COLOURS[row.state])

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, row: Attempt) -> str:
        return say_cost(row)

    @admin.display(description="held back in the budgets")
    def held_back(self, row: Attempt) -> str:
        return f"${row.reserved_usd:.6f}" if row.reserved_usd else NOTHING

    @admin.display(description="sent")
    def shown_request(self, row: Attempt) -> SafeString:
        return _show_body(row.request)

    @admin.display(description="answer")
    def shown_answer(self, row: Attempt) -> SafeString:
        return _show_body(row.answer)


def say_cost(attempt: Attempt) -> str:
    return "unknown" if attempt.cost_usd is None else f"${attempt.cost_usd:.6f}"


def tabulate_attempts(attempts: QuerySet[Attempt]) -> Table:
    rows = [
        [
            link_to(each),
            _PURPOSES.get(each.purpose, each.purpose),
            f"{each.first_line}–{each.last_line}",
            each.model or NOTHING,
            label(each.failure.replace("_", " ") or each.get_state_display(), _COLOURS[each.state]),
            f"{each.input_tokens or 0:,} / {each.output_tokens or 0:,}",
            say_cost(each),
            f"{each.latency_seconds:.1f} s" if each.latency_seconds is not None else NOTHING,
        ]
        for each in attempts.defer(*_BODIES)
    ]
    headers = ["call", "purpose", "lines", "model", "state", "tokens in / out", "cost", "took"]
    return {"headers": headers, "rows": rows}


def _show_body(body: str) -> SafeString:
    return format_html('<pre class="pennie-body">{}</pre>', body) if body else format_html("{}", "nothing kept")
