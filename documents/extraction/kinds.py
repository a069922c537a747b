"""What kind of file some bytes are. The content decides; the extension must not contradict it."""

import re
from typing import Literal

from documents.extraction.problems import ExtractionProblem

Kind = Literal["text", "pdf", "email"]

# First bytes of what is not read, named for people. The order matters where one is a prefix of another.
_FOREIGN_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "ZIP or Office document"),
    (b"PK\x05\x06", "ZIP or Office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office document or Outlook message"),
    (b"{\\rtf", "RTF document"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (b"GIF87a", "GIF picture"),
    (b"GIF89a", "GIF picture"),
    (b"II*\x00", "TIFF picture"),
    (b"MM\x00*", "TIFF picture"),
    (b"\x1f\x8b", "gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"%!PS", "PostScript document"),
    (b"\x7fELF", "program"),
)
_BY_EXTENSION: dict[str, str] = {
    "pdf": "pdf",
    "eml": "email",
    **dict.fromkeys(("txt", "text", "md", "log", "csv", "tsv"), "text"),
    **dict.fromkeys(("zip", "docx", "xlsx", "pptx", "odt", "ods"), "ZIP or Office document"),
    **dict.fromkeys(("doc", "xls", "ppt", "msg"), "old Office document or Outlook message"),
    **dict.fromkeys(("html", "htm"), "HTML page"),
    **dict.fromkeys(("jpg", "jpeg"), "JPEG picture"),
    **dict.fromkeys(("tif", "tiff"), "TIFF picture"),
    "rtf": "RTF document",
    "png": "PNG picture",
    "gif": "GIF picture",
    "webp": "WebP picture",
    "heic": "HEIC picture",
    "bmp": "BMP picture",
    "gz": "gzip archive",
    "7z": "7-Zip archive",
    "rar": "RAR archive",
    "ps": "PostScript document",
}
_NAMES = {"text": "plain text", "pdf": "a PDF", "email": "an e-mail"}

_HEADER_LINE = re.compile(rb"([!-9;-~]+)[ \t]*:")
_MAIL_HEADERS = frozenset(
    b"from to cc subject date message-id mime-version received return-path content-type delivered-to reply-to sender "
    b"dkim-signature x-mailer".split()
)
_TRANSPORT_HEADERS = frozenset((b"message-id", b"mime-version", b"received", b"return-path"))
_HEADER_BYTES = 65536  # of the start of a message, searched for header lines
_PDF_HEADER_BYTES = 1024  # readers look this far for "%PDF-" (ISO 32000-1, annex H.3.4.1)


def identify(*, content: bytes, name: str) -> Kind:
    """The kind of `content`. Whatever is not known by its first bytes is "text": decoding it decides.

    Raises ExtractionProblem `unsupported_kind`, or `extension_mismatch` where the extension of `name` says otherwise.
    An unknown extension, or none, contradicts nothing.
    """
    extension = _extension(name)
    kind = _sniff(content, extension=extension)
    expected = _BY_EXTENSION.get(extension)
    if expected is not None and expected != kind:
        found = f"it ends in .{extension}, its content is {_NAMES.get(kind, kind)}"
        if kind == "text":
            found = f"it ends in .{extension}, its content is not {_NAMES.get(expected, 'of that kind')}"
        raise ExtractionProblem("extension_mismatch", found=found)
    match kind:
        case "text" | "pdf" | "email":
            return kind
    raise ExtractionProblem("unsupported_kind", found=kind)


def _extension(name: str) -> str:
    stem, dot, extension = name.replace("\\", "/").rsplit("/", 1)[-1].rpartition(".")
    return extension.strip().lower() if dot and stem else ""


def _sniff(content: bytes, *, extension: str) -> str:
    for magic, kind in _FOREIGN_MAGIC:
        if content.startswith(magic):
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WebP picture"
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypheif"):
        return "HEIC picture"
    if content.startswith(b"BM") and content[6:10] == b"\0\0\0\0":
        return "BMP picture"
    if _is_pdf(content):
        return "pdf"
    if _is_email(content, extension=extension):
        return "email"
    return _sniff_text(content, extension=extension)


def _is_pdf(content: bytes) -> bool:
    at = content.find(b"%PDF-", 0, _PDF_HEADER_BYTES)
    # Junk before the header is allowed, but a text may quote the marker: then no binary or object line follows it.
    return at == 0 or (
        at > 0 and (not content[:at].strip(b"\xef\xbb\xbf \t\r\n\0") or b" obj" in content[at : at + 4096])
    )


def _is_email(content: bytes, *, extension: str) -> bool:
    """Whether header lines stand at the start. Without the extension .eml it takes three, one of them of transport."""
    if extension not in ("eml", "") and extension in _BY_EXTENSION:
        return False
    names = _header_names(content)
    if extension == "eml":
        return bool(names & _MAIL_HEADERS)
    return len(names & _MAIL_HEADERS) >= 3 and bool(names & _TRANSPORT_HEADERS)


def _header_names(content: bytes) -> set[bytes]:
    head = content[:_HEADER_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    names = set()
    for number, line in enumerate(head.splitlines()):
        header = _HEADER_LINE.match(line)
        if header:
            names.add(header[1].lower())
        elif not line[:1].isspace() and not (number == 0 and line.startswith((b"From ", b">From "))):
            break
    return names


def _sniff_text(content: bytes, *, extension: str) -> str:
    if _BY_EXTENSION.get(extension) == "text":
        return "text"
    start = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return "HTML page" if start.startswith((b"<!doctype html", b"<html")) else "text"
