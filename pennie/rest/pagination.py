"""Pages by cursor over UUIDv7 keys: newest first, stable while rows are added."""

from typing import Any

from django.core.exceptions import ValidationError as UnfitValue
from django.db.models import Field
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor
from rest_framework.pagination import CursorPagination as BaseCursorPagination
from rest_framework.request import Request

_CURE = "It belongs to no page of this list. Take `next` or `previous` as they were given, or begin without a cursor."


class CursorPagination(BaseCursorPagination):
    """`?cursor=` and `?page_size=`; answers `next`, `previous`, `results`.

    DRF's cursor holds a place in the first field of the ordering only, so that field must be unique: the key.
    """

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        self._model = queryset.model
        return super().paginate_queryset(queryset, request, view)

    def get_page_size(self, request: Request) -> int | None:
        """Raises ValidationError for what is no size. More than the most is the most."""
        said = request.query_params.get(self.page_size_query_param or "")
        if said is not None and not (said.isascii() and said.isdigit() and said.strip("0")):
            cure = f"Send a whole number from 1 to {self.max_page_size}, or leave it out for {self.page_size}."
            raise ValidationError({"page_size": [cure]}, code="page_size_unfit")
        return super().get_page_size(request)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Raises ValidationError for a cursor that was not given out: the database must not see it."""
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                field: Field[Any, Any] = self._model._meta.get_field(self.ordering[0].lstrip("-"))
                field.to_python(cursor.position)
        except (NotFound, UnfitValue) as error:
            raise ValidationError({"cursor": [_CURE]}, code="cursor_unfit") from error
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {
            "type": "string",
            "format": "uri",
            "nullable": True,
            "example": None,
        }  # `schema.name_pages` knows the list
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**address, "description": "The next page; null after the last."},
                "previous": {**address, "description": "The page before; null before the first."},
                "results": schema,
            },
        }
