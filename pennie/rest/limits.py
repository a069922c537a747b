"""Bounds of what is read of a request."""

from django.conf import settings
from rest_framework.exceptions import APIException


class BodyTooLarge(APIException):
    """A request's body, its files left out, is larger than is read here."""

    status_code = 413
    default_code = "body_too_large"

    def __init__(self) -> None:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        super().__init__(f"Without its files a body has at most {most} bytes here. Send less at once.")
