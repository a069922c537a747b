"""Lines of an upload's text as answers: JSON, or plain text for who accepts that."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer

from documents.domain.lines import SourceText
from documents.models import Document, Upload
from documents.operations.texts import load_text

MOST_LINES = 5_000  # of one answer


class PlainTextRenderer(BaseRenderer):
    """The lines alone, each with its end. A problem is JSON as everywhere."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        if "lines" not in data:
            return json.dumps(data)
        return "".join(f"{line['text']}\n" for line in data["lines"])


RENDERERS = [JSONRenderer, PlainTextRenderer]


def show_document_text(*, document: Document) -> dict[str, Any]:
    """All lines of the document, in the form of TextSerializer. Raises NoText."""
    text = load_text(upload=document.upload)
    lines = _show(text, first=document.start_line, last=document.end_line, noise=document.segmentation.noise_lines)
    return {
        "from_line": document.start_line,
        "to_line": document.end_line,
        "line_count": len(text.lines),
        "lines": lines,
        "next": None,
        "parts": _show_parts(text, first=document.start_line, last=document.end_line),
        "warnings": list(text.warnings),
    }


def show_upload_text(*, upload: Upload, from_line: int, to_line: int | None, address: str) -> dict[str, Any]:
    """The lines asked for, MOST_LINES of them at most, in the form of TextSerializer. Raises NoText."""
    text = load_text(upload=upload)
    noise = upload.current_segmentation.noise_lines if upload.current_segmentation else []
    wanted = min(to_line or len(text.lines), len(text.lines))
    last = min(wanted, from_line + MOST_LINES - 1)
    onward = f"{address}?from_line={last + 1}" + (f"&to_line={to_line}" if to_line else "")
    return {
        "from_line": from_line,
        "to_line": last,
        "line_count": len(text.lines),
        "lines": _show(text, first=from_line, last=last, noise=noise),
        "next": onward if last < wanted else None,
        "parts": _show_parts(text, first=from_line, last=last),
        "warnings": list(text.warnings),
    }


def _show(text: SourceText, *, first: int, last: int, noise: Collection[int]) -> list[dict[str, Any]]:
    noisy = frozenset(noise)
    return [
        {
            "line": line,
            "page": text.pages[line - 1],
            "text": text.lines[line - 1],
            "noise": line in noisy,
            "confidence": text.confidences[line - 1] if text.confidences else None,
        }
        for line in range(first, last + 1)
    ]


def _show_parts(text: SourceText, *, first: int, last: int) -> list[dict[str, Any]]:
    """Those that have lines among these; the first may begin before them."""
    ends = [*(part.first_line - 1 for part in text.parts[1:]), len(text.lines)]
    return [
        {"name": part.name, "kind": part.kind, "first_line": part.first_line}
        for part, end in zip(text.parts, ends, strict=True)
        if part.first_line <= last and end >= first
    ]
