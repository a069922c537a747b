"""Lines of a page from the pieces that a PDF draws: rows joined, order mended, blank lines put back.

A PDF has no blank lines, only gaps. A gap of about k leadings is k - 1 blank lines. All coordinates are points, y
upwards; nothing here knows a PDF library.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from documents.extraction.columns import Piece

SAME_ROW = 4.0  # points: a superscript or a jittering table cell still stands on its row
MAX_BLANKS = 120  # blank lines that one gap may become: an empty page at small leading, not more
MAX_EDGE_BLANKS = 5  # blank lines that may be put back at the top or bottom of a page
_CUT = "  "  # what a piece begins with that was cut from the one before it in its row
_LEVEL_SHARE = 0.6  # of the rows of the smallest of blocks side by side that must stand on rows of another, for cells
_LEVEL = 1.0  # points between the baselines of two cells of a row, at most
_FEWEST_CELLS = 3  # rows of the smallest block: two lines beside a text may be a stamp
_MOST_SPACES = 60  # that the gap between two cells may become
_LAST_CHARACTER = 4.0  # points: about the width of the character whose origin is a piece's right end
_GRID_ERROR = 0.04  # of a leading: how far a row may stand off its grid
_GRID_SHARE = 0.95  # of the gaps that must be multiples of one leading for a grid
_FEW_GAPS = 5  # of a file: up to here each may be a blank line
_LOOSEST = 1.75  # font sizes: a leading is hardly ever more
_LEADING_OF_SIZE = 1.3  # font sizes: nearest to the usual leadings of 1.1 to 1.5
_COMMON_SHARE = 0.15  # of the gaps: the smallest gap as common as this is the leading where there is no grid


class Fragment(NamedTuple):
    """A run of characters that the PDF library calls a line. No dataclass: the worker's start counts, and its loops."""

    text: str
    left: float  # x of its first character's origin
    right: float  # x of its last character's origin
    baseline: float  # y


Row = tuple[str, float]  # text and baseline


def lay_out(pages: Sequence[Sequence[Row]], *, type_size: float = 0.0) -> list[list[str]]:
    """Lines of each page, blank ones put back. Rows come as `arrange` gives them; a page without rows has no lines.

    `type_size`, the font size in points if it is known, helps where there are too few gaps to know the leading by.
    """
    gaps = [_gaps(rows) for rows in pages]
    known = [gap for page in gaps for gap in page]
    if 0 < len(known) <= _FEW_GAPS and min(known) > type_size * _LOOSEST > 0:
        return [_fill(rows, leading=type_size * _LEADING_OF_SIZE) for rows in pages]
    grid = _find_grid(known)
    usual = grid or _find_common(known)
    on_grid = [grid is not None and _fits(page, grid) for page in gaps]
    laid = []
    for rows, page, fits in zip(pages, gaps, on_grid, strict=True):
        leading = grid if fits else _find_grid(page, at_least=8) or _find_common(page, at_least=6) or usual
        laid.append(_fill(rows, leading=leading))
    if grid:
        _fill_edges(laid, pages=pages, on_grid=on_grid, leading=grid)
    return laid


def arrange(fragments: Sequence[Fragment], *, by_position: bool = False) -> list[Row]:
    """Rows in reading order: the order drawn, mended where a block stands wholly above what was drawn before it.

    `by_position` goes by rows alone, from the top, each from left to right: for filled forms, whose values are drawn
    after all labels.
    """
    if by_position:
        fragments = _sort_by_position(fragments)
    elif any(piece.text.startswith(_CUT) and piece.baseline == left.baseline for left, piece in pairwise(fragments)):
        fragments = _order_columns(fragments)
    rows: list[Fragment] = []
    for piece in fragments:
        if rows and abs(piece.baseline - rows[-1].baseline) <= SAME_ROW and piece.left >= rows[-1].right:
            text, left, _, baseline = rows[-1]
            joint = "" if text.endswith(" ") or piece.text.startswith(" ") else " "
            rows[-1] = Fragment(text + joint + piece.text, left, piece.right, baseline)
        else:
            rows.append(piece)
    return [(row.text.rstrip(), row.baseline) for row in (rows if by_position else _order_blocks(rows))]


