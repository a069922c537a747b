"""A process that has read all the code once, and forks whoever is to be started: a kill every few seconds would else be
spent on starting interpreters. What is forked runs the very command line that it would run alone.

`python -m tests.chaos.forge` reads requests as lines of JSON and answers each with one:
{"command": [...], "name", "log"} gives {"pid"}; {"poll": pid} gives {"exit": code or null}, as Popen.poll does.
"""

import ctypes
import json
import os
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from pennie.stack.processes import Child
from tests.chaos.rig import ROOT, Rig

_PR_SET_PDEATHSIG: Final = 1
_READ_AHEAD: Final = (
    *("celery.apps.beat", "celery.apps.worker", "celery.beat", "celery.bin.celery", "celery.concurrency.thread"),
    *("gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "uvicorn.main", "openai"),
    *("jobs.api.v1.stream", "jobs.llm.configured", "jobs.llm.openai", "jobs.tasks", "jobs.webhooks.delivering"),
    *("pennie.celery", "pennie.urls"),
)


class Forge:
    """What `start` gives is ended with the forge at the latest. For one thread."""

    def __init__(self, *, rig: Rig, settings: Mapping[str, object]) -> None:
        """`settings` of all that is forked, as environment variables."""
        self._folder = rig.folder / "logs"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.forge", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=rig.environment(**settings),
            text=True,
        )
        self.ask({"poll": 0})  # until it has read everything

    def start(self, command: Sequence[str], *, name: str) -> Child:
        """`python COMMAND`."""
        log = self._folder / f"{name}.log"
        log.touch()
        pid = int(self.ask({"command": list(command), "name": name, "log": str(log)})["pid"])
        return Child(_Forked(pid, forge=self), log=log, log_start=0)

    def ask(self, request: Mapping[str, object]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


class _Forked(subprocess.Popen[bytes]):
    """A child of the forge's, asked after and signalled as one of our own."""

    def __init__(self, pid: int, *, forge: Forge) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._forge = forge

    def __del__(self, *_: Any, **__: Any) -> None:
        """It is the forge's to wait for."""

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._forge.ask({"poll": self.pid})["exit"]
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        while (code := self.poll()) is None:
            signal.sigtimedwait((), 0.01)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)


def serve(parent: int) -> None:
    _die_with(parent)
    _read_all_code()
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"pid": _fork(request)} if "command" in request else {"exit": _poll(request["poll"])}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _read_all_code() -> None:
    import django

    django.setup()
    for module in _READ_AHEAD:
        import_module(module)


def _fork(request: Mapping[str, Any]) -> int:
    forge = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        _die_with(forge)
        log = os.open(request["log"], os.O_WRONLY | os.O_APPEND)
        for target in (1, 2):
            os.dup2(log, target)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        _run(request["command"], name=request["name"])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(command: Sequence[str], *, name: str) -> None:
    from django.conf import settings

    os.environ["CHAOS_NAME"] = name
    options: dict[str, object] = settings.DATABASES["default"]["OPTIONS"]  # type: ignore[assignment]  # as we have it
    options["application_name"] = name
    if command[0] == "-m":
        sys.argv = list(command[1:])
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(command)
        runpy.run_path(command[0], run_name="__main__")


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _poll(pid: int) -> int | None:
    if not pid:
        return None
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


if __name__ == "__main__":
    serve(int(sys.argv[1]))
