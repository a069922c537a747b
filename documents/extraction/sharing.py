"""Work on a run of pages shared by a confined process and a child of it, each within the same limits.

Nothing is left behind: what ends the work here ends the child, a child that was ended ends this process alike, and
the child keeps standard output open, so that whoever reads that waits for both.
"""

import marshal
import os
import signal
from collections.abc import Callable
from typing import Any


def share(*, work: Callable[[range], Any], count: int) -> tuple[Any, Any]:
    """`work` on the first and on the second half of `count` pages, at once. What it returns must be plain data.

    Only for a process with one thread, which may end in here as its child did.
    """
    receiving, sending = os.pipe()
    seconds_left = signal.alarm(0)
    child = os.fork()
    signal.alarm(seconds_left)  # a child inherits all limits but this one
    if child == 0:
        os.close(receiving)  # or it would wait for itself to read
        _answer(work, range(count // 2, count), sending=sending)
    os.close(sending)
    try:
        first = work(range(count // 2))
        with os.fdopen(receiving, "rb") as pipe:
            answer = pipe.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    if status:
        _end_alike(status)
    return first, marshal.loads(answer)  # noqa: S302  # from a process that is confined as this one is


def _answer(work: Callable[[range], Any], pages: range, *, sending: int) -> None:
    """The child's whole life. `main` of `confined` sees to what is raised."""
    with os.fdopen(sending, "wb") as pipe:
        marshal.dump(work(pages), pipe)
    os._exit(0)


def _end_alike(status: int) -> None:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
