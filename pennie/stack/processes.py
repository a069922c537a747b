"""Processes that die with their parent, and that a later run recognises for certain."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LAUNCH: Final = Path(__file__).with_name("launch.py")
_LARGEST_LOG: Final = 10 * 1024 * 1024  # bytes, from which on a log is set aside at the next start
_POLL: Final = 0.02  # seconds


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A process as it can be told from a later one with the same number."""

    pid: int
    started: str  # opaque; differs for each process that ever has the number

    @classmethod
    def of(cls, pid: int) -> "Mark | None":
        """None if there is no such process, or only its remains."""
        started = _read_start(pid)
        return cls(pid=pid, started=started) if started else None

    @property
    def lives(self) -> bool:
        return _read_start(self.pid) == self.started


def _read_start(pid: int) -> str:
    """When it was started; empty if it does not live."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return "" if fields[0] in "ZX" else f"{_boot()} {fields[19]}"
        except (OSError, IndexError):
            return ""
    told = subprocess.run(  # noqa: S603  # no shell, a number for argument
        ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return told[1].strip() if len(told) == 2 and not told[0].startswith("Z") else ""


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def wait_until(met: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `met` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL)
    return True


def end_stale(mark: Mark, *, first: signal.Signals, grace_seconds: float) -> None:
    """End a process that an earlier run left: by `first`, and after the grace by force. Its whole group with it."""
    if mark.lives:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(mark.pid, first)
        if not wait_until(lambda: not mark.lives, seconds=grace_seconds):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(mark.pid, signal.SIGKILL)  # start_child made it the head of a group
            wait_until(lambda: not mark.lives, seconds=5)


class Child:
    """A process in a session of its own, whose output goes to a file."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, log: Path, log_start: int) -> None:
        self._process = process
        self.log = log
        self._log_start = log_start
        self._group_ended = False
        mark = Mark.of(process.pid)
        # Without one it has ended already.
        self.mark = mark or Mark(pid=process.pid, started="never")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number if one ended it."""
        return self._process.poll()

    @property
    def runs(self) -> bool:
        return self.exit_code is None

    def send(self, number: signal.Signals) -> None:
        """To the process alone, not to its children."""
        if self.runs:
            self._process.send_signal(number)

    def stop(self, *, stages: Sequence[tuple[signal.Signals, float]]) -> None:
        """Send each signal and wait its seconds, until the process has ended; at last by force, its group with it."""
        for number, seconds in stages:
            self.send(number)
            if wait_until(lambda: not self.runs, seconds=seconds):
                break
        self.kill()

    def kill(self) -> None:
        """By force, with what is left of its group."""
        if self._group_ended:
            return  # its number may be another's by now
        self._group_ended = True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def has_written(self, words: str) -> bool:
        """Since it was started."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return words.encode() in file.read()

    def read_last_lines(self, *, count: int = 15) -> str:
        """The end of what it has written since it was started."""
        with self.log.open("rb") as file:
            file.seek(max(self._log_start, self.log.stat().st_size - 64 * 1024))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])


def start_child(
    command: Sequence[str | Path],
    *,
    log: Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    orphan_signal: signal.Signals = signal.SIGKILL,
    as_ordinary_user: bool = False,
    stdin: bytes = b"",
) -> Child:
    """Start `command`, an absolute path first, in `folder`; its output is added to `log`.

    It gets `orphan_signal` when this thread ends, so start from one that lasts. `stdin` must fit into a pipe (4 KB).
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_name(f"{log.name}.1"))
    with log.open("ab") as output:
        output.write(f"--- started {time.strftime('%Y-%m-%d %H:%M:%S')} ---\n".encode())
        output.flush()
        log_start = output.tell()
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and script, no shell
            launched(command, orphan_signal=orphan_signal, as_ordinary_user=as_ordinary_user),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )
    if process.stdin is not None:
        with process.stdin, suppress(BrokenPipeError):
            process.stdin.write(stdin)
    return Child(process, log=log, log_start=log_start)


def launched(
    command: Sequence[str | Path], *, orphan_signal: signal.Signals = signal.SIGKILL, as_ordinary_user: bool = False
) -> list[str]:
    """`command` as it is run through launch.py by the process that calls this."""
    user = "ordinary" if as_ordinary_user else "as_is"
    ahead = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(int(orphan_signal)), user]
    return [*ahead, *map(str, command)]
