"""Why a file was refused, in the form of RFC 9457 (problem details): what is wrong, and what to do about it.

No detail carries a file's name or its words: they are the patient's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pennie.lib.refusals import Refusal

READABLE = "text (.txt), PDF with a text layer (.pdf) and e-mail (.eml)"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    status: int  # HTTP status that an API answers with
    title: str
    cure: str


_KINDS: Mapping[str, _Kind] = {
    "empty_file": _Kind(status=422, title="The file is empty", cure="Send it again; the transfer may have broken off."),
    "no_text": _Kind(
        status=422,
        title="The file has no text",
        cure="Send a file that has readable text in it.",
    ),
    "no_text_layer": _Kind(
        status=422,
        title="The PDF has no text layer",
        cure="It seems to be scanned. OCR is not there yet: run it through an OCR program, then send the result.",
    ),
    "encrypted": _Kind(
        status=422,
        title="The PDF is encrypted",
        cure="Open it with its password, save it without one (or print it to PDF), then send that file.",
    ),
    "corrupt": _Kind(
        status=422,
        title="The PDF cannot be read",
        cure="It is damaged or cut off. Export it again, or open it and print it to PDF, then send that file.",
    ),
    "too_large": _Kind(status=413, title="The file is too large", cure="Split it and send the pieces."),
    "too_many_pages": _Kind(status=413, title="The file has too many pages", cure="Split it and send the pieces."),
    "too_many_parts": _Kind(
        status=413,
        title="The e-mail has too many parts",
        cure="Save the attachments and send them as files of their own.",
    ),
    "too_deep": _Kind(
        status=413,
        title="The e-mail is nested too deeply",
        cure="Save the innermost messages and send them as files of their own.",
    ),
    "unsupported_kind": _Kind(
        status=415,
        title="This kind of file cannot be read yet",
        cure=f"Accepted today: {READABLE}. Save or print it as one of these.",
    ),
    "extension_mismatch": _Kind(
        status=415,
        title="The file is not what its name says",
        cure=f"Send the right file, or give it its right extension. Accepted today: {READABLE}.",
    ),
    "too_slow": _Kind(
        status=422,
        title="Reading the file took too long",
        cure="Split it, or open it and print it to PDF, then send that file.",
    ),
    "too_much_memory": _Kind(
        status=422,
        title="Reading the file took too much memory",
        cure="Split it, or open it and print it to PDF, then send that file.",
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
        cure="It is damaged or made to overload. Open it and print it to PDF, then send that file.",
    ),
}
CODES = frozenset(_KINDS)


class ExtractionProblem(Refusal):
    """A file that is refused. `code` is stable, one of `CODES`; `status` is the HTTP status for an API."""

    def __init__(self, code: str, *, found: str = "") -> None:
        """`found` says what this file has, in numbers or kinds ("2,412 pages; at most 2,000 are read")."""
        kind = _KINDS[code]
        detail = f"{kind.title}: {found}. {kind.cure}" if found else f"{kind.title}. {kind.cure}"
        super().__init__(code, title=kind.title, detail=detail, status=kind.status)
        self._found = found

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.code, self._found)


def _rebuild(code: str, found: str) -> ExtractionProblem:
    return ExtractionProblem(code, found=found)
