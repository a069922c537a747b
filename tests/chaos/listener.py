"""A browser that follows one job by server-sent events; cut off, it comes back with its `Last-Event-ID`."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from pennie.stack.ports import LOOPBACK

_TIMEOUT_SECONDS: Final = 30.0  # of silence: a ping comes every 15
_RETRY_SECONDS: Final = 0.5


class Listener:
    """`steps` are the versions that it was told of, in order; `statuses` what it was answered each time it came."""

    def __init__(self, *, port: int, key: str, job: str, seconds: float) -> None:
        self.job = job
        self.steps: list[int] = []
        self.statuses: list[int] = []
        self.has_ended = False
        self._port, self._key = port, key
        self._seen = "0"  # from the first step on
        self._deadline = time.monotonic() + seconds
        self._thread = threading.Thread(target=self._listen, name="listener")
        self._thread.start()

    def wait(self) -> None:
        self._thread.join()

    def _listen(self) -> None:
        while not self.has_ended and time.monotonic() < self._deadline:
            try:
                self._hear()
            except (OSError, http.client.HTTPException):
                self.statuses.append(0)
            if not self.has_ended:
                time.sleep(_RETRY_SECONDS)

    def _hear(self) -> None:
        headers = {"Authorization": f"Bearer {self._key}", "Last-Event-ID": self._seen}
        with closing(http.client.HTTPConnection(LOOPBACK, self._port, timeout=_TIMEOUT_SECONDS)) as connection:
            connection.request("GET", f"/api/v1/jobs/{self.job}/stream/", headers=headers)
            answer = connection.getresponse()
            self.statuses.append(answer.status)
            if answer.status == 204:
                self.has_ended = True
                return
            if answer.status != 200:
                answer.read()
                return
            kind = mark = data = ""
            for raw in answer:
                line = raw.decode().rstrip("\n")
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "id":
                    mark = value
                elif name == "data":
                    data = value
                elif not line and kind:
                    self._take(kind, data)
                    self._seen, kind = mark, ""  # only of what came whole
                if self.has_ended:
                    return

    def _take(self, kind: str, data: str) -> None:
        if kind == "step":
            self.steps.append(int(json.loads(data)["version"]))
        elif kind == "end":
            self.has_ended = True


def check_steps(listener: Listener) -> Iterator[str]:
    """Each change of the job's state was told once, in order, and then the end."""
    if not listener.has_ended:
        yield f"the stream of job {listener.job} was never ended"
    elif listener.steps != list(range(1, len(listener.steps) + 1)) or not listener.steps:
        yield f"the stream of job {listener.job} told steps {listener.steps}"
