"""What is told of an exception that nobody foresaw: its type and place, never its words, which may quote a document."""

import traceback
from pathlib import Path


def find_place(error: BaseException) -> str:
    """Where the code raised it: the last two parts of the module's path, and the line."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "unknown place"
    return f"{'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}"
