"""What commands print: nothing that steers a terminal, in the encoding it has; and their end when nobody reads on."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any, Final

from django.core.management.base import OutputWrapper
from rich.console import Console

from documents.domain.lines import strip_invisible

STOPPED: Final = 130  # exit codes as shells count them: 128 and the number of the signal, here SIGINT
READER_GONE: Final = 141  # SIGPIPE

# What JSON may hold as it is, but a terminal takes for a command, a reader overlooks, or no encoding can write.
_TO_ESCAPE: Final = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def show_plain(text: str) -> str:
    """`text`, of a file or a stranger, as one line without escape sequences and invisible characters."""
    return strip_invisible(text).replace("\n", " ").replace("\t", " ")


def write_text(text: str, *, stream: OutputWrapper) -> None:
    """Write `text` as it is; what the stream's encoding lacks is written as a backslash and its number."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding), ending="")


class _Paper(StringIO):
    """Gathers what is drawn for a stream, and is a terminal of its encoding if the stream is one."""

    def __init__(self, stream: OutputWrapper) -> None:
        super().__init__()
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]  # StringIO has none
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        return self._stream.isatty()


def write_drawing(draw: Callable[[Console], None], *, stream: OutputWrapper, piped_width: int) -> None:
    """Write what `draw` prints, as wide as the terminal, or `piped_width` columns where there is none."""
    paper = _Paper(stream)
    draw(Console(file=paper, width=None if stream.isatty() else piped_width, highlight=False))
    write_text(paper.getvalue(), stream=stream)


def write_json(value: Any, *, stream: OutputWrapper) -> None:
    """Write `value` as JSON on a line; all but ASCII is escaped where the stream is not Unicode."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    text = json.dumps(value, ensure_ascii=not encoding.lower().startswith("utf"))
    stream.write(_TO_ESCAPE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


@contextmanager
def ending_quietly(*, stdout: OutputWrapper, stderr: OutputWrapper) -> Iterator[None]:
    """Ctrl-C, and a reader of the output that has gone, end the command with an exit code and no traceback."""
    try:
        yield
        stdout.flush()
    except KeyboardInterrupt:
        stderr.write("Stopped; nothing was kept.")
        sys.exit(STOPPED)
    except BrokenPipeError:
        # What is still buffered would be written at the interpreter's end, and fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(READER_GONE)
