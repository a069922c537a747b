"""Starts everything in order, watches it, and ends it: what `make demo` and `make run` do."""

import fcntl
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pennie.stack.announcement import SERVICES, Announcement, read_announcement
from pennie.stack.ports import accepts, answers
from pennie.stack.postgres import EmbeddedPostgres
from pennie.stack.processes import Child, Mark, end_stale, start_child, wait_until
from pennie.stack.programs import ROOT, Program
from pennie.stack.redis import EmbeddedRedis
from pennie.stack.service import EmbeddedService, ServiceFailed

_READY_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.2  # between two looks at what runs
_LONGEST_PAUSE: Final = 30.0  # seconds before another try
_LASTING: Final = 60.0  # seconds, after which a failure counts as the first again


class StackFailed(Exception):
    """Says what did not start, and what it wrote last."""


@dataclass(kw_only=True)
class _Setback:
    """Of one that has ended by itself."""

    started_at: float
    pause: float = 0.5
    due_at: float | None = None  # when to start it again; None while it runs


class Stack:
    """All processes of one clone. To be used by the process's main thread, which their lives hang on.

    `var` holds their data, logs, and what is known of them. `list_programs` is asked once the clone is this stack's.
    """

    def __init__(
        self, *, var: Path, list_programs: Callable[[], Sequence[Program]], tell: Callable[[str], None]
    ) -> None:
        self._var = var
        self._list_programs = list_programs
        self._tell = tell
        self._lock: int | None = None
        self._services: dict[str, EmbeddedService] = {}
        self._programs: dict[str, Program] = {}
        self._children: dict[str, Child] = {}
        self._setbacks: dict[str, _Setback] = {}
        self.addresses: dict[str, str] = {}  # of the services, by environment variable

    @property
    def logs(self) -> Path:
        return self._var / "log"

    def start(self) -> None:
        """1. Make sure that no other runs here, and end what one that was killed has left.
        2. PostgreSQL and Redis, whichever the environment does not name.
        3. The programs: those that run once, one after the other; the rest together.
        4. Wait until each is ready.

        Raises:
            StackFailed: something did not start. What did is still to be stopped.
        """
        self._take_clone()
        self._end_stale()
        self._start_services()
        for program in self._list_programs():
            self._programs[program.name] = program
            if program.once:
                self.run_once(program)
            else:
                self._start_program(program)
        for name in self._children:
            self._await(self._programs[name])

    def run_once(self, program: Program) -> None:
        """Run it to its end.

        Raises:
            StackFailed: it ended with another exit code than 0.
        """
        began = time.monotonic()
        child = self._launch(program)
        try:
            wait_until(lambda: not child.runs, seconds=float("inf"))
        finally:
            child.kill()
        if child.exit_code != 0:
            raise StackFailed(_describe_end(program.name, child))
        self._tell(f"{program.name}: done in {time.monotonic() - began:.1f} s")

    def watch(self, *, until: Callable[[], bool]) -> None:
        """Look at what runs, until `until`."""
        while not until():
            self.look()
            time.sleep(_LOOK_SECONDS)

    def look(self) -> None:
        """Start again what has ended by itself, after a pause that grows."""
        for name in (*self._services, *self._children):
            self._look_after(name)

    def stop(self) -> None:
        """The programs first, all at once; then what they use. Nothing is left."""
        deadline = time.monotonic()
        for child in self._children.values():
            child.send(signal.SIGTERM)
        for name, child in self._children.items():
            left = deadline + self._programs[name].grace_seconds - time.monotonic()
            wait_until(lambda: not child.runs, seconds=left)  # noqa: B023  # called within this turn
            child.kill()
        for service in reversed(self._services.values()):
            service.stop()
        if self._lock is not None:
            (self._var / "run" / "stack.json").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def port_of(self, name: str) -> int:
        port = self._programs[name].port
        assert port is not None
        return port

    def environment(self) -> Mapping[str, str]:
        """What the programs are given."""
        return {**os.environ, **self.addresses, "PYTHONUNBUFFERED": "1"}

    def _take_clone(self) -> None:
        run = self._var / "run"
        run.mkdir(parents=True, exist_ok=True)
        self._var.chmod(0o700)  # data, and addresses with passwords
        lock = os.open(run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise StackFailed(
                "PennieAI runs in this clone already. `make stop` ends it, `make logs` shows it."
            ) from None
        self._lock = lock

    def _end_stale(self) -> None:
        left = read_announcement(path=self._var / "run" / "stack.json")
        for mark in left.processes.values() if left else ():
            end_stale(mark, first=signal.SIGTERM, grace_seconds=3)

    def _start_services(self) -> None:
        self.addresses = {name: os.environ[name] for name in SERVICES if os.environ.get(name, "").strip()}
        for variable, kind in (("DATABASE_URL", EmbeddedPostgres), ("REDIS_URL", EmbeddedRedis)):
            if variable in self.addresses:
                self._tell(f"{kind.name}: the one that {variable} names")
                continue
            began = time.monotonic()
            service = kind(folder=self._var / kind.name, durable=True, log=self.logs / f"{kind.name}.log")
            self._services[kind.name] = service
            try:
                service.start()
            except ServiceFailed as failed:
                raise StackFailed(str(failed)) from failed
            self.addresses[variable] = service.url
            self._tell(f"{kind.name}: ready in {time.monotonic() - began:.1f} s, port {service.port}")
        self._announce()

    def _start_program(self, program: Program) -> None:
        self._children[program.name] = self._launch(program)
        self._announce()

    def _launch(self, program: Program) -> Child:
        return start_child(
            program.command,
            log=self.logs / f"{program.name}.log",
            folder=ROOT,
            environment={**self.environment(), **program.environment},
            orphan_signal=program.orphan_signal,
        )

    def _await(self, program: Program) -> None:
        child = self._children[program.name]
        wait_until(lambda: not child.runs or _is_ready(program, child), seconds=_READY_SECONDS)
        if not child.runs:
            raise StackFailed(_describe_end(program.name, child))
        if not _is_ready(program, child):
            raise StackFailed(
                f"{program.name} is not ready after {_READY_SECONDS:.0f} s. It wrote last, in {child.log}:\n"
                f"{child.read_last_lines()}"
            )
        self._tell(f"{program.name}: ready" + (f", port {program.port}" if program.port else ""))

    def _look_after(self, name: str) -> None:
        service = self._services.get(name)
        child = service.child if service else self._children[name]
        assert child is not None
        now = time.monotonic()
        setback = self._setbacks.setdefault(name, _Setback(started_at=now))
        if setback.due_at is None and not child.runs:
            if now - setback.started_at > _LASTING:
                setback.pause = _Setback.pause
            setback.due_at = now + setback.pause
            self._tell(f"{_describe_end(name, child)}\n{name} is started again in {setback.pause:g} s.")
            setback.pause = min(2 * setback.pause, _LONGEST_PAUSE)
            child.kill()  # what is left of its group
        elif setback.due_at is not None and now >= setback.due_at:
            self._start_again(name, service)
            setback.started_at, setback.due_at = time.monotonic(), None

    def _start_again(self, name: str, service: EmbeddedService | None) -> None:
        if service is None:
            self._start_program(self._programs[name])
            return
        with suppress(ServiceFailed):  # then it has ended, and its turn comes again
            service.stop()
            service.start()

    def _announce(self) -> None:
        runner = Mark.of(os.getpid())
        assert runner is not None
        children = {name: child.mark for name, child in self._children.items()}
        announcement = Announcement(runner=runner, services=self.addresses, processes=children)
        announcement.write(path=self._var / "run" / "stack.json")


def _is_ready(program: Program, child: Child) -> bool:
    if program.port is not None and not accepts(port=program.port):
        return False
    if program.port is not None and program.path and not answers(port=program.port, path=program.path):
        return False
    return not program.says or child.has_written(program.says)


def _describe_end(name: str, child: Child) -> str:
    code = child.exit_code or 0
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    return f"{name} ended {how}. It wrote last, in {child.log}:\n{child.read_last_lines()}"
