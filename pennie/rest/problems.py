"""One form of error for the whole API: problem documents (RFC 9457), `application/problem+json`.

`type` is `/problems/CODE`, `code` is stable for programs, `detail` tells people what is wrong and what to do. A request
that does not validate has `errors`: [{pointer, code, detail}], the pointer after RFC 6901.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import UnreadablePostError
from drf_standardized_errors.formatter import ExceptionFormatter as BaseFormatter
from drf_standardized_errors.handler import ExceptionHandler as BaseHandler
from drf_standardized_errors.types import ErrorResponse
from rest_framework import exceptions
from rest_framework.response import Response

from pennie.lib.refusals import Missing, Refusal
from pennie.rest.limits import BodyTooLarge
from pennie.rest.problem_documents import (
    COME_BACK_SECONDS,
    CONTENT_TYPE,
    UNAVAILABLE,
    UNAVAILABLE_TITLE,
    make_problem,
)

_TITLES: Mapping[str, str] = {
    "invalid": "The request does not validate",
    "parse_error": "The request's body cannot be read",
    "not_authenticated": "Sign in first",
    "authentication_failed": "The credentials are not valid",
    "token_not_valid": "The token is not valid",
    "permission_denied": "Not allowed",
    "not_found": "There is no such object",
    "method_not_allowed": "Not done at this address",
    "not_acceptable": "No such form of answer",
    "unsupported_media_type": "The body is of a kind that is not read here",
    "body_too_large": "The body is too large",
    "throttled": "Too many requests",
    "unavailable": UNAVAILABLE_TITLE,
    "error": "PennieAI has a defect",
}
_CURES: Mapping[str, str] = {
    "not_authenticated": "Send `Authorization: Bearer` with an API key, or with a token from POST /api/v1/auth/token/.",
    "token_not_valid": "It has expired or was not made here. Get another from POST /api/v1/auth/token/refresh/, or "
    "sign in again.",
}
UNFORESEEN = (
    "This is a defect of PennieAI, not of your request. Nothing of it was stored. Report it with the request_id."
)


class NotThere(exceptions.APIException):
    """No such object, or another clinic's."""

    status_code = 404
    default_code = "not_found"


class Unavailable(exceptions.APIException):
    """The database is away, or too busy to answer in time: it passes, and is no defect."""

    status_code = 503
    default_code = "unavailable"
    wait = COME_BACK_SECONDS  # as Retry-After


class Refused(exceptions.APIException):
    """A refusal of the domain on its way to the caller."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(detail=refusal.detail, code=refusal.code)
        self.refusal = refusal
        self.status_code = refusal.status


class ExceptionHandler(BaseHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, Refusal):
            return Refused(exc)
        if isinstance(exc, Missing):
            return NotThere(detail=str(exc))
        if isinstance(exc, RequestDataTooBig):
            return BodyTooLarge()
        if isinstance(exc, SuspiciousOperation):  # too many fields, too many files, a header that cannot be
            return exceptions.ParseError("The request is not formed as requests are. Check how it is sent.")
        if isinstance(exc, UnreadablePostError):
            return exceptions.ParseError("The request's body broke off. Nothing of it was stored; send it again.")
        if isinstance(exc, (OperationalError, InterfaceError)):
            return Unavailable()
        return super().convert_known_exceptions(exc)

    def get_response(self, exc: exceptions.APIException, data: dict[str, Any]) -> Response:
        response = super().get_response(exc, data)
        if isinstance(exc, Refused):
            for name, value in exc.refusal.headers.items():
                response[name] = value
        response.content_type = CONTENT_TYPE
        return response

    def report_exception(self, exc: exceptions.APIException, response: Response) -> None:
        if not isinstance(exc, Unavailable):  # Django logs one line of it: an outage would fill the log with traces
            super().report_exception(exc, response)


class ExceptionFormatter(BaseFormatter):
    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        exc = self.exc
        if isinstance(exc, Refused):
            refusal = exc.refusal
            return make_problem(
                code=refusal.code,
                title=refusal.title,
                status=refusal.status,
                detail=refusal.detail,
                extra=refusal.extra,
            )
        errors = error_response.errors
        if isinstance(exc, exceptions.ValidationError):
            listed = [{"pointer": _point_at(each.attr), "code": each.code, "detail": each.detail} for each in errors]
            return make_problem(
                code="invalid",
                title=_TITLES["invalid"],
                status=exc.status_code,
                detail=" ".join(f"{each.attr or 'The request'}: {each.detail}" for each in errors),
                extra={"errors": listed},
            )
        code = errors[0].code
        if isinstance(exc, Unavailable):
            return make_problem(code=code, title=_TITLES[code], status=exc.status_code, detail=UNAVAILABLE)
        detail = UNFORESEEN if exc.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else errors[0].detail
        detail = _CURES.get(code, detail)
        title = _TITLES.get(code, HTTPStatus(exc.status_code).phrase)
        return make_problem(code=code, title=title, status=exc.status_code, detail=detail)


def _point_at(attribute: str | None) -> str:
    """A JSON pointer to the member; empty for the whole."""
    if not attribute or attribute == "non_field_errors":
        return ""
    return "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in attribute.split("."))
