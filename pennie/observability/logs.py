"""How the log is written: nothing in it that a file, a database row or a person said."""

import logging
import traceback
from types import TracebackType


class DiscreetFormatter(logging.Formatter):
    """Shows of an exception its type and where it was raised, not its message.

    A KeyError quotes its key, an IntegrityError the row, a DecodeError the document.
    """

    def formatException(  # logging's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        error = ei[1]
        parts: list[str] = []
        while error is not None and len(parts) < 5:
            frames = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
            parts.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nwhich came of\n".join(parts)
