"""The API as an integrator's program calls it: with a key, over plain HTTP."""

import http.client
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from pennie.stack.ports import LOOPBACK

_TIMEOUT_SECONDS: Final = 60.0


class ApiProblem(Exception):
    """The API's refusal, with its own words (RFC 9457)."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: Any


@dataclass(frozen=True, kw_only=True)
class ApiClient:
    port: int  # on loopback
    key: str

    def get(self, path: str, **query: str) -> Any:
        """Raises ApiProblem; OSError if nobody answers."""
        return self._call("GET", path + (f"?{urlencode(query)}" if query else "")).body

    def list_all(self, path: str, **query: str) -> Iterator[Any]:
        """Every row of a list, page by page."""
        page = self.get(path, **query)
        yield from page["results"]
        while page["next"]:
            link = urlsplit(page["next"])
            page = self.get(f"{link.path}?{link.query}")
            yield from page["results"]

    def send_file(self, path: str, *, file: Path, fields: Mapping[str, str]) -> Answer:
        """As multipart/form-data, with an Idempotency-Key of its own. Raises ApiProblem; OSError if nobody answers."""
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = b"".join((*parts, head.encode(), file.read_bytes(), f"\r\n--{boundary}--\r\n".encode()))
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        return self._call("POST", path, body=body, headers=headers)

    def _call(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=_TIMEOUT_SECONDS)
        with closing(connection):
            connection.request(method, path, body, {**(headers or {}), "Authorization": f"Bearer {self.key}"})
            reply = connection.getresponse()
            content = reply.read()
        try:
            said = json.loads(content)
        except ValueError:
            said = {}
        if reply.status >= 400:
            told = (said.get("title"), said.get("detail")) if isinstance(said, dict) else ()
            raise ApiProblem(f"{method} {path}: {reply.status}. " + " ".join(str(each) for each in told if each))
        return Answer(
            status=reply.status, headers={name.lower(): value for name, value in reply.getheaders()}, body=said
        )
