"""What holds of every ZIP archive that is unpacked here: how a broken one shows, and how far one may unfold."""

import zipfile
import zlib
from typing import Final

BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, KeyError)
_FREE_BYTES: Final = 1024**2  # what is no larger may be packed at any ratio


def unfolds_too_far(*, unpacked: int, packed: int, max_ratio: int) -> bool:
    """Whether so many bytes, packed into so few, are a bomb: by their sizes as the archive tells them."""
    return unpacked > _FREE_BYTES and unpacked > max_ratio * max(1, packed)
