"""Loopback ports that nobody holds."""

import http.client
import random
import socket
from contextlib import closing

LOOPBACK = "127.0.0.1"
# Below what the kernel gives to outgoing connections (Linux from 32768, macOS from 49152 on), which else might take a
# port between the look and the use.
_FIRST, _LAST = 20_000, 30_000


class NoFreePort(Exception):
    pass


def find_free_port(*, preferred: int | None = None) -> int:
    """`preferred` if it is free, else any. Another may take it before it is used: look again then.

    Raises:
        NoFreePort: a hundred were tried.
    """
    tried = [] if preferred is None else [preferred]
    tried += random.sample(range(_FIRST, _LAST), 100)
    for port in tried:
        if is_free(port=port):
            return port
    raise NoFreePort(f"No free port between {_FIRST} and {_LAST} on {LOOPBACK}.")


def is_free(*, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed connection blocks nobody
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def accepts(*, port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def answers(*, port: int, path: str) -> bool:
    """Whether an HTTP server there gives an answer that is no failure of its own."""
    with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=10)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
