"""What kind of file some bytes are. The content decides; the extension must not contradict it."""

import re
from collections.abc import Mapping
from typing import Literal

from documents.extraction.problems import ExtractionProblem
from documents.extraction.zip_names import list_names

Kind = Literal["text", "pdf", "email", "word", "html", "zip", "image"]

# First bytes, named for people. The order matters where one is a prefix of another.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "RTF document"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (b"GIF87a", "GIF picture"),
    (b"GIF89a", "GIF picture"),
    (b"II*\x00", "TIFF picture"),
    (b"MM\x00*", "TIFF picture"),
    (b"II+\x00", "BigTIFF picture"),
    (b"MM\x00+", "BigTIFF picture"),
    (b"\x1f\x8b", "gzip archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ\x00", "xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"%!PS", "PostScript document"),
    (b"\x7fELF", "program"),
    (b"MZ\x90\x00", "program"),
)
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"heif", b"avif"))
_OLD_OFFICE = "old Office document or Outlook message"
_READ: Mapping[str, Kind] = {
    "text": "text",
    "pdf": "pdf",
    "email": "email",
    "Word document": "word",
    "HTML page": "html",
    "ZIP archive": "zip",
    **dict.fromkeys(("JPEG picture", "PNG picture", "TIFF picture", "WebP picture", "BMP picture"), "image"),
}
_BY_EXTENSION: Mapping[str, str] = {
    "pdf": "pdf",
    "eml": "email",
    **dict.fromkeys(("txt", "text", "md", "log", "csv", "tsv"), "text"),
    **dict.fromkeys(("docx", "docm", "dotx"), "Word document"),
    **dict.fromkeys(("html", "htm", "xhtml"), "HTML page"),
    "zip": "ZIP archive",
    **dict.fromkeys(("jpg", "jpeg", "jpe"), "JPEG picture"),
    **dict.fromkeys(("tif", "tiff"), "TIFF picture"),
    "png": "PNG picture",
    "webp": "WebP picture",
    "bmp": "BMP picture",
    **dict.fromkeys(("xlsx", "xlsm"), "Excel workbook"),
    **dict.fromkeys(("pptx", "pptm"), "PowerPoint presentation"),
    **dict.fromkeys(("odt", "ods", "odp"), "OpenDocument file"),
    **dict.fromkeys(("doc", "xls", "ppt", "msg", "dot"), _OLD_OFFICE),
    "rtf": "RTF document",
    "gif": "GIF picture",
    **dict.fromkeys(("heic", "heif", "avif"), "HEIC picture"),
    "gz": "gzip archive",
    "7z": "7-Zip archive",
    "rar": "RAR archive",
    "ps": "PostScript document",
}
_NAMES = {"text": "plain text", "pdf": "a PDF", "email": "an e-mail"}
_PDF_OR_WORD = "open it in Word or LibreOffice and save it as .docx or PDF"
_CURES: Mapping[str, str] = {
    _OLD_OFFICE: f"{_PDF_OR_WORD}; save a message as .eml",
    "RTF document": _PDF_OR_WORD,
    "OpenDocument file": _PDF_OR_WORD,
    "Excel workbook": "save it as .csv, or print it to PDF",
    "PowerPoint presentation": "print it to PDF",
    "HEIC picture": "save it as JPEG (an iPhone takes JPEG with Settings, Camera, Formats, Most Compatible)",
    "GIF picture": "save it as PNG",
    "BigTIFF picture": "save it as TIFF or PDF",
    **dict.fromkeys(
        ("gzip archive", "bzip2 archive", "xz archive", "7-Zip archive", "RAR archive"),
        "unpack it, and send the files or a ZIP of them",
    ),
    "PostScript document": "convert it to PDF",
}

_HEADER_LINE = re.compile(rb"([!-9;-~]+)[ \t]*:")
_MAIL_HEADERS = frozenset(
    b"from to cc subject date message-id mime-version received return-path content-type delivered-to reply-to sender "
    b"dkim-signature x-mailer".split()
)
_TRANSPORT_HEADERS = frozenset((b"message-id", b"mime-version", b"received", b"return-path"))
_HEADER_BYTES = 65536  # of the start of a message, searched for header lines
_PDF_HEADER_BYTES = 1024  # readers look this far for "%PDF-" (ISO 32000-1, annex H.3.4.1)
_HTML_PROLOGUE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?", re.IGNORECASE)
_HTML_START = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_HTML_TAG = re.compile(rb"<(?:html|head|body|table|div|p|span|h[1-6]|ul|br|meta)\b[^>]{0,500}>", re.IGNORECASE)


