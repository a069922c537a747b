"""The admin's sidebar: to each reader what they may open."""

from collections.abc import Callable
from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from documents.models import Document, DocumentLink, Subject, Upload
from jobs.models import Backfill, Batch, Budget, IntakeSource, Job, QueuePause, UseLimit, WebhookEndpoint
from patients.models import Owner, Patient
from pennie.accounts.models import ApiKey, Clinic, Membership, User
from pennie.accounts.staff import is_operator, may


def list_pages(request: HttpRequest) -> list[dict[str, Any]]:
    home = reverse("admin:index")
    records = [
        {"title": "Overview", "icon": "home", "link": home, "active": request.path == home},
        _item(request, Upload, "Uploads", "upload_file"),
        _item(request, Document, "Documents", "description"),
        _item(request, Subject, "Matches", "compare_arrows"),
        _item(request, DocumentLink, "Copies", "content_copy"),
        _item(request, Patient, "Patients", "pets"),
        _item(request, Owner, "Owners", "person"),
    ]
    letters = request.GET.get("letters") == "open"
    work = [
        _item(request, Job, "Jobs", "manufacturing", active=lambda at: at and not letters),
        _item(request, Job, "Failed for good", "error", query="?letters=open", active=lambda at: at and letters),
        _item(request, Batch, "Batches", "stacks"),
        _item(request, Backfill, "Backfills", "history"),
        _item(request, QueuePause, "Paused queues", "pause_circle"),
        _item(request, IntakeSource, "Scanners, mailboxes", "scanner"),
        _item(request, Budget, "Budgets", "savings"),
        _costs(request),
    ]
    people = [
        _item(request, Clinic, "Clinics" if request.user.is_superuser else "Clinic", "local_hospital"),
        _item(request, Membership, "Members", "group"),
        _item(request, User, "Users", "manage_accounts"),
        _item(request, ApiKey, "API keys", "key"),
        _item(request, WebhookEndpoint, "Webhooks", "webhook"),
        _item(request, UseLimit, "Limits of use", "speed"),
        _item(request, AccessAttempt, "Failed sign-ins", "lock"),
    ]
    groups = (("Records", records), ("Work", work), ("People", people))
    return [{"title": title, "items": list(filter(None, items))} for title, items in groups]


def _costs(request: HttpRequest) -> dict[str, Any] | None:
    if not (is_operator(request) or may(request, "usage:read")):
        return None
    address = reverse("costs")
    return {"title": "Costs", "icon": "payments", "link": address, "active": request.path == address}


def _item(
    request: HttpRequest,
    model: type[Model],
    title: str,
    icon: str,
    *,
    query: str = "",
    active: Callable[[bool], bool] = bool,
) -> dict[str, Any] | None:
    """None where the reader may not see the table."""
    if not admin.site.get_model_admin(model).has_module_permission(request):
        return None
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    is_here = active(request.path.startswith(address))
    return {"title": title, "icon": icon, "link": address + query, "active": is_here}
