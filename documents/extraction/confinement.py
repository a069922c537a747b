"""A parser in a process of its own that hostile input cannot keep, fill or escape with.

This is the parent's side; `confined` is the child's. `multiprocessing` would not do: a Celery child is daemonic and may
have no children. The limits are set in the child, because code between fork and exec is not safe in a process with
threads.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from documents.extraction.problems import ExtractionProblem

_ROOT = Path(__file__).resolve().parent.parent.parent
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH",)  # nothing else: a parser has no business with keys and passwords
_CHILD = "documents.extraction.confined"
_OUT_OF_MEMORY = 101  # the child's exit code when Python ran out of memory
_TIME_SIGNALS = (signal.SIGXCPU, signal.SIGALRM)


def run_confined(*, module: str, arguments: Sequence[str], content: bytes, seconds: float, memory_bytes: int) -> bytes:
    """What `module` writes to standard output when it is given `content`.

    Raises ExtractionProblem `too_slow`, `too_much_memory` or `parser_crashed`. No process is left behind.
    """
    command = [sys.executable, "-s", "-E", "-B", "-m", _CHILD, module, str(seconds), str(memory_bytes), *arguments]
    process = subprocess.Popen(  # noqa: S603  # our own interpreter and module, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback there would quote the document
        cwd=_ROOT,
        env={"LC_ALL": "C.UTF-8", **{key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}},
        start_new_session=True,
    )
    with process:
        try:
            output, _ = process.communicate(content, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ExtractionProblem("too_slow", found=f"more than {seconds:g} seconds") from None
        finally:
            _kill(process)
    _check_exit(process.returncode, seconds=seconds, memory_bytes=memory_bytes)
    return output


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _check_exit(code: int, *, seconds: float, memory_bytes: int) -> None:
    if code == 0:
        return
    if -code in _TIME_SIGNALS:
        raise ExtractionProblem("too_slow", found=f"more than {seconds:g} seconds")
    if code == _OUT_OF_MEMORY:
        raise ExtractionProblem("too_much_memory", found=f"more than {memory_bytes // 1024**2:,} MB")
    raise ExtractionProblem("parser_crashed", found=f"signal {-code}" if code < 0 else f"exit code {code}")
