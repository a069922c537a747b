"""Bounds of what is read of a request."""

from typing import Any, Final

from django.conf import settings
from rest_framework.exceptions import APIException

MOST_DEPTH: Final = 32  # of JSON: whoever writes it again does so by recursion, at whatever depth they are called


def is_too_deep(said: Any) -> bool:
    """Whether arrays and objects of JSON lie within each other more than MOST_DEPTH deep."""
    level = [said]
    for _ in range(MOST_DEPTH + 1):
        groups = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = [each for group in groups for each in group]
        if not groups:
            return False
    return True


class BodyTooLarge(APIException):
    """A request's body, its files left out, is larger than is read here."""

    status_code = 413
    default_code = "body_too_large"

    def __init__(self) -> None:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        super().__init__(f"Without its files a body has at most {most} bytes here. Send less at once.")
