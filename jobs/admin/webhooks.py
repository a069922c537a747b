"""Webhooks in the admin: where to, what was sent, and what came back."""

import json
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import date as format_date
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from documents.admin.tables import Table
from jobs.domain.webhooks import EVENT_TYPES, TEST_EVENT
from jobs.models import WebhookDelivery, WebhookEndpoint
from jobs.operations import webhooks
from pennie.accounts.admin_markup import NOTHING, label, link_to
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.clinic_admin import ClinicAdmin, ClinicForm
from pennie.accounts.staff import require_principal

LATEST = 50  # deliveries on a webhook's page
_WRITE = "webhooks:write"
_MADE = "_pennie_made"
_COLOURS = {"pending": "info", "delivered": "success", "failed": "danger"}
_DISABLED = {"asked": "disabled", "gone": "disabled: gone", "failing": "disabled: failing"}


class WebhookForm(ClinicForm):
    events = forms.MultipleChoiceField(
        choices=[(event, event) for event in EVENT_TYPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
        help_text="What it is told of. None chosen: everything.",
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["url", "description", "events"]


def _is_enabled(row: WebhookEndpoint) -> bool:
    return row.disabled_at is None


def _is_disabled(row: WebhookEndpoint) -> bool:
    return not _is_enabled(row)


def _test(*, request: HttpRequest, row: WebhookEndpoint, data: dict[str, Any], now: datetime) -> Told:
    delivery = webhooks.send_test(principal=require_principal(request), endpoint_id=row.pk, now=now)
    page = reverse("admin:jobs_webhookdelivery_change", args=(delivery.pk,))
    return Told(sentence="A test message is being sent. Look at this page again in a moment.", go_to=page)


def _rotate(*, request: HttpRequest, row: WebhookEndpoint, data: dict[str, Any], now: datetime) -> Told:
    made = webhooks.rotate_secret(principal=require_principal(request), endpoint_id=row.pk, now=now)
    return Told(sentence="The new secret. For a day messages are signed with the former one, too.", secret=made.secret)


def _remove(*, request: HttpRequest, row: WebhookEndpoint, data: dict[str, Any], now: datetime) -> Told:
    webhooks.remove_endpoint(principal=require_principal(request), endpoint_id=row.pk, now=now)
    return Told(
        sentence="The webhook is removed, with all that was sent to it.",
        go_to=reverse("admin:jobs_webhookendpoint_changelist"),
    )


def _enable(*, request: HttpRequest, row: WebhookEndpoint, data: dict[str, Any], now: datetime) -> Told:
    _change(request, row, now, is_enabled=True)
    return Told(sentence="The webhook is enabled. What was not received meanwhile can be sent again from its list.")


def _disable(*, request: HttpRequest, row: WebhookEndpoint, data: dict[str, Any], now: datetime) -> Told:
    _change(request, row, now, is_enabled=False)
    return Told(sentence="The webhook is disabled: nothing more is sent to it.")


def _change(request: HttpRequest, row: WebhookEndpoint, now: datetime, **changes: Any) -> None:
    webhooks.change_endpoint(principal=require_principal(request), endpoint_id=row.pk, now=now, **changes)


@admin.register(WebhookEndpoint)
class WebhookAdmin(ClinicAdmin):
    resource = "webhooks"
    form = WebhookForm
    may_add = may_change = True
    list_display = ["__str__", "url", "told_of", "state", "last_received_at", "failing_since"]
    search_fields = ["url", "description"]
    ordering = ["-id"]
    readonly_fields = ["state", "last_received_at", "failing_since", "former_until", "created_at"]
    change_form_outer_after_template = "pennie/webhook.html"
    steps = (
        Step(name="test", label="Send a test", scope=_WRITE, act=_test, fits=_is_enabled, is_main=True),
        Step(name="enable", label="Enable", scope=_WRITE, act=_enable, fits=_is_disabled, is_main=True),
        Step(name="rotate", label="New secret", scope=_WRITE, act=_rotate, is_grave=True),
        Step(name="disable", label="Disable", scope=_WRITE, act=_disable, fits=_is_enabled, is_grave=True),
        Step(name="remove", label="Remove", scope=_WRITE, act=_remove, is_grave=True),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        said = ["url", "description", "events"]
        if obj is None:
            return said
        return [*said, ("state", "last_received_at", "failing_since"), ("former_until", "created_at")]

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: Any) -> None:
        said = {name: form.cleaned_data[name] for name in ("url", "description", "events")}
        if change:
            _change(request, obj, timezone.now(), **said)
            return
        made = webhooks.make_endpoint(principal=require_principal(request), now=timezone.now(), **said)
        obj.pk, obj._state.adding = made.endpoint.pk, False
        setattr(request, _MADE, made)

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        told = Told(sentence="The secret that messages are signed with", secret=getattr(request, _MADE).secret)
        return self.show_secret(request, told, back_to=self.address_of(obj))

    def tell_more(self, request: HttpRequest, row: WebhookEndpoint) -> dict[str, Any]:
        deliveries = row.deliveries.select_related("message").order_by("-id")[:LATEST]
        return {"deliveries": _tabulate(deliveries)}

    @admin.display(description="told of")
    def told_of(self, row: WebhookEndpoint) -> str:
        return ", ".join(row.events) or "everything"

    @admin.display(description="state")
    def state(self, row: WebhookEndpoint) -> SafeString:
        if row.disabled_for:
            return label(_DISABLED[row.disabled_for], "plain" if row.disabled_for == "asked" else "danger")
        return label("failing", "warning") if row.failing_since else label("enabled", "success")


def _tabulate(deliveries: QuerySet[WebhookDelivery]) -> Table:
    rows = [
        [
            link_to(each),
            each.message.event,
            label(each.state, _COLOURS[each.state]),
            each.tries,
            each.created_at,
            _say_next_try(each),
        ]
        for each in deliveries
    ]
    return {"headers": ["delivery", "event", "state", "tries", "made", "next try"], "rows": rows}


class OfEvent(admin.SimpleListFilter):
    title = "event"
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(event, event) for event in (*EVENT_TYPES, TEST_EVENT)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(message__event=self.value()) if self.value() else queryset


def _say_next_try(delivery: WebhookDelivery) -> str:
    return format_date(delivery.due_at, "Y-m-d H:i") if delivery.state == "pending" else NOTHING


def _replay(*, request: HttpRequest, row: WebhookDelivery, data: dict[str, Any], now: datetime) -> Told:
    principal = require_principal(request)
    webhooks.replay(principal=principal, endpoint_id=row.endpoint_id, delivery_id=row.pk, now=now)
    return Told(sentence="The message is sent once more, with the same webhook-id.")


def _has_ended(row: WebhookDelivery) -> bool:
    return row.state != "pending"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ClinicAdmin):
    resource = "webhooks"
    list_display = ["__str__", "endpoint", "event", "shown_state", "tries", "is_replay", "created_at", "ended_at"]
    list_filter = ["state", OfEvent]
    list_select_related = ["endpoint", "message"]
    ordering = ["-id"]
    fields = [
        ("endpoint_link", "event", "shown_state"),
        ("tries", "is_replay"),
        ("created_at", "next_try", "ended_at"),
        "body",
    ]
    readonly_fields = ["endpoint_link", "event", "shown_state", "next_try", "body"]
    change_form_outer_after_template = "pennie/delivery.html"
    steps = (
        Step(
            name="replay",
            label="Send once more",
            scope=_WRITE,
            act=_replay,
            fits=_has_ended,
            label_of_many="Send the chosen messages once more",
            is_main=True,
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def tell_more(self, request: HttpRequest, row: WebhookDelivery) -> dict[str, Any]:
        rows = [
            [
                each.number,
                each.at,
                f"{each.seconds:.2f} s",
                each.status or NOTHING,
                label(each.failure.replace("_", " "), "danger") if each.failure else label("received", "success"),
                format_html('<pre class="pennie-body">{}</pre>', each.answer) if each.answer else NOTHING,
            ]
            for each in row.sendings.order_by("number")
        ]
        return {"sendings": {"headers": ["try", "at", "took", "status", "", "answer"], "rows": rows}}

    @admin.display(description="webhook")
    def endpoint_link(self, row: WebhookDelivery) -> str:
        return link_to(row.endpoint)

    @admin.display(description="event", ordering="message__event")
    def event(self, row: WebhookDelivery) -> str:
        return row.message.event

    @admin.display(description="state", ordering="state")
    def shown_state(self, row: WebhookDelivery) -> SafeString:
        return label(row.state, _COLOURS[row.state])

    @admin.display(description="next try")
    def next_try(self, row: WebhookDelivery) -> str:
        return _say_next_try(row)

    @admin.display(description="sent")
    def body(self, row: WebhookDelivery) -> SafeString:
        return format_html('<pre class="pennie-body">{}</pre>', json.dumps(row.message.payload, indent=2))
