"""A parameter that an address does not know is refused: left unsaid, a misspelt filter gives every row.

What an operation knows is what the OpenAPI document says of it, filters and pages included, and the choice of the form
of the answer (`format`). Addresses that the document does not have are not looked at.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.generators import SchemaGenerator
from rest_framework.settings import api_settings

from pennie.rest.problem_documents import answer_problem

_PLACE = re.compile(r"<[^>]*>|\{[^}]*\}")  # of a part that varies, in a route and in the document
_MOST_NAMED = 5  # unknown parameters
_LONGEST_NAMED = 60  # characters


class QueryParametersMiddleware:
    """Answers 400 `unknown_parameter` in place of the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], arguments: Any, named: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if not request.GET or match is None:
            return None
        method = "get" if request.method == "HEAD" else (request.method or "").lower()
        allowed = _list_allowed().get((_shape(f"/{match.route}"), method))
        unknown = sorted(request.GET.keys() - allowed) if allowed is not None else []
        if not unknown:
            return None
        return _refuse(unknown, allowed=sorted(allowed or ()))


def _refuse(unknown: list[str], *, allowed: list[str]) -> HttpResponseBase:
    names = ", ".join(f"`{name[:_LONGEST_NAMED]}`" for name in unknown[:_MOST_NAMED])
    more = f" and {len(unknown) - _MOST_NAMED:,} more" if len(unknown) > _MOST_NAMED else ""
    said = f"{names}{more} is no parameter" if len(unknown) == 1 else f"{names}{more} are no parameters"
    return answer_problem(
        code="unknown_parameter",
        title="There is no such parameter here",
        status=400,
        detail=f"{said} of this address. Correct it or leave it out; there are: {', '.join(allowed)}.",
        extra={"allowed": allowed},
    )


@cache
def _list_allowed() -> Mapping[tuple[str, str], frozenset[str]]:
    """The parameters of each operation, by the shape of its address and its method in small letters."""
    paths: dict[str, dict[str, Any]] = SchemaGenerator().get_schema(public=True)["paths"]  # type: ignore[no-untyped-call]
    return {
        (_shape(path), method): _read_names(operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def _read_names(operation: Mapping[str, Any]) -> frozenset[str]:
    told = (each["name"] for each in operation.get("parameters", ()) if each["in"] == "query")
    choice = api_settings.URL_FORMAT_OVERRIDE
    return frozenset((*told, *((choice,) if choice else ())))


def _shape(address: str) -> str:
    return _PLACE.sub("{}", address)
