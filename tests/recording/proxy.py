"""A proxy that is reached as a base URL, forwards each request and keeps the exchange, scrubbed, as one JSON file."""

import http.client
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jobs.llm.recorded import Recording
from tests.fake_openai.listening import LOOPBACK, Handler, Listener
from tests.recording.scrubbing import Scrubber

TIMEOUT_SECONDS = 300.0
MAX_RECORDINGS = 1_000  # of one run: more is a mistake
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "host",
    "accept-encoding",
    "date",
    "server",
}


class RecordingProxy:
    """The state of one proxy."""

    def __init__(self, *, upstream: str, folder: Path, synthetic: bool, scrubber: Scrubber) -> None:
        self._upstream = urlsplit(upstream)
        self._folder = folder
        self._synthetic = synthetic
        self._scrubber = scrubber
        self._lock = threading.Lock()
        self._statuses: dict[str, int] = {}
        self.failures: list[BaseException] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._listener = Listener(handler=_ProxyHandler, owner=self)

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self._listener.port}/v1"

    @property
    def recorded(self) -> int:
        """How many recordings there are."""
        return len(self._statuses)

    def close(self) -> None:
        self._listener.close()

    def forward(
        self, *, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body that the upstream answers. `path` begins with /v1, whatever the upstream's does."""
        target = self._upstream.path.rstrip("/") + path.removeprefix("/v1")
        connection = self._connect()
        try:
            kept = {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
            connection.request(method, target, body=body or None, headers={**kept, "accept-encoding": "identity"})
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        return (
            answer.status,
            {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP},
            raw,
        )

    def _connect(self) -> http.client.HTTPConnection:
        host = self._upstream.hostname or ""
        if self._upstream.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, self._upstream.port, timeout=TIMEOUT_SECONDS, context=context)
        return http.client.HTTPConnection(host, self._upstream.port, timeout=TIMEOUT_SECONDS)

    def keep(
        self, *, method: str, path: str, body: bytes, status: int, headers: Mapping[str, str], answer: bytes
    ) -> None:
        """Write the exchange. Of several with the same request the last success is kept, else the last failure."""
        recording = self._scrubber.scrub_exchange(
            method=method,
            path=path,
            request=_decode(body),
            status=status,
            headers=headers,
            response=_decode(answer),
            synthetic=self._synthetic,
        )
        with self._lock:
            if self._statuses.get(recording.key) == 200 != status or len(self._statuses) >= MAX_RECORDINGS:
                return
            self._statuses[recording.key] = status
            write_recording(recording=recording, folder=self._folder)


def write_recording(*, recording: Recording, folder: Path) -> None:
    """Write `recording` under a name that its request decides."""
    name = recording.path.removeprefix("/v1/").replace("/", "-")
    text = json.dumps(asdict(recording), indent=1, ensure_ascii=False, sort_keys=True)
    (folder / f"{name}-{recording.key[:16]}.json").write_text(f"{text}\n", encoding="utf-8")


def _decode(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", errors="replace")


@contextmanager
def recording_proxy(
    *, upstream: str, folder: Path, synthetic: bool, scrubber: Scrubber | None = None
) -> Iterator[RecordingProxy]:
    """A proxy before `upstream` (a base URL that ends in /v1 or the like) that records into `folder`."""
    proxy = RecordingProxy(upstream=upstream, folder=folder, synthetic=synthetic, scrubber=scrubber or Scrubber())
    try:
        yield proxy
    finally:
        proxy.close()
    if proxy.failures:
        raise proxy.failures[0]


class _ProxyHandler(Handler):
    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def _pass(self) -> None:
        proxy: RecordingProxy = self.server.owner
        body = self.read_body()
        try:
            status, headers, answer = proxy.forward(
                method=self.command, path=self.path, headers=dict(self.headers.items()), body=body
            )
        except (OSError, http.client.HTTPException):
            self.drop(by_reset=True)  # there is no answer to pass on, and none to record
            return
        proxy.keep(method=self.command, path=self.path, body=body, status=status, headers=headers, answer=answer)
        self.write(status=status, body=answer, headers=headers)
