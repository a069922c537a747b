"""An HTML page as numbered lines: what a browser would show, rows of tables on one line each."""

import re
from contextlib import suppress

from documents.domain.lines import Part, SourceText, from_text
from documents.extraction.charsets import find_charset
from documents.extraction.confinement import run_confined
from documents.extraction.email_words import make_storable
from documents.extraction.limits import ExtractionLimits, check_volume
from documents.extraction.refusing import read_answer
from documents.extraction.text import decode_text

_WORKER = "documents.extraction.html_worker"
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_DETECTED_ANYWAY = frozenset(("utf_8", "latin_1", "cp1252", "ascii"))
_CHARSET_BYTES = 4096  # of the start, in which a page may name its encoding
_BLANK_LINES = 2  # at most in a row: a browser's margins say no more


def extract_html(*, content: bytes, name: str, limits: ExtractionLimits) -> SourceText:
    """Raises ExtractionProblem: `too_large`, `too_deep`, `unsupported_kind` for binary data, and as `run_confined`."""
    text, warnings = _decode(content)
    source = from_text(_thin_out(read_html(make_storable(text), limits=limits)))
    return SourceText(
        lines=source.lines,
        pages=source.pages,
        parts=(Part(name=name, kind="html", first_line=1),),
        warnings=warnings,
    )


def read_html(html: str, *, limits: ExtractionLimits) -> str:
    """The words of a page, read in a confined process. Raises as `extract_html`."""
    if not html.strip():
        return ""
    answer = read_answer(
        run_confined(
            module=_WORKER,
            arguments=(str(limits.max_characters),),
            content=html.encode("utf-8"),
            seconds=limits.seconds,
            memory_bytes=limits.memory_bytes,
            is_unwanted=limits.is_unwanted,
        )
    )
    check_volume(answer["text"], limits=limits)
    return make_storable(answer["text"])


def _decode(content: bytes) -> tuple[str, tuple[str, ...]]:
    """By byte order mark, then the encoding that the page names if all of it fits, then as for text."""
    named = _CHARSET.search(content, 0, _CHARSET_BYTES) or _XML_CHARSET.search(content, 0, _CHARSET_BYTES)
    charset = find_charset(named[1].decode("ascii")) if named else None
    if charset and charset not in _DETECTED_ANYWAY and not content.startswith(_MARKS):
        with suppress(ValueError):  # bytes that do not fit
            return content.decode(charset), ()
    decoded = decode_text(content)
    damaged = f"Some bytes are not valid {decoded.encoding}: the characters there are lost (shown as \ufffd)."
    return decoded.text, (damaged,) if decoded.damaged else ()


def _thin_out(text: str) -> str:
    """`text` without spaces at the ends of lines, and with two blank lines in a row at most, none at its edges."""
    lines: list[str] = []
    blanks = _BLANK_LINES
    for line in text.split("\n"):
        kept = line.rstrip()
        blanks = 0 if kept else blanks + 1
        if blanks <= _BLANK_LINES:
            lines.append(kept)
    return "\n".join(lines).strip("\n")
