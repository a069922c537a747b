"""Files with secrets in them."""

import os
from pathlib import Path


def write_private(*, path: Path, text: str) -> None:
    """Whole or not at all, and readable by its owner alone."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
