"""An integrator's server that webhooks are sent to: it checks each signature and notes what came, as it came."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from pennie.stack.ports import LOOPBACK

_MOST_BYTES: Final = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """One request that came, with a signature that is right."""

    path: str  # which of the endpoints it was sent to
    webhook_id: str
    event: str
    about: str  # the job's or the batch's id
    at: float  # Unix time


class Receiver:
    """Secrets by path are told once the endpoints are made; whatever does not fit them is refused and counted."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.refused = 0
        self._receipts: list[Receipt] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((LOOPBACK, 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_port}"

    @property
    def receipts(self) -> Sequence[Receipt]:
        with self._lock:
            return list(self._receipts)

    def take(self, *, path: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the signature is that of whoever knows the secret."""
        try:
            said: dict[str, Any] = Webhook(self.secrets.get(path, "")).verify(body, dict(headers))
        except (WebhookVerificationError, ValueError, RuntimeError):
            self.refused += 1
            return False
        data = said["data"]
        receipt = Receipt(
            path=path,
            webhook_id=headers["webhook-id"],
            event=said["type"],
            about=str(data.get("batch") or data.get("job")),
            at=time.time(),
        )
        with self._lock:
            self._receipts.append(receipt)
        return True

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(_MOST_BYTES, int(self.headers.get("Content-Length", 0))))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(204 if receiver.take(path=self.path, headers=headers, body=body) else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()


def check_receipts(receipts: Sequence[Receipt], *, due: Mapping[str, str]) -> Iterator[str]:
    """Each of `due` (its event, by the id of what it is about) came at least once, always under one `webhook-id`."""
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for receipt in receipts:
        ids[receipt.about, receipt.event].add(receipt.webhook_id)
    if missing := [about for about, event in due.items() if not ids.get((about, event))]:
        yield f"{len(missing)} of {len(due)} webhooks never came, as of {missing[0]}"
    if several := [about for about, found in ids.items() if len(found) > 1]:
        yield f"{len(several)} events came under more than one webhook-id, as {several[0]}"
    if undue := [key for key in ids if due.get(key[0]) != key[1]]:
        yield f"{len(undue)} webhooks came that were not due, as {undue[0]}"
