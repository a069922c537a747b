"""Word documents and ZIP archives written for tests."""

import io
import zipfile
from collections.abc import Mapping, Sequence

_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
_CONTENT_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def paragraph(text: str = "", *, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def table(rows: Sequence[Sequence[str]]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def write_word(body: str, *, headers: Sequence[str] = (), others: Mapping[str, str] | None = None) -> bytes:
    """A .docx of what stands in <w:body>; `headers` are their paragraphs, `others` further parts by name."""
    relations, references = [], []
    parts: dict[str, str | bytes] = {"[Content_Types].xml": _CONTENT_TYPES}
    for number, header in enumerate(headers, 1):
        parts[f"word/header{number}.xml"] = f"<w:hdr {_NAMESPACES}>{header}</w:hdr>"
        relations.append(f'<Relationship Id="h{number}" Type="{_RELATION}/header" Target="header{number}.xml"/>')
        references.append(f'<w:headerReference r:id="h{number}"/>')
    section = f"<w:sectPr>{''.join(references)}</w:sectPr>" if references else ""
    parts["word/document.xml"] = f"<w:document {_NAMESPACES}><w:body>{body}{section}</w:body></w:document>"
    parts["word/_rels/document.xml.rels"] = f"<Relationships>{''.join(relations)}</Relationships>"
    return write_zip({**parts, **(others or {})})


def write_zip(files: Mapping[str, str | bytes], *, pack: bool = True) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if pack else zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0)), content, archive.compression)
    return buffer.getvalue()
