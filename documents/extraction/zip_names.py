"""The names in a ZIP archive's directory, found without unpacking anything: enough to tell an Office file from a ZIP.

The archive is read with care, because this runs before anything is confined: the directory is looked at in place, up to
a number of names, and whatever does not fit is no name.
"""

import struct
from collections.abc import Iterator

_END = b"PK\x05\x06"
_ENTRY = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_MOST = 2_000  # names
_END_REACH = 65_557  # bytes from the end of the file: the longest comment, and the record itself


def list_names(content: bytes) -> list[str]:
    """Up to 2,000 names, folders' with a slash behind; without a directory that of the first entry alone, if any."""
    names = list(_directory(content))
    if not names and content.startswith(_LOCAL) and len(content) >= 30:
        (length,) = struct.unpack_from("<H", content, 26)
        names = [content[30 : 30 + length].decode("utf-8", "replace")]
    return names


def _directory(content: bytes) -> Iterator[str]:
    end = content.rfind(_END, max(0, len(content) - _END_REACH))
    if end < 0 or end + 22 > len(content):
        return
    size, offset = struct.unpack_from("<II", content, end + 12)
    at = end - size if content[end - size : end - size + 4] == _ENTRY and size <= end else offset
    for _ in range(_MOST):
        if at + 46 > end or content[at : at + 4] != _ENTRY:
            return
        name, extra, comment = struct.unpack_from("<HHH", content, at + 28)
        yield content[at + 46 : at + 46 + name].decode("utf-8", "replace")
        at += 46 + name + extra + comment
