"""Pages by cursor over UUIDv7 keys: newest first, stable while rows are added."""

from rest_framework.pagination import CursorPagination as BaseCursorPagination


class CursorPagination(BaseCursorPagination):
    """`?cursor=` and `?page_size=`; answers `next`, `previous`, `results`.

    DRF's cursor holds a place in the first field of the ordering only, so that field must be unique: the key.
    """

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
