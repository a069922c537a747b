"""What is told of a message by its bytes: whether it is one that came before, and who says to have sent it.

Headers are taken apart here by their lines alone, in time that grows with their length only: who wrote them may mean
harm.
"""

import hashlib
import re
from collections.abc import Collection, Iterator
from typing import Final

_MOST_HEADER_BYTES: Final = 1_000_000
_END_OF_HEADER: Final = re.compile(rb"\r?\n\r?\n")
_FIELD: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
# What of the header is read as part of the record, and what tells how the body is to be read. What servers add on the
# way (Received, Delivered-To, marks of spam filters) is left out.
_TOLD_BY: Final = frozenset(
    b"message-id from to cc date subject "
    b"mime-version content-type content-transfer-encoding content-disposition".split()
)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\"\\@]{1,64}@[^\s<>()\[\],;:\"\\@]{1,255}")
_LONGEST_SENDER: Final = 1_000  # bytes


def identify_message(content: bytes) -> str:
    """What is the same for the same message however it was delivered, as 64 hexadecimal digits.

    Empty where it has no Message-ID, or its header has no end: then only the same bytes are the same message.
    """
    head, body = _split(content)
    fields = [(name, value) for name, value in _fields(head) if name in _TOLD_BY]
    if body is None or not any(name == b"message-id" and value for name, value in fields):
        return ""
    told = hashlib.sha256()
    for name, value in sorted(fields):
        told.update(b"%s:%d:%s" % (name, len(value), value))
    told.update(b"\n")
    told.update(body)
    return told.hexdigest()


def find_subject(content: bytes) -> str:
    """As it stands, encoded words and all; empty where there is none."""
    head, _ = _split(content)
    found = next((value for name, value in _fields(head) if name == b"subject"), b"")
    return found.decode("utf-8", "surrogateescape")


def find_sender(header: bytes) -> str:
    """The one address of the one From line, in lower case; empty where it cannot be told for sure."""
    values = [value for name, value in _fields(header) if name == b"from"]
    if len(values) != 1 or len(values[0]) > _LONGEST_SENDER:
        return ""
    said = values[0].decode("utf-8", "replace")
    addresses = _ADDRESS.findall(_without_quotes(said))
    return addresses[0].lower() if len(addresses) == 1 else ""


def is_allowed(sender: str, *, allowed: Collection[str]) -> bool:
    """`allowed` are addresses and domains, the latter as @example.org; none: everybody is."""
    if not allowed:
        return True
    wanted = {each.lower() for each in allowed}
    return bool(sender) and (sender in wanted or f"@{sender.rpartition('@')[2]}" in wanted)


def _without_quotes(said: str) -> str:
    """A display name in quotes may hold anything, another address too."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', " ", said)


def _split(content: bytes) -> tuple[bytes, bytes | None]:
    """Header and body; no body where the header has no end."""
    start = content[: _MOST_HEADER_BYTES + 4]
    end = _END_OF_HEADER.search(start)
    return (content[: end.start()], content[end.end() :]) if end else (start, None)


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names in lower case, and values, unfolded."""
    lines: list[bytes] = []
    for line in (*head.replace(b"\r\n", b"\n").split(b"\n"), b""):
        if line[:1] in (b" ", b"\t") and lines:
            lines.append(line)
            continue
        if lines and (field := _FIELD.fullmatch(b" ".join(each.strip() for each in lines))):
            yield field[1].lower(), field[2].strip()
        lines = [line]
