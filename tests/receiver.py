"""A server on loopback that receives webhooks as told: well, badly, slowly, or never."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

LONGEST = 20.0  # seconds that a bad one holds on

Behaviour = Callable[[socket.socket, threading.Event], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass(kw_only=True)
class Receiver:
    """What came, and where it listens. `behaves` may be changed at any time."""

    port: int
    behaves: Behaviour
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


def answering(status: int, *, headers: str = "", body: str = "") -> Behaviour:
    answer = f"HTTP/1.1 {status} So\r\nContent-Length: {len(body.encode())}\r\n{headers}\r\n{body}".encode()
    return lambda sock, ended: sock.sendall(answer)


def hanging(sock: socket.socket, ended: threading.Event) -> None:
    ended.wait(LONGEST)


def dripping(beginning: bytes) -> Behaviour:
    """A byte at a time from `beginning` on, for ever."""

    def drip(sock: socket.socket, ended: threading.Event) -> None:
        sock.sendall(beginning)
        until = time.monotonic() + LONGEST
        while not ended.wait(0.02) and time.monotonic() < until:
            sock.sendall(b"x")

    return drip


def raw(answer: bytes) -> Behaviour:
    return lambda sock, ended: sock.sendall(answer)


@contextmanager
def receiving(behaves: Behaviour, *, reads: bool = True) -> Iterator[Receiver]:
    """`reads`: whether it reads a request before it behaves; without, nothing is `received`."""
    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()
    receiver = Receiver(port=listening.getsockname()[1], behaves=behaves)

    def serve(sock: socket.socket) -> None:
        with suppress(OSError), sock:
            if reads:
                if (received := read_request(sock)) is None:
                    return
                receiver.received.append(received)
            receiver.behaves(sock, ended)

    def listen() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listening.accept()
                threading.Thread(target=serve, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        ended.set()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def read_request(sock: socket.socket) -> Received | None:
    """All of it; None where nothing came."""
    sock.settimeout(LONGEST)
    said = b""
    while b"\r\n\r\n" not in said:
        more = sock.recv(65536)
        if not more:
            return None
        said += more
    head, _, body = said.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += sock.recv(65536)
    return Received(path=first.split(" ")[1], headers=headers, body=body)
