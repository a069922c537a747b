"""The words of an HTML page, in a confined process: UTF-8 bytes in, UTF-8 text out."""

import sys
from collections.abc import Sequence

from inscriptis import get_text


def main(arguments: Sequence[str]) -> None:
    """Read HTML from standard input and write its text. Argument: the most characters to write."""
    text = get_text(sys.stdin.buffer.read().decode("utf-8", "replace"))
    sys.stdout.buffer.write(text[: int(arguments[0])].encode("utf-8", "replace"))
