"""Plain text from bytes of unknown encoding."""

import codecs
from dataclasses import dataclass

from documents.domain.lines import SourceText, from_text
from documents.extraction.limits import ExtractionLimits, check_volume
from documents.extraction.problems import ExtractionProblem

# C0 and DEL, without what texts have: backspace, tab, LF, VT, FF, CR, the DOS end of file, escape.
_CONTROLS = bytes(set(range(0x20)) - {0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1A, 0x1B}) + b"\x7f"
_CONTROL_SHARE = 0.05  # above this it is no text; random bytes have 0.10
_NOT_IN_WINDOWS_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
_UTF_16_SHARE = 0.3  # of the bytes at one parity that are NUL in UTF-16 of a Latin script; the other parity has few
_SAMPLE = 65536


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    text: str  # no NUL, no lone surrogate
    encoding: str
    damaged: bool  # some bytes did not decode and became U+FFFD


def extract_text(*, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    """The lines of a text. Raises ExtractionProblem `too_large`, or `unsupported_kind` where the bytes are no text."""
    decoded = decode_text(content)
    check_volume(decoded.text, limits=limits)
    source = from_text(decoded.text, name=name)
    warnings = []
    if decoded.damaged:
        warnings.append(
            f"Some bytes are not valid {decoded.encoding}: the characters there are lost (shown as \ufffd)."
        )
    if decoded.encoding == "Latin-1":
        warnings.append("The encoding is not certain; the text was read as Latin-1. Accented letters may be wrong.")
    return SourceText(lines=source.lines, pages=source.pages, parts=source.parts, warnings=tuple(warnings))


def decode_text(content: bytes) -> Decoded:
    """`content` as text, by byte order mark, then NUL pattern, then strict UTF-8, then Windows-1252 or Latin-1.

    Raises ExtractionProblem `unsupported_kind` for bytes with NULs or with more than 5 % control codes.
    """
    decoded = _decode_by_mark(content) or _decode_utf_16(content) or _decode_bytewise(content)
    if "\0" in decoded.text or _is_control_heavy(decoded.text.encode("utf-8")):
        raise ExtractionProblem("unsupported_kind", found="it is binary data")
    return decoded


def _decode_by_mark(content: bytes) -> Decoded | None:
    if content.startswith(codecs.BOM_UTF8):
        return _decode_leniently(content[3:], codec="utf-8", encoding="UTF-8")
    if content.startswith(codecs.BOM_UTF16_LE):
        return _decode_leniently(content[2:], codec="utf-16-le", encoding="UTF-16")
    if content.startswith(codecs.BOM_UTF16_BE):
        return _decode_leniently(content[2:], codec="utf-16-be", encoding="UTF-16")
    return None


def _decode_utf_16(content: bytes) -> Decoded | None:
    """UTF-16 without a mark: in Latin scripts every second byte is mostly NUL, the others hardly ever."""
    sample = content[:_SAMPLE]
    pairs = len(sample) // 2
    if not pairs or b"\0" not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd >= pairs * _UTF_16_SHARE and even <= pairs * 0.02:
        return _decode_leniently(content, codec="utf-16-le", encoding="UTF-16")
    if even >= pairs * _UTF_16_SHARE and odd <= pairs * 0.02:
        return _decode_leniently(content, codec="utf-16-be", encoding="UTF-16")
    return None


def _decode_leniently(content: bytes, *, codec: str, encoding: str) -> Decoded:
    try:
        return Decoded(text=content.decode(codec), encoding=encoding, damaged=False)
    except UnicodeDecodeError:
        return Decoded(text=content.decode(codec, "replace"), encoding=encoding, damaged=True)


def _decode_bytewise(content: bytes) -> Decoded:
    try:
        return Decoded(text=content.decode("utf-8"), encoding="UTF-8", damaged=False)
    except UnicodeDecodeError:
        pass
    if _NOT_IN_WINDOWS_1252.isdisjoint(content):
        return Decoded(text=content.decode("windows-1252"), encoding="Windows-1252", damaged=False)
    return Decoded(text=content.decode("latin-1"), encoding="Latin-1", damaged=False)


def _is_control_heavy(content: bytes) -> bool:
    controls = len(content) - len(content.translate(None, delete=_CONTROLS))
    return controls > len(content) * _CONTROL_SHARE
