"""Errors that no view answers for: problem documents for callers of the API, Django's pages for people."""

import sys
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render
from django.views import defaults

from pennie.rest.problem_documents import COME_BACK_SECONDS, UNAVAILABLE, UNAVAILABLE_TITLE, answer_problem
from pennie.rest.problems import UNFORESEEN

_API = "/api/"


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(_API)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        said = _explain_size(exception)
        return _refuse_form(request, *said) if said else defaults.bad_request(request, exception)
    detail = "The request is malformed or larger than may be. See /docs/ for what is expected here."
    return answer_problem(code="bad_request", title="The request cannot be read", status=400, detail=detail)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.permission_denied(request, exception)
    return answer_problem(code="permission_denied", title="Not allowed", status=403, detail="This is not allowed.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    detail = (
        "There is nothing at this address. Ids are UUIDs, and addresses end in a slash; see /docs/ for all of them."
    )
    return answer_problem(code="not_found", title="There is no such address", status=404, detail=detail)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what was raised."""
    is_away = isinstance(sys.exception(), (OperationalError, InterfaceError))
    if _is_api(request) and is_away:
        come_back = {"Retry-After": str(COME_BACK_SECONDS)}
        return answer_problem(
            code="unavailable", title=UNAVAILABLE_TITLE, status=503, detail=UNAVAILABLE, headers=come_back
        )
    if not _is_api(request):
        return defaults.server_error(request)
    return answer_problem(code="error", title="PennieAI has a defect", status=500, detail=UNFORESEEN)


def _explain_size(exception: Exception) -> tuple[str, str] | None:
    """Title and cure for a form that is more than is taken; None for what is wrong in another way."""
    if isinstance(exception, TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return "Too many files at once", f"A form takes at most {most:,} files. Send them in portions of no more."
    if isinstance(exception, TooManyFieldsSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return "Too many fields at once", f"A form takes at most {most:,} fields. Choose or fill in fewer at once."
    if isinstance(exception, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return "The form is too large", f"Without its files a form has at most {most:,} bytes. Write less at once."
    return None


def _refuse_form(request: HttpRequest, title: str, detail: str) -> HttpResponse:
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:  # a stranger is not waited for
        _read_to_end(request)
    return render(request, "pennie/form_too_large.html", {"title": title, "detail": detail}, status=413)


def _read_to_end(request: HttpRequest) -> None:
    """A browser that cannot send on takes the connection for broken, and shows no answer."""
    with suppress(UnreadablePostError):
        while request.read(64 * 1024):
            pass
