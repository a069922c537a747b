"""Filters that several lists share."""

from typing import Any

import django_filters


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]  # it is not typed
    """A moment in ISO 8601; another value is refused with an example of one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        cure = "This is no moment in ISO 8601. Send one such as 2026-03-31T08:00:00Z."
        super().__init__(*args, error_messages={"invalid": cure}, **options)