def identify(*, content: bytes, name: str) -> Kind:
    """The kind of `content`. Whatever is not known by its first bytes is "text": decoding it decides.

    Raises ExtractionProblem `unsupported_kind`, `extension_mismatch` where the extension of `name` says otherwise, or
    `encrypted` for an Office document that needs a password. An unknown extension, or none, contradicts nothing.
    """
    extension = _extension(name)
    found = _sniff(content, extension=extension)
    expected = _BY_EXTENSION.get(extension)
    if expected is not None and expected != found:
        told = f"it ends in .{extension}, its content is {_NAMES.get(found, _with_article(found))}"
        if found == "text":
            told = f"it ends in .{extension}, its content is not {_NAMES.get(expected, _with_article(expected))}"
        raise ExtractionProblem("extension_mismatch", found=told)
    kind = _READ.get(found)
    if kind is None:
        cure = _CURES.get(found)
        raise ExtractionProblem("unsupported_kind", found=_with_article(found) + (f"; {cure}" if cure else ""))
    return kind


def _with_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'EHORo' and not kind.startswith('HE') else 'a'} {kind}"


def _extension(name: str) -> str:
    stem, dot, extension = name.replace("\\", "/").rsplit("/", 1)[-1].rpartition(".")
    return extension.strip().lower() if dot and stem else ""


def _sniff(content: bytes, *, extension: str) -> str:
    if content.startswith(_ZIP_MAGIC):
        return _sniff_zip(content, extension=extension)
    if content.startswith(_OLE_MAGIC):
        if "EncryptedPackage".encode("utf-16-le") in content[:1_000_000]:
            raise ExtractionProblem("encrypted", found="an Office document with a password")
        return _OLD_OFFICE
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WebP picture"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "HEIC picture"
    if content.startswith(b"BM") and content[6:10] == b"\0\0\0\0":
        return "BMP picture"
    if _is_pdf(content):
        return "pdf"
    if _is_email(content, extension=extension):
        return "email"
    return _sniff_text(content, extension=extension)


def _sniff_zip(content: bytes, *, extension: str) -> str:
    """By what stands in it; by the extension where its directory is lost."""
    names = list_names(content)
    if any(name.startswith("word/") for name in names):
        return "Word document"
    if any(name.startswith("xl/") for name in names):
        return "Excel workbook"
    if any(name.startswith("ppt/") for name in names):
        return "PowerPoint presentation"
    if "mimetype" in names and "META-INF/manifest.xml" in names:
        return "OpenDocument file"
    expected = _BY_EXTENSION.get(extension, "")
    is_office = expected in ("Word document", "Excel workbook", "PowerPoint presentation", "OpenDocument file")
    return expected if is_office and len(names) <= 1 else "ZIP archive"


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
    """A page without <html> is one where its name says so and it has tags."""
    expected = _BY_EXTENSION.get(extension)
    if expected == "text":
        return "text"
    head = _without_nuls(content[:8192])
    if _starts_html(head) or (expected == "HTML page" and _HTML_TAG.search(head)):
        return "HTML page"
    return "text"


def _starts_html(head: bytes) -> bool:
    """Whether a page's first tag stands behind no more than comments. Each comment is looked at once: a pattern for
    several would try every way to divide them, for years on a few kilobytes."""
    prologue = _HTML_PROLOGUE.match(head)
    at = prologue.end() if prologue else 0
    while head.startswith(b"<!--", at):
        end = head.find(b"-->", at + 4)
        if end < 0:
            return False
        rest = head[end + 3 :].lstrip()
        at = len(head) - len(rest)
    return _HTML_START.match(head, at) is not None


def _without_nuls(head: bytes) -> bytes:
    """UTF-16 of Latin letters as bytes of the letters alone."""
    return head.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\0", b"")
