"""The words of an e-mail's headers and text parts, decoded by what the bytes are, not by what they are labelled."""

import re
from binascii import Error as Base64Error
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from itertools import islice

from documents.domain.lines import strip_invisible
from documents.extraction.charsets import find_charset
from documents.extraction.problems import ExtractionProblem
from documents.extraction.text import decode_text

_PRINTED_HEADERS = ("From", "To", "Cc", "Date", "Subject")
LONGEST_HEADER = 20_000  # characters; neither taking a header apart nor decoding it is linear
_SINGLE_BYTE = frozenset(("ascii", "latin_1", "cp1252"))
_MOST_VALUES = 20  # of one header
_SURROGATE = re.compile("[\ud800-\udfff]")


def print_headers(message: Message) -> list[str]:
    """The lines "From: …", "To: …", "Cc: …", "Date: …", "Subject: …" of what the message has, each unfolded."""
    lines = []
    for name in _PRINTED_HEADERS:
        values = (decode_header_words(value) for value in islice(message.get_all(name, []), _MOST_VALUES))
        if words := ", ".join(value for value in values if value):
            lines.append(f"{name}: {words}")
    return lines


def decode_header_words(value: object) -> str:
    """A header's value with its encoded words (RFC 2047) decoded, on one line."""
    raw = str(value)[:LONGEST_HEADER]
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, Base64Error, ValueError):
        pieces = [(raw, None)]
    words = "".join(piece if isinstance(piece, str) else _decode_label(piece, charset) for piece, charset in pieces)
    return " ".join(strip_invisible(make_storable(words)).split())


def name_of(node: Message) -> str:
    """The file name of an attachment, without folders; empty where it has none."""
    try:
        name = node.get_filename()
    except (ValueError, TypeError, LookupError, AttributeError):  # the library's own on malformed parameters
        return ""
    return decode_header_words(name).replace("\\", "/").rsplit("/", 1)[-1] if name else ""


def decode_bytes(node: Message) -> bytes:
    """The content of a leaf without its transfer encoding; as it stands where that encoding is broken."""
    payload = node.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload
    raw = node.get_payload()
    return raw.encode("utf-8", "replace") if isinstance(raw, str) else b""


def decode_text_part(node: Message) -> str:
    """The text of a text leaf, flowed paragraphs joined (RFC 3676). Empty where its bytes are no text."""
    content = decode_bytes(node)
    text = _decode_label(content, _parameter(node, "charset"))
    if _parameter(node, "format").lower() == "flowed" and node.get_content_subtype() == "plain":
        text = unflow(text, delete_space=_parameter(node, "delsp").lower() == "yes")
    return make_storable(text)


def make_storable(text: str) -> str:
    """`text` with what a database cannot keep (NUL, lone surrogates) as U+FFFD."""
    return _SURROGATE.sub("\ufffd", text.replace("\0", "\ufffd"))


def unflow(text: str, *, delete_space: bool) -> str:
    """Paragraphs of format=flowed text on one line each, stuffed spaces removed, quote marks kept."""
    return "\n".join(_paragraphs(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), delete_space=delete_space))


def _paragraphs(lines: list[str], *, delete_space: bool) -> Iterator[str]:
    open_depth, pieces = 0, list[str]()
    for line in lines:
        words = line.lstrip(">")
        depth = len(line) - len(words)
        words = words.removeprefix(" ")
        if pieces and (depth != open_depth or words == "-- "):
            yield _quote(open_depth, pieces)
            pieces = []
        open_depth = depth
        flows = words.endswith(" ") and words != "-- "
        pieces.append(words[:-1] if flows and delete_space else words)
        if not flows:
            yield _quote(depth, pieces)
            pieces = []
    if pieces:
        yield _quote(open_depth, pieces)


def _quote(depth: int, pieces: list[str]) -> str:
    return f"{'>' * depth}{' ' if depth else ''}{''.join(pieces)}"


def _parameter(node: Message, name: str) -> str:
    try:
        value = node.get_param(name, "")
    except (ValueError, TypeError, LookupError, AttributeError):
        return ""
    return str(value[2] if isinstance(value, tuple) else value or "")


def _decode_label(content: bytes, label: str | None) -> str:
    """`content` by its label if that is a charset and fits, else by detection.

    Bytes beyond ASCII that are valid UTF-8 are that, whatever single-byte charset they are labelled as.
    """
    charset = find_charset(label or "")
    if charset is None or charset in _SINGLE_BYTE:
        return _decode_detected(content)
    try:
        return content.decode(charset)
    except ValueError:  # bytes that do not fit
        return _decode_detected(content)


def _decode_detected(content: bytes) -> str:
    try:
        return decode_text(content).text
    except ExtractionProblem:
        return ""
