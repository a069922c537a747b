"""What the embedded PostgreSQL and Redis have in common: a folder, a port, a start that waits, a stop that is sure."""

import fcntl
import json
import os
import secrets
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final, Self

from pennie.lib.private_files import write_private
from pennie.stack.ports import find_free_port, is_free
from pennie.stack.processes import Child, Mark, end_stale, wait_until

_START_SECONDS: Final = 60.0  # replay of a long log after a crash included
_POLL: Final = 0.02


class ServiceFailed(Exception):
    """Says which service, and what it wrote last."""


class EmbeddedService(ABC):
    """One server with its data under `folder`, which nobody else uses meanwhile.

    A start clears up after a run that was killed. `start` after `stop` or `kill` takes the same port. Start it from a
    thread that lasts as long as it shall (see `start_child`).
    """

    name: str
    stop_stages: Sequence[tuple[signal.Signals, float]]

    def __init__(self, *, folder: Path, durable: bool, log: Path | None = None) -> None:
        """`durable`: what is committed outlives a crash of the machine; else it is fast, for tests."""
        self.folder = folder.absolute()
        self.durable = durable
        self.log = log or self.folder / f"{self.name}.log"
        self.port: int | None = None
        self._child: Child | None = None
        self._lock: int | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Its address with user and password, once it has started."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make what must be there before the first start."""

    @abstractmethod
    def _launch(self, *, port: int) -> Child: ...

    @abstractmethod
    def _is_ready(self, child: Child, *, port: int) -> bool: ...

    @property
    def child(self) -> Child | None:
        return self._child

    @property
    def runs(self) -> bool:
        return self._child is not None and self._child.runs

    def reserve(self) -> str:
        """Its address before it is started. If another takes the port meanwhile, the start fails."""
        self._make_folder()
        self.port = self.port or find_free_port()
        return self.url

    def start(self) -> None:
        """Return when it takes work.

        Raises:
            ServiceFailed: it does not start; or the folder is in use by a process that lives.
        """
        if self.runs:
            return
        self._make_folder()
        self._take_folder()
        try:
            self._end_stale()
            self._prepare()
            self._start_on_some_port()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """As it is meant to be: what is under way is written."""
        if self._child is not None:
            self._child.stop(stages=self.stop_stages)
        self._leave_folder()

    def kill(self) -> None:
        """As a crash would."""
        if self._child is not None:
            self._child.kill()
        self._leave_folder()

    def _start_on_some_port(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            port = self.port or find_free_port()
            child = self._child = self._launch(port=port)
            self._mark_file.write_text(json.dumps(asdict(child.mark)))
            wait_until(
                lambda: not child.runs or self._is_ready(child, port=port),  # noqa: B023  # called within this turn
                seconds=deadline - time.monotonic(),
            )
            if child.runs and self._is_ready(child, port=port):
                self.port = port
                return
            last = child.read_last_lines()
            child.kill()
            # Taken by another between the look and the use, or held a moment longer by what was just stopped.
            worth_another_try = not is_free(port=port) or self._was_still_in_use(last)
            if not worth_another_try or time.monotonic() > deadline:
                raise ServiceFailed(f"{self.name} does not start. It wrote last, in {self.log}:\n{last}")
            time.sleep(_POLL * 5)

    def _was_still_in_use(self, last_lines: str) -> bool:
        """Whether it failed only because the remains of a former process were not gone yet."""
        return False

    def _end_stale(self) -> None:
        """The folder is ours: what still runs on it was left by a run that was killed."""
        try:
            mark = Mark(**json.loads(self._mark_file.read_text()))
        except (OSError, ValueError, TypeError):
            return
        end_stale(mark, first=self.stop_stages[0][0], grace_seconds=self.stop_stages[0][1])

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def _take_folder(self) -> None:
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go when we end
        except BlockingIOError:
            self._leave_folder()
            raise ServiceFailed(f"{self.name} does not start: another process uses {self.folder}.") from None

    def _leave_folder(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def _mark_file(self) -> Path:
        return self.folder / "process.json"

    @contextmanager
    def running(self) -> Iterator[Self]:
        self.start()
        try:
            yield self
        finally:
            self.stop()


def keep_password(*, path: Path) -> str:
    """The password in `path`, which only its owner reads; made up at the first time."""
    if not path.exists():
        write_private(path=path, text=secrets.token_urlsafe(24))
    return path.read_text()
