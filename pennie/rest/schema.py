"""What the OpenAPI document says of every operation alike."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from drf_spectacular.openapi import AutoSchema as BaseAutoSchema

_Endpoint = tuple[str, str, str, Any]  # path, pattern, method, view
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
_TEXT = {"type": "string"}
_SOME_ID: Final = "01983a5e-7b1c-7000-8000-000000000001"
_PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "What went wrong and what to do about it (RFC 9457). Programs go by `code`; it is stable. "
    "Some codes bring further members, told at the operation.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {**_TEXT, "format": "uri-reference", "description": "`/problems/` and the code."},
        "title": {**_TEXT, "description": "The same for every problem of this code."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {**_TEXT, "description": "What is wrong here, and the cure."},
        "code": _TEXT,
        "request_id": {**_TEXT, "description": "Name it when you report the problem."},
        "errors": {
            "type": "array",
            "description": "Of code `invalid`: each member that does not validate.",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {**_TEXT, "description": "JSON pointer (RFC 6901) to it; empty for the whole body."},
                    "code": _TEXT,
                    "detail": _TEXT,
                },
            },
        },
    },
    "additionalProperties": True,
    "example": {
        "type": "/problems/not_found",
        "title": "There is no such object",
        "status": 404,
        "detail": "There is no such upload.",
        "code": "not_found",
        "request_id": "01983a5e-7b1c-7000-8000-0000000000aa",
    },
}


class AutoSchema(BaseAutoSchema):
    """Adds the problem document to every operation's answers."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if direction == "response":
            bodies["default"] = {
                "description": "A problem document (RFC 9457).",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        return bodies


def order_methods(endpoints: list[_Endpoint], **told: Any) -> list[_Endpoint]:
    """The paths in their order, the methods of each in one that is the same in every run; a preprocessing hook of
    drf-spectacular, which takes those of a view set as they come out of a set.
    """
    paths = {path: place for place, (path, *_) in reversed(list(enumerate(endpoints)))}
    return sorted(endpoints, key=lambda endpoint: (paths[endpoint[0]], _METHODS.index(endpoint[2])))


def describe_problems(result: dict[str, Any], **told: Any) -> dict[str, Any]:
    """Adds the schema of the problem document; a postprocessing hook of drf-spectacular."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM
    return result


def name_pages(result: dict[str, Any], **told: Any) -> dict[str, Any]:
    """Gives each example of a list its own list's address as the next page; a postprocessing hook of drf-spectacular,
    which takes one of DRF's own documentation for all.
    """
    for path, operations in result["paths"].items():
        address = f"https://pennie.example{re.sub('{.*?}', _SOME_ID, path)}?cursor=cD0wMTk4M2E1ZQ%3D%3D"
        contents = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        for example in contents.get("application/json", {}).get("examples", {}).values():
            if isinstance(example["value"], dict) and {"next", "results"} <= example["value"].keys():
                example["value"] |= {"next": address, "previous": None}
    return result
