"""Why a file was refused, in the form of RFC 9457 (problem details): what is wrong, and what to do about it.

No detail carries a file's name or its words: they are the patient's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pennie.lib.refusals import Refusal

READABLE = (
    "text (.txt), PDF (.pdf), Word (.docx), HTML (.html), e-mail (.eml), pictures and faxes (.png, .jpg, .tif, .webp, "
    ".bmp), and ZIP archives of these (.zip)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    status: int  # HTTP status that an API answers with
    title: str
    cure: str
    cure_within: str | None = None  # of one file among several, where it is another


_PRINT_IT = "open it and print it to PDF, then send that file."
_RIGHT_NAME = "Send the right file, or give it its right extension."
_KINDS: Mapping[str, _Kind] = {
    "empty_file": _Kind(status=422, title="The file is empty", cure="Send it again; the transfer may have broken off."),
    "no_text": _Kind(
        status=422,
        title="The file has no text",
        cure="Send a file that has readable text in it; scan a page again that is too pale or blurred.",
        cure_within="",
    ),
    "ocr_unavailable": _Kind(
        status=422,
        title="The file is a scan, and character recognition is not installed",
        cure="Have Tesseract installed where PennieAI runs (Debian and Ubuntu: apt-get install tesseract-ocr "
        "tesseract-ocr-osd; macOS: brew install tesseract), or run the scan through an OCR program and send that.",
    ),
    "encrypted": _Kind(
        status=422,
        title="The file is encrypted",
        cure="Open it with its password, save it without one (or print it to PDF), then send that file.",
    ),
    "corrupt": _Kind(
        status=422,
        title="The file is damaged or cut off",
        cure=f"Send or export it again, or {_PRINT_IT}",
    ),
    "unsafe_archive": _Kind(
        status=422,
        title="The archive is not safe to unpack",
        cure="Pack the files anew, or send them one by one.",
    ),
    "too_large": _Kind(status=413, title="The file is too large", cure="Split it and send the pieces."),
    "too_many_pages": _Kind(status=413, title="The file has too many pages", cure="Split it and send the pieces."),
    "too_many_pixels": _Kind(
        status=413,
        title="A page has too many pixels",
        cure="Scan it at 300 dpi, or make the picture smaller.",
    ),
    "too_many_parts": _Kind(
        status=413,
        title="Too many files are in this one",
        cure="Send the attachments or files by themselves, or in several pieces.",
    ),
    "too_deep": _Kind(
        status=413,
        title="Files are nested too deeply in this one",
        cure="Unpack or save the innermost ones and send them as files of their own.",
    ),
    "unsupported_kind": _Kind(
        status=415,
        title="This kind of file cannot be read",
        cure=f"Accepted: {READABLE}. Save or print it as one of these.",
        cure_within="",
    ),
    "extension_mismatch": _Kind(
        status=415,
        title="The file is not what its name says",
        cure=f"{_RIGHT_NAME} Accepted: {READABLE}.",
        cure_within=_RIGHT_NAME,
    ),
    "too_slow": _Kind(
        status=422,
        title="Reading the file took too long",
        cure=f"Split it, or {_PRINT_IT}",
    ),
    "too_much_memory": _Kind(
        status=422,
        title="Reading the file took too much memory",
        cure=f"Split it, or {_PRINT_IT}",
    ),
    "unreadable": _Kind(
        status=422,
        title="The file cannot be opened",
        cure="Check its path, and your right to read it.",
    ),
    "defect": _Kind(
        status=500,
        title="PennieAI has a defect that this file brings out",
        cure="Please report it with this line, which holds nothing of the file.",
    ),
    "parser_crashed": _Kind(
        status=422,
        title="The file broke its parser",
        cure=f"It is damaged or made to overload. {_PRINT_IT[0].upper()}{_PRINT_IT[1:]}",
    ),
}
CODES = frozenset(_KINDS)


class ExtractionProblem(Refusal):
    """A file that is refused. `code` is stable, one of `CODES`; `status` is the HTTP status for an API."""

    def __init__(self, code: str, *, found: str = "") -> None:
        """`found` says what this file has, in numbers or kinds ("2,412 pages; at most 2,000 are read")."""
        kind = _KINDS[code]
        self._found = found
        self._said = f"{kind.title}: {found}." if found else f"{kind.title}."
        super().__init__(code, title=kind.title, detail=f"{self._said} {kind.cure}", status=kind.status)

    @property
    def detail_within(self) -> str:
        """`detail` for one file among several in an e-mail or archive: short, without the list of all kinds."""
        kind = _KINDS[self.code]
        cure = kind.cure if kind.cure_within is None else kind.cure_within
        return f"{self._said} {cure}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.code, self._found)


def _rebuild(code: str, found: str) -> ExtractionProblem:
    return ExtractionProblem(code, found=found)
