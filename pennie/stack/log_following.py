"""Shows what is added to the logs of a folder, each line with the name of its process."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

_LOOK_SECONDS: Final = 0.3
_FIRST_LINES: Final = 5  # that each log is shown with


def follow_logs(*, folder: Path, show: Callable[[str], None], until: Callable[[], bool]) -> None:
    """The last lines of each log, then what comes, in logs that come later too, until `until`."""
    files: dict[Path, BinaryIO] = {}
    try:
        while True:
            ends = until()  # asked before the last look, so that this shows all
            for path in sorted(folder.glob("*.log")):
                lines = _read_new(path, files)
                for line in lines:
                    show(f"{path.stem:<9} {line}")
            if ends:
                return
            time.sleep(_LOOK_SECONDS)
    finally:
        for file in files.values():
            file.close()


def _read_new(path: Path, files: dict[Path, BinaryIO]) -> list[str]:
    file = files.get(path)
    if file is None:
        file = files[path] = path.open("rb")
        return _decode(file.read())[-_FIRST_LINES:]
    if path.stat().st_ino != _number(file):  # set aside, and a new one begun
        rest = _decode(file.read())
        file.close()
        file = files[path] = path.open("rb")
        return rest + _decode(file.read())
    return _decode(file.read())


def _number(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_ino


def _decode(content: bytes) -> list[str]:
    return content.decode(errors="replace").splitlines()
