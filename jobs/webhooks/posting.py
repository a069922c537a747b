"""One POST to a stranger's server: to an address that was checked, in bounded time, following nothing."""

import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from urllib3 import connection, exceptions

from jobs.domain.webhooks import PORTS, Failure
from pennie.lib.public_addresses import (
    Address,
    ForbiddenAddress,
    LookUp,
    Network,
    NoAddress,
    find_address,
    is_within,
    look_up,
)

MOST_OF_ANSWER = 1_000  # bytes that are kept: enough to see what the server minded
_TIMED_OUT = (exceptions.TimeoutError, TimeoutError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    beginning: str  # of the body


class PostFailed(Exception):
    """No answer: `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


def post(
    *,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    seconds: float,
    trusted: Sequence[Network] = (),
    resolve: LookUp = look_up,
) -> Answer:
    """Send `body`, and read the beginning of what comes back, all within `seconds` once the name is looked up.

    The name is looked up once, and the connection made to that address. `trusted` networks may be named though they are
    not public, and spoken to without TLS. Raises PostFailed.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    address = _find(host, port, trusted=trusted, resolve=resolve)
    if parts.scheme == "http" and not is_within(address, trusted):
        raise PostFailed("refused_address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    said = {**headers, "Host": parts.netloc.rpartition("@")[2]}
    with _Deadline(seconds=seconds) as deadline:
        http = _connect(parts.scheme, host=host, port=port, address=address, deadline=deadline)
        try:
            http.request("POST", target, body=body, headers=said, preload_content=False, decode_content=False)
            response = http.getresponse()
            beginning = _read_beginning(response)
            if deadline.has_passed:  # what was cut off may still look whole
                raise TimeoutError
        except Exception as error:  # of the socket, TLS, HTTP, or because the deadline closed the connection
            raise PostFailed("timed_out" if deadline.has_passed else _name(error)) from None
        finally:
            http.close()
    return Answer(status=response.status, beginning=beginning)


def _find(host: str, port: int, *, trusted: Sequence[Network], resolve: LookUp) -> Address:
    try:
        return find_address(host, port, trusted=trusted, resolve=resolve)
    except ForbiddenAddress:
        raise PostFailed("refused_address") from None
    except NoAddress:
        raise PostFailed("unknown_host") from None


def _connect(scheme: str, *, host: str, port: int, address: Address, deadline: "_Deadline") -> Any:
    given: dict[str, Any] = {"host": str(address), "port": port, "timeout": deadline.seconds}
    if scheme == "http":
        return _Plain(deadline=deadline, **given)
    # The certificate is the name's, whatever address it has.
    return _Encrypted(deadline=deadline, server_hostname=host, ssl_context=_tls(), **given)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _read_beginning(response: Any) -> str:
    read = b""
    while len(read) < MOST_OF_ANSWER and (more := response.read(MOST_OF_ANSWER - len(read))):
        read += more
    return read.decode("utf-8", "replace").replace("\0", "\ufffd")


def _name(error: Exception) -> Failure:
    if isinstance(error, exceptions.NewConnectionError):  # first: to urllib3 it is a timeout, too
        return "unreachable"
    if isinstance(error, _TIMED_OUT):
        return "timed_out"
    if isinstance(error, (exceptions.SSLError, ssl.SSLError, ssl.CertificateError)):
        return "tls"
    return "broken_answer"


class _Deadline:
    """Ends a connection when its time is over: a timeout of the socket counts from each byte anew, and who sends one a
    second would hold us for hours."""

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._line: socket.socket | None = None

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._line is not None:
            self._line.close()

    @property
    def has_passed(self) -> bool:
        return time.monotonic() >= self._until

    def watch(self, sock: socket.socket) -> None:
        """Raises TimeoutError where it has passed already."""
        self._line = sock.dup()  # TLS takes the socket itself; to end one of the two ends the connection
        if self.has_passed:
            raise TimeoutError

    def _end(self) -> None:
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)


class _Watched:
    """A connection that its deadline knows from its first moment on."""

    def __init__(self, *, deadline: _Deadline, **given: Any) -> None:
        super().__init__(**given)
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]  # of urllib3's connection, which stands behind
        self._deadline.watch(sock)
        return sock


class _Plain(_Watched, connection.HTTPConnection):
    pass


class _Encrypted(_Watched, connection.HTTPSConnection):
    pass
