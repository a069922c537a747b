"""Why something was not done, in the members of a problem document (RFC 9457). No word of a file, no name, no key."""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """Something asked for is not done. `code` is stable; `detail` says what is wrong and what to do about it.

    `extra` are further members of the problem document; `headers` go on the HTTP answer.
    """

    def __init__(
        self,
        code: str,
        *,
        title: str,
        detail: str,
        status: int,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.title = title
        self.detail = detail
        self.status = status  # HTTP status that an API answers with
        self.extra: Mapping[str, Any] = extra or {}
        self.headers: Mapping[str, str] = headers or {}

    def to_dict(self) -> dict[str, str | int]:
        """`code`, `title`, `detail`, `status`: the members of a problem document that a reader fills."""
        return {"code": self.code, "title": self.title, "detail": self.detail, "status": self.status}


class Missing(LookupError):
    """There is no such object, or it is another clinic's: nobody is told which. Answered as 404."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}.")
        self.what = what
