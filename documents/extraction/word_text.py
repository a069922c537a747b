"""WordprocessingML (ISO/IEC 29500-1) to lines: paragraphs, rows of tables, text boxes, page breaks.

Elements are known by their local names, because there are two namespaces for the same (transitional and strict).
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from documents.extraction.refusing import Refused

_BREAK = "\f"  # within the text of a paragraph: the page ends here
_WIDEST_CELL = 40  # characters up to which the cells of a column are lined up
_GAP = "   "  # between two cells
_MOST_LINES_IN_ROW = 12  # of a cell, up to which a row is printed side by side; longer ones are a layout, not a table
_DROPPED = frozenset(
    ("del", "moveFrom", "instrText", "delText", "fldData", "Fallback", "pPr", "rPr", "sectPr", "tblPr", "tblGrid")
)
_OFF = frozenset(("0", "false", "off"))


def local_name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


class Pages:
    """Lines, page by page. A page that Word only laid out (`lastRenderedPageBreak`) counts like one that was asked for,
    but not both at one place."""

    def __init__(self, *, max_characters: int, max_lines: int) -> None:
        self._pages: list[list[str]] = [[]]
        self._left = self._most = max_characters
        self._lines_left = self._most_lines = max_lines
        self.hidden = False

    def add(self, line: str) -> None:
        self._left -= len(line) + 1
        if self._left < 0:
            raise Refused("too_large", f"its text unfolds to more than {self._most:,} characters")
        self._lines_left -= 1
        if self._lines_left < 0:
            raise Refused("too_large", f"its text unfolds to more than {self._most_lines:,} lines")
        self._pages[-1].append(line.rstrip())

    def add_blank(self) -> None:
        """A blank line, unless there is one, or nothing above."""
        if self._pages[-1] and self._pages[-1][-1]:
            self.add("")

    def turn(self) -> None:
        """Begin a page, unless this one is still empty."""
        if any(self._pages[-1]):
            self._pages.append([])

    def finish(self) -> list[list[str]]:
        return self._pages


def read_block(block: Any, *, pages: Pages) -> None:
    """A paragraph, a table, or what holds them."""
    match local_name(block):
        case "p":
            _read_paragraph(block, pages=pages)
        case "tbl":
            _read_table(block, pages=pages)
        case "sdt" | "sdtContent" | "customXml" | "ins" | "moveTo" | "smartTag":
            for child in block:
                read_block(child, pages=pages)


def read_note(note: Any, *, pages: Pages) -> None:
    """A footnote or endnote; the separators between body and notes are no text."""
    if _attribute(note, "type") is not None:
        return
    words = " ".join(line for block in note for line in _lines_of(block, pages=pages) if line.strip(" \f"))
    if words:
        pages.add_blank()
        pages.add(words.replace(_BREAK, " "))


def _read_paragraph(paragraph: Any, *, pages: Pages) -> None:
    properties = _child(paragraph, "pPr")
    if properties is not None and _is_on(properties, "pageBreakBefore"):
        pages.turn()
    if properties is not None and _is_heading(properties):
        pages.add_blank()
    pieces = _text_of(paragraph, pages=pages).split(_BREAK)
    for number, piece in enumerate(pieces):
        if number:
            pages.turn()
        if piece.strip() or len(pieces) == 1:
            for line in piece.split("\n"):
                pages.add(line)
    for box in _boxes_of(paragraph):
        for block in box:
            read_block(block, pages=pages)
    if properties is not None and _ends_section(properties):
        pages.turn()


def _text_of(node: Any, *, pages: Pages) -> str:
    """The words of a paragraph: LF for a line break, form feed for a page break; text boxes are not in it."""
    pieces: list[str] = []
    for child in node:
        match local_name(child):
            case "t":
                pieces.append((child.text or "").replace(_BREAK, " "))
            case "tab" | "ptab":
                pieces.append("\t")
            case "br":
                pieces.append(_BREAK if _attribute(child, "type") == "page" else "\n")
            case "cr":
                pieces.append("\n")
            case "lastRenderedPageBreak":
                pieces.append(_BREAK)
            case "noBreakHyphen":
                pieces.append("-")
            case "sym":
                pieces.append(_symbol(child))
            case "txbxContent":
                pass  # read behind its paragraph
            case "r" if _is_hidden(child):
                pages.hidden = True
            case name if name not in _DROPPED:
                pieces.append(_text_of(child, pages=pages))
    return "".join(pieces)


def _boxes_of(node: Any) -> Iterator[Any]:
    """The text boxes in a paragraph, in order; of two ways to draw the same, the first."""
    for child in node:
        name = local_name(child)
        if name == "txbxContent":
            yield child
        elif name not in _DROPPED:
            yield from _boxes_of(child)


def _read_table(table: Any, *, pages: Pages) -> None:
    rows = [_cells_of(row, pages=pages) for row in _rows_of(table)]
    widths = _widths(rows)
    for row in rows:
        if any(len(cell) > _MOST_LINES_IN_ROW for cell in row):
            for cell in row:
                _add_lines(cell, pages=pages)
            continue
        for side_by_side in zip_longest(*row, fillvalue=""):
            _add_lines([_line_up(side_by_side, widths=widths)], pages=pages)


def _add_lines(lines: Sequence[str], *, pages: Pages) -> None:
    for line in lines:
        if _BREAK in line:
            pages.turn()
        pages.add(line.replace(_BREAK, ""))


def _rows_of(table: Any) -> Iterator[Any]:
    for child in table:
        name = local_name(child)
        if name == "tr":
            yield child
        elif name in ("sdt", "sdtContent", "customXml", "ins"):
            yield from _rows_of(child)


def _cells_of(row: Any, *, pages: Pages) -> list[list[str]]:
    """The lines of each cell. A deleted row has none."""
    properties = _child(row, "trPr")
    if properties is not None and _child(properties, "del") is not None:
        return []
    cells: list[list[str]] = []
    for child in row:
        name = local_name(child)
        if name == "tc":
            lines = [line for block in child for line in _lines_of(block, pages=pages)]
            cells.append(_trim(lines))
        elif name in ("sdt", "sdtContent", "customXml"):
            cells += _cells_of(child, pages=pages)
    return cells


def _lines_of(block: Any, *, pages: Pages) -> list[str]:
    """The lines of a block in a cell; those of a table in it are rows."""
    own = Pages(max_characters=10**9, max_lines=10**9)
    read_block(block, pages=own)
    pages.hidden |= own.hidden
    first, *further = own.finish()
    lines = list(first)
    for page in further:
        lines += [_BREAK + page[0], *page[1:]] if page else []
    return lines


def _trim(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip(" \t"):
        lines.pop(0)
    return lines


def _widths(rows: Sequence[Sequence[Sequence[str]]]) -> list[int]:
    """The width of each column: its widest cell that is no long one."""
    widths: list[int] = []
    for row in rows:
        for column, cell in enumerate(row):
            widest = max((len(line) for line in cell if len(line) <= _WIDEST_CELL), default=0)
            if column == len(widths):
                widths.append(0)
            widths[column] = max(widths[column], widest)
    return widths


def _line_up(cells: Sequence[str], *, widths: Sequence[int]) -> str:
    return _GAP.join(cell.replace("\t", " ").ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()


def _child(node: Any, name: str) -> Any:
    return next((child for child in node if local_name(child) == name), None)


def _attribute(node: Any, name: str) -> str | None:
    """An attribute by its local name."""
    return next((value for key, value in node.items() if key.rpartition("}")[2] == name), None)


def _is_on(properties: Any, name: str) -> bool:
    found = _child(properties, name)
    return found is not None and _attribute(found, "val") not in _OFF


def _is_hidden(run: Any) -> bool:
    properties = _child(run, "rPr")
    return properties is not None and _is_on(properties, "vanish")


def _is_heading(properties: Any) -> bool:
    style = _child(properties, "pStyle")
    name = (_attribute(style, "val") or "").lower() if style is not None else ""
    return name.startswith(("heading", "title", "titre", "titulo", "ttulo", "berschrift", "titel", "überschrift"))


def _ends_section(properties: Any) -> bool:
    """Whether the section that ends with this paragraph is followed by a new page (which is the default)."""
    section = _child(properties, "sectPr")
    if section is None:
        return False
    kind = _child(section, "type")
    return kind is None or _attribute(kind, "val") not in ("continuous", "nextColumn")


def _symbol(node: Any) -> str:
    """A glyph by its code in a symbol font, which is a private-use one."""
    try:
        return chr(int(_attribute(node, "char") or "", 16))
    except (ValueError, OverflowError):
        return ""
