"""What stands in front of web and stream in production: new connections go to whom it is told, open ones go on."""

import socket
import threading
from contextlib import suppress
from typing import Final

from pennie.stack.ports import LOOPBACK

_CHUNK: Final = 64 * 1024
_CONNECT_SECONDS: Final = 10.0


class Balancer:
    """`port` is the address that callers know; `backend` the one behind it that gets what is new."""

    def __init__(self, *, backend: int) -> None:
        self.backend = backend
        self._listener = socket.create_server((LOOPBACK, 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="balancer")
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._pass_on, args=(caller,), name="balanced", daemon=True).start()

    def _pass_on(self, caller: socket.socket) -> None:
        try:
            behind = socket.create_connection((LOOPBACK, self.backend), timeout=_CONNECT_SECONDS)
        except OSError:
            caller.close()
            return
        behind.settimeout(None)
        back = threading.Thread(target=_pump, args=(behind, caller), name="balanced", daemon=True)
        back.start()
        _pump(caller, behind)
        back.join()
        caller.close()
        behind.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while said := source.recv(_CHUNK):
            sink.sendall(said)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
