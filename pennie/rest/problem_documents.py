"""The members of a problem document (RFC 9457). Free of the REST framework, for what stands below the edge too."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse

from pennie.rest.request_ids import current_request_id

CONTENT_TYPE = "application/problem+json"
COME_BACK_SECONDS = 2  # while the database is away: a restart takes seconds
UNAVAILABLE_TITLE = "PennieAI cannot answer at the moment"
UNAVAILABLE = (
    "The database is away or too busy, which passes. Whether the request was done is not known: send it again after "
    "Retry-After, a file with the same Idempotency-Key."
)


def make_problem(
    *, code: str, title: str, status: int, detail: str, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The members of a problem document."""
    return {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": current_request_id(),
        **(extra or {}),
    }


def answer_problem(
    *,
    code: str,
    title: str,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """A problem document for views that are not DRF's."""
    return JsonResponse(
        make_problem(code=code, title=title, status=status, detail=detail, extra=extra),
        status=status,
        content_type=CONTENT_TYPE,
        headers=dict(headers or {}),
    )
