"""A number for each request, told to the caller and in every problem, so that a report can be found in the log."""

import re
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from pennie.lib.ids import new_id

HEADER = "X-Request-ID"
_FIT = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The request's id; empty outside of a request."""
    return _current.get()


class RequestIdMiddleware:
    """Takes the caller's X-Request-ID where it is fit for a log, else makes one; answers with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = request.headers.get(HEADER, "")
        request_id = said if _FIT.fullmatch(said) else str(new_id())
        token = _current.set(request_id)
        try:
            response = self._get_response(request)
        finally:
            _current.reset(token)
        response[HEADER] = request_id
        return response
