"""What a person is told who failed to sign in too often."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pennie.rest.problems import answer_problem

_TITLE = "Too many failed sign-ins"


def refuse(request: HttpRequest, original_response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """429 until the lockout ends: a problem document for the API, a page for people."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    detail = f"Wait {max(1, round(seconds / 60))} minutes, then try again with the right password."
    headers = {"Retry-After": str(seconds)}
    if request.path.startswith("/api/"):
        return answer_problem(code="locked_out", title=_TITLE, status=429, detail=detail, headers=headers)
    return HttpResponse(f"{_TITLE}. {detail}", status=429, headers=headers, content_type="text/plain; charset=utf-8")
