"""Parsers that misbehave in the ways that hostile input makes real ones misbehave. Run in confinement by tests."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from documents.extraction.sharing import share


def main(arguments: Sequence[str]) -> None:
    globals()[arguments[0]](*arguments[1:])


def echo() -> None:
    sys.stdout.buffer.write(sys.stdin.buffer.read())


def sleep() -> None:
    time.sleep(60)


def spin() -> None:
    while True:
        pass


def eat_memory() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(16 * 1024**2))


def flood() -> None:
    while True:
        sys.stdout.buffer.write(bytes(1024**2))


def leave_input_unread() -> None:
    sys.stdout.write("done")


def crash() -> None:
    os.abort()


def crash_with_child(seconds: str) -> None:
    subprocess.Popen(["sleep", seconds], stdout=subprocess.DEVNULL)
    os.abort()


def leave_child(seconds: str) -> None:
    subprocess.Popen(["sleep", seconds], stdout=subprocess.DEVNULL)
    sys.stdout.write("done")


def fail() -> None:
    raise ValueError("the words of the document")


def write_file(path: str) -> None:
    Path(path).write_bytes(b"x")


def halve(first: str, second: str) -> None:
    """Two processes; each does what it is named for, or `count`s its pages."""

    def work(pages: range) -> list[int]:
        deed = first if pages.start == 0 else second
        return list(pages) if deed == "count" else globals()[deed]()

    json.dump([*share(work=work, count=7)], sys.stdout)


def tell() -> None:
    modules = sorted({name.split(".")[0] for name in sys.modules})
    json.dump({"environment": sorted(os.environ), "modules": modules, "pid": os.getpid()}, sys.stdout)
