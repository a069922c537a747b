"""The API as the stack serves it, and callers of it."""

import json
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from pennie.stack.ports import LOOPBACK, find_free_port
from tests.chaos.rig import Rig, wait_for


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    body: Any  # of JSON


class Caller:
    """One connection, kept open. Not for two threads at once."""

    def __init__(self, *, port: int, key: str) -> None:
        self._connection = HTTPConnection(LOOPBACK, port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str) -> Answer:
        self._connection.request("GET", path, headers=self._headers)
        return self._read()

    def send_file(self, path: Path) -> Answer:
        boundary = secrets.token_hex(16)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
            "Content-Type: text/plain\r\n\r\n"
        )
        body = head.encode() + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        headers = {**self._headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        self._connection.request("POST", "/api/v1/uploads/", body=body, headers=headers)
        return self._read()

    def _read(self) -> Answer:
        answer = self._connection.getresponse()
        return Answer(status=answer.status, body=json.loads(answer.read()))

    def close(self) -> None:
        self._connection.close()


@contextmanager
def serving(rig: Rig, **settings: object) -> Iterator[int]:
    """Gunicorn as the stack runs it; gives its port."""
    port = find_free_port()
    web = rig.start(
        *("-m", "gunicorn", "pennie.wsgi:application", "--bind", f"{LOOPBACK}:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "16", "--no-control-socket"),
        name=rig.name("web"),
        **settings,
    )
    try:
        wait_for("the API", lambda: _answers(port), logs=[web])
        yield port
    finally:
        web.stop(stages=((signal.SIGTERM, 5.0),))


def _answers(port: int) -> bool:
    connection = HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        connection.request("GET", "/docs/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
