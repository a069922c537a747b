"""Errors that no view answers for: problem documents for callers of the API, Django's pages for people."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from pennie.rest.problem_documents import answer_problem
from pennie.rest.problems import UNFORESEEN

_API = "/api/"


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(_API)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.bad_request(request, exception)
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
    if not _is_api(request):
        return defaults.server_error(request)
    return answer_problem(code="error", title="PennieAI has a defect", status=500, detail=UNFORESEEN)
