"""Idempotency-Key: a request that is sent again is done once and gets its first answer again.

After the IETF's draft-ietf-httpapi-idempotency-key-header. Kept in PostgreSQL, for each caller apart.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from django.core.files import File
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pennie.accounts.kept_answers import KEPT_FOR
from pennie.accounts.models import IdempotencyKey
from pennie.accounts.permissions import caller_of
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

STALE_AFTER: Final = timedelta(minutes=5)  # no request runs longer: its process died
_TRIES: Final = 2  # against another request with the key, which takes it and gives it back at the same moment
HEADER = "Idempotency-Key"
PARAMETER = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    description="Your own name for this request, 1 to 255 printable ASCII characters (a UUID does well). Sent again "
    "with it within 24 hours, the request is not done again: you get the first answer, with `Idempotent-Replayed: "
    "true`. 409 while the first is running, 422 where it was used for another request.",
)
_FIT = re.compile(r"[\x20-\x7e]{1,255}")
# Answers that ask for another try, which must then be one.
_PASSING = frozenset({408, 409, 425, 429})

_View = TypeVar("_View", bound=APIView)
_Rest = ParamSpec("_Rest")
_Method = Callable[Concatenate[_View, Request, _Rest], Response]


class KeyUnfit(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "idempotency_key_unfit",
            title="The Idempotency-Key is not possible",
            detail="Send 1 to 255 printable ASCII characters, for instance a UUID.",
            status=400,
        )


class KeyInFlight(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "idempotency_key_in_flight",
            title="This request is being worked on",
            detail="The first request with this Idempotency-Key has not been answered yet. Send it again in a moment.",
            status=409,
            headers={"Retry-After": "1"},
        )


class KeyReused(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "idempotency_key_reused",
            title="The Idempotency-Key belongs to another request",
            detail="It was used for another address or another body. Send a new key with a new request.",
            status=422,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """The right to do the request; lost where another took it over meanwhile."""

    row_id: Any
    since: datetime


def idempotent(method: "_Method[_View, _Rest]") -> "_Method[_View, _Rest]":
    """Let the method of a view honour Idempotency-Key; without the header nothing changes.

        class UploadsView(APIView):
            @extend_schema(parameters=[idempotency.PARAMETER], ...)
            @idempotent
            def post(self, request: Request) -> Response: ...

    1. The key and the body are read; what does not parse is refused and keeps nothing.
    2. The key is claimed, in a transaction of its own. One that is taken: the kept answer, KeyInFlight, or KeyReused.
    3. The method runs, with transactions of its own. Its answer is kept, refusals too, for 24 hours; not so what asks
       for another try (5xx, 408, 409, 425, 429), which gives the key back.

    A process that dies in 3 leaves its claim; after 5 minutes the next request takes it over and does the work, which
    may then have been done: an operation that must not happen twice has to see to it as well, as a submission does by
    its file's hash. Files are read once for their SHA-256, and wound back.
    """

    @wraps(method)
    def once(self: _View, request: Request, /, *args: _Rest.args, **kwargs: _Rest.kwargs) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return method(self, request, *args, **kwargs)
        if not _FIT.fullmatch(key):
            raise KeyUnfit
        claimed = claim_key(
            principal=caller_of(request), key=key, fingerprint=_take_fingerprint(request), now=timezone.now()
        )
        if isinstance(claimed, Response):
            return claimed
        try:
            response = method(self, request, *args, **kwargs)
        except Exception as error:
            response = self.handle_exception(error)
        settle_claim(claim=claimed, response=response)
        return response

    return once


def claim_key(*, principal: Principal, key: str, fingerprint: str, now: datetime) -> Claim | Response:
    """The claim, or the answer that is kept. Raises KeyInFlight and KeyReused."""
    row, created = _find_or_enter(principal=principal, key=key, fingerprint=fingerprint, now=now)
    if created:
        return Claim(row_id=row.pk, since=row.created_at)
    if row.created_at <= now - KEPT_FOR:
        return _take_over(row, fingerprint=fingerprint, now=now)
    if row.fingerprint != fingerprint:
        raise KeyReused
    if row.status is not None:
        return _replay(row)
    if row.created_at <= now - STALE_AFTER:
        return _take_over(row, fingerprint=fingerprint, now=now)
    raise KeyInFlight


def _find_or_enter(*, principal: Principal, key: str, fingerprint: str, now: datetime) -> tuple[IdempotencyKey, bool]:
    """The key's row, and whether it is new. Raises KeyInFlight."""
    named = {"clinic": principal.clinic, "actor": principal.actor, "key": key}
    for _ in range(_TRIES):
        with suppress(IntegrityError), transaction.atomic():
            return IdempotencyKey.objects.get_or_create(
                **named, defaults={"fingerprint": fingerprint, "created_at": now}
            )
        # Taken when it was to be entered, and given back before it could be read: it is free now, or soon.
    raise KeyInFlight


def settle_claim(*, claim: Claim, response: Response) -> None:
    """Keep the answer, or give the key back; nothing where the claim was taken over."""
    mine = IdempotencyKey.objects.filter(pk=claim.row_id, created_at=claim.since, status=None)
    if response.status_code >= 500 or response.status_code in _PASSING:
        mine.delete()
        return
    headers = {name: said for name, said in response.items() if name != "Content-Type"}  # decided when it is rendered
    if response.content_type:
        headers["Content-Type"] = response.content_type
    # As text: jsonb would sort the members.
    body = None if response.data is None else JSONRenderer().render(response.data).decode()
    mine.update(status=response.status_code, body=body, headers=headers)


def _take_over(row: IdempotencyKey, *, fingerprint: str, now: datetime) -> Claim:
    """Of several that try, one succeeds. Raises KeyInFlight for the others."""
    stale = IdempotencyKey.objects.filter(pk=row.pk, created_at=row.created_at)
    if not stale.update(fingerprint=fingerprint, status=None, body=None, headers={}, created_at=now):
        raise KeyInFlight
    return Claim(row_id=row.pk, since=now)


def _replay(row: IdempotencyKey) -> Response:
    headers = dict(row.headers)
    content_type = headers.pop("Content-Type", None)
    body = None if row.body is None else json.loads(row.body)
    replayed = {**headers, "Idempotent-Replayed": "true"}
    return Response(body, status=row.status, headers=replayed, content_type=content_type)


def _take_fingerprint(request: Request) -> str:
    """SHA-256 of method, address and payload."""
    said = {
        "method": request.method,
        "path": request.path,
        "query": sorted(request.query_params.lists()),
        "fields": _list_fields(request.data),
        "files": [
            [name, file.name, _hash_file(file)] for name, files in sorted(request.FILES.lists()) for file in files
        ],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _list_fields(data: Any) -> Any:
    if not isinstance(data, QueryDict):
        return data
    lists: Mapping[str, list[Any]] = dict(data.lists())
    return {name: [each for each in said if not isinstance(each, File)] for name, said in lists.items()}


def _hash_file(file: "File[bytes]") -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