def median(values: Sequence[float]) -> float:
    """The middle value, the upper one of two. (The module `statistics` would add to the worker's start.)"""
    return sorted(values)[len(values) // 2]


def _sort_by_position(fragments: Sequence[Fragment]) -> list[Fragment]:
    placed: list[Fragment] = []
    row: list[Fragment] = []
    for piece in sorted(fragments, key=lambda piece: -piece.baseline):
        if row and row[0].baseline - piece.baseline > SAME_ROW:
            placed += sorted(row, key=lambda piece: piece.left)
            row = []
        row.append(piece)
    return placed + sorted(row, key=lambda piece: piece.left)


def _order_blocks(rows: list[Fragment]) -> list[Fragment]:
    """Rows as drawn, but blocks (runs of descending rows) that do not share any height are sorted from the top.

    So a header drawn last or a footer drawn first comes where it stands, and columns of prose side by side stay one
    after the other; labels and values, or the columns of a table, that were drawn apart are brought together.
    """
    blocks: list[list[Fragment]] = []
    for row in rows:
        if blocks and row.baseline <= blocks[-1][-1].baseline:
            blocks[-1].append(row)
        else:
            blocks.append([row])
    if len(blocks) < 2:
        return rows
    by_top = sorted(range(len(blocks)), key=lambda index: -blocks[index][0].baseline)
    groups: list[list[int]] = []
    bottom = 0.0
    for index in by_top:
        block = blocks[index]
        if groups and block[0].baseline >= bottom:
            groups[-1].append(index)
            bottom = min(bottom, block[-1].baseline)
        else:
            groups.append([index])
            bottom = block[-1].baseline
    return [row for group in groups for row in _join_cells([blocks[index] for index in sorted(group)])]


def _join_cells(blocks: Sequence[list[Fragment]]) -> list[Fragment]:
    """The rows of blocks side by side: read across where the rows of one stand on those of another, as cells do, and
    are no running text; else one block after the other."""
    as_drawn = [row for block in blocks for row in block]
    if len(blocks) < 2:
        return as_drawn
    smallest = min(blocks, key=len)
    others = [row for block in blocks if block is not smallest for row in block]
    level = sum(1 for row in smallest if any(_is_beside(row, other) for other in others))
    if len(smallest) < _FEWEST_CELLS or level < _LEVEL_SHARE * len(smallest):
        return as_drawn
    from documents.extraction.columns import group_rows, has_columns  # few pages need it, and each worker would pay

    pieces = _as_pieces(as_drawn)
    if has_columns(pieces):
        return as_drawn
    return [_join_row([as_drawn[number] for number in row]) for row in group_rows(pieces, range(len(pieces)))]


def _is_beside(one: Fragment, other: Fragment) -> bool:
    return abs(one.baseline - other.baseline) <= _LEVEL and (one.left >= other.right or other.left >= one.right)


def _join_row(row: Sequence[Fragment]) -> Fragment:
    """Cells side by side as one line, with spaces for the gaps."""
    text = row[0].text
    for before, cell in pairwise(row):
        step = max(1.0, (cell.right - cell.left) / max(1, len(cell.text) - 1))
        spaces = round((cell.left - before.right) / step) - 1
        text = text.rstrip() + " " * min(max(spaces, 1), _MOST_SPACES) + cell.text.lstrip()
    return Fragment(text, row[0].left, row[-1].right, row[0].baseline)


def _order_columns(fragments: Sequence[Fragment]) -> Sequence[Fragment]:
    """Columns of prose that were drawn line by line across the page, one after the other."""
    from documents.extraction.columns import has_columns, order_rows

    pieces = _as_pieces(fragments)
    if not has_columns(pieces):
        return fragments
    ordered = [fragments[number] for row in order_rows(pieces) for number in row]
    return [piece._replace(text=piece.text.strip()) for piece in ordered]


def _as_pieces(fragments: Sequence[Fragment]) -> "list[Piece]":
    from documents.extraction.columns import Piece

    return [
        Piece(piece.text, piece.left, piece.right + _LAST_CHARACTER, -piece.baseline, 2 * SAME_ROW)
        for piece in fragments
    ]


def _gaps(rows: Sequence[Row]) -> list[float]:
    """Distances from row to row, downwards, in hundredths of a point so that equal ones count as equal."""
    drops = (round(above[1] - below[1], 2) for above, below in pairwise(rows))
    return [drop for drop in drops if drop > SAME_ROW]


def _fits(gaps: Iterable[float], leading: float) -> bool:
    counts = Counter(gaps)
    hits = sum(count for gap, count in counts.items() if _is_multiple(gap, leading))
    return hits >= counts.total() * _GRID_SHARE


def _is_multiple(gap: float, leading: float) -> bool:
    rows = gap / leading
    return abs(rows - round(rows)) <= _GRID_ERROR


def _find_grid(gaps: Iterable[float], *, at_least: int = 2) -> float | None:
    """The leading of which nearly all gaps are whole multiples, if there is one."""
    counts = Counter(gaps)
    if counts.total() < at_least:
        return None
    for candidate in sorted(counts)[:8]:
        close = [gap for gap in counts if abs(gap - candidate) <= candidate * _GRID_ERROR]
        leading = max(close, key=lambda gap: counts[gap])
        hits = sum(count for gap, count in counts.items() if _is_multiple(gap, leading))
        if hits >= counts.total() * _GRID_SHARE:
            return leading
    return None


def _find_common(gaps: Iterable[float], *, at_least: int = 1) -> float | None:
    """The smallest gap that is common: the leading of running text beside headings and paragraph spacing."""
    counts = Counter(round(gap, 1) for gap in gaps)
    total = counts.total()
    if total < at_least or not total:
        return None
    common = [gap for gap, count in counts.items() if count >= total * _COMMON_SHARE]
    return min(common) if common else median(list(counts.elements()))


def _fill(rows: Sequence[Row], *, leading: float | None) -> list[str]:
    lines: list[str] = []
    above: float | None = None
    for text, baseline in rows:
        if above is not None and leading:
            blanks = int((above - baseline) / leading + 0.5) - 1
            if blanks > 0:
                lines += [""] * min(blanks, MAX_BLANKS)
        lines.append(text)
        above = baseline
    return lines


def _fill_edges(
    laid: list[list[str]], *, pages: Sequence[Sequence[Row]], on_grid: Sequence[bool], leading: float
) -> None:
    """Put back blank lines at the top and bottom of pages, where a text was drawn row by row on the same grid.

    Only where that is plain: most pages begin (end) on the same row, and this one a few whole leadings below (above).
    What is blank at the bottom of the last page is unknown.
    """
    used = [index for index, rows in enumerate(pages) if rows and on_grid[index]]
    if len(used) < 2:
        return
    tops = {index: pages[index][0][1] for index in used}
    for index, blanks in _missing_rows(tops, edge=max(tops.values()), leading=leading).items():
        laid[index][:0] = [""] * blanks
    bottoms = {index: pages[index][-1][1] for index in used if index != len(pages) - 1}
    if len(bottoms) < 2:
        return
    for index, blanks in _missing_rows(bottoms, edge=min(bottoms.values()), leading=leading).items():
        laid[index] += [""] * blanks


def _missing_rows(edges: dict[int, float], *, edge: float, leading: float) -> dict[int, int]:
    """Rows between each page's own first (last) row and the `edge` that most pages keep near; none if they do not."""
    missing = {}
    for index, own in edges.items():
        rows = abs(own - edge) / leading
        if abs(rows - round(rows)) <= _GRID_ERROR and round(rows) <= MAX_EDGE_BLANKS:
            missing[index] = round(rows)
    return missing if len(missing) * 2 > len(edges) else {}
