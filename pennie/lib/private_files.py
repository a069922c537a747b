"""Files with secrets or patients' data in them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def write_private(*, path: Path, text: str) -> None:
    """Whole or not at all, and readable by its owner alone."""
    with writing_private(path=path) as file:
        file.write(text)


@contextmanager
def writing_private(*, path: Path) -> Iterator[TextIO]:
    """A file to write to, piece by piece: at its end it is there whole, on an error not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            yield file
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
