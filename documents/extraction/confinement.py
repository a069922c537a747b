"""A parser in a process of its own that hostile input cannot keep, fill or escape with.

This is the parent's side; `confined` is the child's. `multiprocessing` would not do: a Celery child is daemonic and may
have no children. The limits are set in the child, because code between fork and exec is not safe in a process with
threads.
"""

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from documents.extraction.problems import ExtractionProblem

OUTPUT_SHARE = 0.25  # of its memory: a parser holds what it puts out at least so many times, in characters and in bytes
_ROOT = Path(__file__).resolve().parent.parent.parent
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "TESSDATA_PREFIX")  # no keys, no passwords: not a parser's business
_END_SECONDS = 0.002  # between two looks whether a process that closed its output has ended
_CHILD = "documents.extraction.confined"
_CHUNK_BYTES = 1024**2
_OUT_OF_MEMORY = 101  # the child's exit code when Python ran out of memory
_TIME_SIGNALS = (signal.SIGXCPU, signal.SIGALRM)
_LOOK_SECONDS = 0.25  # between two questions whether the text is still wanted


def bare_environment() -> dict[str, str]:
    """What a parser may know of the environment of this process."""
    return {"LC_ALL": "C.UTF-8", **{key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}}


class ExtractionStopped(Exception):
    """Nobody wants the text any more. No process is left behind."""


def never() -> bool:
    return False


def run_confined(
    *,
    module: str,
    arguments: Sequence[str],
    content: bytes,
    seconds: float,
    memory_bytes: int,
    is_unwanted: Callable[[], bool] = never,
) -> bytes:
    """What `module` writes to standard output when it is given `content`.

    Raises ExtractionProblem `too_slow`, `too_much_memory`, `too_large` (it writes more than OUTPUT_SHARE of the memory
    that it may have) or `parser_crashed`, and ExtractionStopped once `is_unwanted` says so, which is asked often.
    No process is left behind.
    """
    if is_unwanted():
        raise ExtractionStopped
    command = [sys.executable, "-s", "-E", "-B", "-m", _CHILD, module, str(seconds), str(memory_bytes), *arguments]
    process = subprocess.Popen(  # noqa: S603  # our own interpreter and module, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback there would quote the document
        cwd=_ROOT,
        env=bare_environment(),
        start_new_session=True,
    )
    with process:
        feeder = threading.Thread(target=_feed, args=(process, content), daemon=True)
        feeder.start()
        try:
            most = int(memory_bytes * OUTPUT_SHARE)
            output = _read_output(process, seconds=seconds, most=most, is_unwanted=is_unwanted)
        except subprocess.TimeoutExpired:
            raise ExtractionProblem("too_slow", found=f"more than {seconds:g} seconds") from None
        finally:
            _kill(process)
            feeder.join()
    _check_exit(process.returncode, seconds=seconds, memory_bytes=memory_bytes)
    return output


def _feed(process: subprocess.Popen[bytes], content: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as stdin:  # a parser may have seen enough, or be gone
        stdin.write(content)


def _read_output(
    process: subprocess.Popen[bytes], *, seconds: float, most: int, is_unwanted: Callable[[], bool]
) -> bytes:
    """All that the process writes before it ends. Raises TimeoutExpired, ExtractionStopped, and ExtractionProblem
    `too_large`."""
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            is_ready = selector.select(max(0.0, min(left, _LOOK_SECONDS)))
            if is_unwanted():
                raise ExtractionStopped
            if not is_ready:
                if left <= _LOOK_SECONDS:
                    raise subprocess.TimeoutExpired(process.args, seconds)
                continue
            chunk = os.read(process.stdout.fileno(), _CHUNK_BYTES)
            if not chunk:
                break
            output += chunk
            if len(output) > most:
                raise ExtractionProblem("too_large", found=f"it unfolds to more than {most // 1024**2:,} MB of text")
    _await_end(process, deadline=deadline)
    return bytes(output)


def _await_end(process: subprocess.Popen[bytes], *, deadline: float) -> None:
    """Wait, and leave its exit code where it is: until that is taken, `_kill` still reaches the children of a process
    that ended before them. Raises TimeoutExpired."""
    if not hasattr(os, "waitid"):  # macOS
        process.wait(timeout=max(0.0, deadline - time.monotonic()))
        return
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > deadline:
            raise subprocess.TimeoutExpired(process.args, 0.0)
        time.sleep(_END_SECONDS)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children. While its exit code is not taken, its number is no other's."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):  # it ended already
            os.killpg(process.pid, signal.SIGKILL)


def _check_exit(code: int, *, seconds: float, memory_bytes: int) -> None:
    if code == 0:
        return
    if -code in _TIME_SIGNALS:
        raise ExtractionProblem("too_slow", found=f"more than {seconds:g} seconds")
    if code == _OUT_OF_MEMORY:
        raise ExtractionProblem("too_much_memory", found=f"more than {memory_bytes // 1024**2:,} MB")
    raise ExtractionProblem("parser_crashed", found=f"signal {-code}" if code < 0 else f"exit code {code}")
