"""Parsers that misbehave in the ways that hostile input makes real ones misbehave. Run in confinement by tests."""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path


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


def crash() -> None:
    os.abort()


def fail() -> None:
    raise ValueError("the words of the document")


def write_file(path: str) -> None:
    Path(path).write_bytes(b"x")


def tell() -> None:
    modules = sorted({name.split(".")[0] for name in sys.modules})
    json.dump({"environment": sorted(os.environ), "modules": modules, "pid": os.getpid()}, sys.stdout)
