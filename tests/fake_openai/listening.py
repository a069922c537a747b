"""A small threaded HTTP/1.1 server on loopback that leaves no thread and no socket behind."""

import select
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any

LOOPBACK = "127.0.0.1"
IDLE_SECONDS = 300  # a connection that says nothing for so long is closed


class Listener(ThreadingMixIn, HTTPServer):
    """Serves each connection in a thread of its own, for `owner`; `close` ends them all and waits for them."""

    daemon_threads = False  # so that closing waits for the threads
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, *, handler: type["Handler"], owner: Any, port: int = 0) -> None:
        self.owner = owner
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._resets: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((LOOPBACK, port), handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="listener")
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def close(self) -> None:
        """Stop listening, drop every connection, wait for every thread."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._connections:
                # An idle connection waits in a read that only this ends.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def reset(self, connection: socket.socket) -> None:
        """Let `connection` end by RST when its thread lets go of it."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._resets.add(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        if request in self._resets:
            self._resets.discard(request)
            request.close()  # without the FIN that a shutdown would send first
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of the server; anything else is kept for `owner` to raise."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            self.owner.failures.append(error)


class Handler(BaseHTTPRequestHandler):
    """Reads and writes whole messages; the subclasses say what."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    server: Listener

    def read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def write(self, *, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Send one whole answer."""
        self.send_response_only(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def drop(self, *, by_reset: bool) -> None:
        """End the connection without an answer."""
        self.close_connection = True
        if by_reset:
            self.server.reset(self.connection)

    def wait_until_gone(self, *, at_most: float) -> None:
        """Return when the client has hung up, the server stops, or `at_most` seconds are over."""
        waited = 0.0
        while waited < at_most and not self.server.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable:
                return
            waited += 0.05

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the log of calls is the record."""


@contextmanager
def unreachable_address() -> Iterator[str]:
    """A base URL where every connection is refused, for as long as the context lasts."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))  # bound and not listening: nobody else gets the port
        yield f"http://{LOOPBACK}:{held.getsockname()[1]}/v1"
