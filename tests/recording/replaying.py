"""A server that plays recordings back, so that the real SDK meets a provider's real answers in tests."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jobs.llm.recorded import CURE, read_recordings, recording_key, restore
from tests.fake_openai.listening import LOOPBACK, Handler, Listener


class ReplayingServer:
    """The state of one server. `missed` names the paths that were asked for and not recorded."""

    def __init__(self, *, folder: Path, names: Sequence[str] = ()) -> None:
        self._recordings = read_recordings(folder=folder)
        self._names = tuple(names)
        self.missed: list[str] = []
        self.failures: list[BaseException] = []
        self._listener = Listener(handler=_ReplayHandler, owner=self)

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self._listener.port}/v1"

    def close(self) -> None:
        self._listener.close()

    def replay(self, *, method: str, path: str, body: Any) -> tuple[int, dict[str, str], Any]:
        """Status, headers and decoded body as recorded; 400 with the cure where nothing was."""
        recording = self._recordings.get(recording_key(method=method, path=path, body=body, names=self._names))
        if recording is None:
            self.missed.append(path)
            message = f"this request was not recorded: {CURE}"
            error = {"message": message, "type": "invalid_request_error", "param": None, "code": "not_recorded"}
            return 400, {"content-type": "application/json"}, {"error": error}
        answer = restore(recording=recording, body=body, names=self._names)
        return recording.status, dict(recording.headers), answer


@contextmanager
def replaying_server(*, folder: Path, names: Sequence[str] = ()) -> Iterator[ReplayingServer]:
    """A server on a free port of loopback that answers from the recordings of `folder`."""
    server = ReplayingServer(folder=folder, names=names)
    try:
        yield server
    finally:
        server.close()
    if server.failures:
        raise server.failures[0]


class _ReplayHandler(Handler):
    def do_GET(self) -> None:
        self._replay()

    def do_POST(self) -> None:
        self._replay()

    def _replay(self) -> None:
        server: ReplayingServer = self.server.owner
        raw = self.read_body()
        status, headers, answer = server.replay(
            method=self.command, path=self.path, body=json.loads(raw) if raw else None
        )
        body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.write(status=status, body=body, headers={**headers, "x-request-id": "req_replayed"})
