"""Lockout after failed sign-ins: what axes counts by, and what a person is told. Counted in PostgreSQL alone."""

import math
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from pennie.rest.addresses import find_address
from pennie.rest.problem_documents import answer_problem

_TITLE = "Too many failed sign-ins"
_MOST = 254  # of an e-mail address; what is longer names no account


def count_by_account(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The account that a sign-in is for, in one spelling: PostgreSQL finds it in any letter case."""
    said = (credentials or {}).get(settings.AXES_USERNAME_FORM_FIELD) or ""
    return str(said).strip().upper().lower()[:_MOST]


def refuse(request: HttpRequest, original_response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """429 until the lockout ends: a problem document for the API, a page for people."""
    seconds = _count_seconds(request, credentials)
    minutes = max(1, math.ceil(seconds / 60))
    detail = f"Wait {minutes} {'minute' if minutes == 1 else 'minutes'}, then try again with the right password."
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    if request.path.startswith("/api/"):
        return answer_problem(code="locked_out", title=_TITLE, status=429, detail=detail, headers=headers)
    page = render_to_string("registration/locked_out.html", {"title": _TITLE, "detail": detail}, request)
    return HttpResponse(page, status=429, headers=headers)


def _count_seconds(request: HttpRequest, credentials: Any) -> int:
    """Until the last failure that was counted is forgotten."""
    tried = AccessAttempt.objects.filter(
        username=count_by_account(request, credentials), ip_address=find_address(request)
    ).aggregate(last=Max("attempt_time"))
    since = (timezone.now() - tried["last"]).total_seconds() if tried["last"] else 0.0
    return max(1, math.ceil(settings.AXES_COOLOFF_TIME.total_seconds() - since))
