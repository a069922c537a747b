"""Pieces of text on a page to rows in reading order: table cells and labels with values side by side, columns of prose
one after the other.

A page knows only where words stand. What stands side by side is read across, as in a table or a form, unless both
sides are running text over several rows: then it is two columns of a letter, and the left one is read first.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_FEWEST_ROWS = 4  # of each column
_FEWEST_CHARACTERS = 22  # of the middle piece of a column: table cells are shorter
_FEWEST_WORDS = 4
_NARROWEST = 0.8  # heights: a gutter is at least this wide
_FILLED = 0.5  # of the rows between the first and the last of a band must have words on both sides, at least
_FAR = 2.5  # usual distances of rows, from which on a row with words on one side only is below the columns
_MOST_COLUMNS = 4  # a newsletter has no more


class Piece(NamedTuple):
    """Words that belong together in one row. Coordinates in any unit, y downwards."""

    text: str
    left: float
    right: float
    bottom: float  # of its baseline
    height: float


Row = list[int]  # numbers of pieces, from left to right


def order_rows(pieces: Sequence[Piece]) -> list[Row]:
    """Rows in reading order; each piece is in one row."""
    return _order(pieces, rows=group_rows(pieces, range(len(pieces))), columns=_MOST_COLUMNS)


def has_columns(pieces: Sequence[Piece]) -> bool:
    """Whether running text stands side by side anywhere."""
    rows = group_rows(pieces, range(len(pieces)))
    return len(rows) >= _FEWEST_ROWS and _find_band(pieces, rows) is not None


def group_rows(pieces: Sequence[Piece], numbers: Sequence[int]) -> list[Row]:
    """Rows from the top: a piece stands in a row if the nearest of its pieces is beside it by half its height."""
    rows: list[Row] = []
    for number in sorted(numbers, key=lambda number: (pieces[number].bottom, pieces[number].left)):
        piece = pieces[number]
        for row in reversed(rows[-3:]):
            beside = min((pieces[other] for other in row), key=lambda other: abs(other.left - piece.left))
            shared = min(beside.bottom, piece.bottom) - max(beside.bottom - beside.height, piece.bottom - piece.height)
            near = shared >= 0.5 * min(beside.height, piece.height)
            if near and not any(_overlap(pieces[other], piece) for other in row):
                row.append(number)
                break
        else:
            rows.append([number])
    return [sorted(row, key=lambda number: pieces[number].left) for row in rows]


def _overlap(one: Piece, other: Piece) -> bool:
    shared = min(one.right, other.right) - max(one.left, other.left)
    return shared > 0.25 * min(one.right - one.left, other.right - other.left)


def _order(pieces: Sequence[Piece], *, rows: list[Row], columns: int) -> list[Row]:
    band = _find_band(pieces, rows) if columns > 1 and len(rows) >= _FEWEST_ROWS else None
    if band is None:
        return rows
    first, last, gutter = band
    sides: tuple[list[int], list[int]] = ([], [])
    for row in rows[first : last + 1]:
        for number in row:
            sides[pieces[number].left >= gutter].append(number)
    return [
        *_order(pieces, rows=rows[:first], columns=columns),
        *(row for side in sides for row in _order(pieces, rows=group_rows(pieces, side), columns=columns - 1)),
        *_order(pieces, rows=rows[last + 1 :], columns=columns),
    ]


def _find_band(pieces: Sequence[Piece], rows: Sequence[Row]) -> tuple[int, int, float] | None:
    """The rows that a gutter runs through with running text on both sides, and where the gutter is."""
    tops = [pieces[row[0]].bottom for row in rows]
    usual = _middle([below - above for above, below in pairwise(tops)])
    for gutter in _gutters(pieces, rows):
        first = last = -1
        best: tuple[int, int, float] | None = None
        for index, row in enumerate([*rows, []]):
            split = _split(pieces, row, gutter=gutter) if row else None
            is_far = bool(row) and last >= 0 and tops[index] - tops[index - 1] > _FAR * usual
            if split is None or (is_far and split != (True, True)):  # it is crossed, or the page or the columns end
                if first >= 0 and _is_prose(pieces, rows[first : last + 1], gutter=gutter):
                    found = (first, last, gutter)
                    best = found if best is None or last - first > best[1] - best[0] else best
                first = last = -1
            elif split == (True, True):
                first, last = (index if first < 0 else first), index
            elif first >= 0:
                last = index
        if best is not None:
            return best
    return None


def _gutters(pieces: Sequence[Piece], rows: Sequence[Row]) -> list[float]:
    """Where gaps lie over one another, the most common first."""
    gaps = [
        (pieces[left].right, pieces[right].left)
        for row in rows
        for left, right in pairwise(row)
        if pieces[right].left - pieces[left].right >= _NARROWEST * pieces[left].height
    ]
    if len(gaps) < _FEWEST_ROWS:
        return []
    edges = sorted({end - 0.01 for _, end in gaps})
    counted = [(sum(1 for start, end in gaps if start <= x < end), x) for x in edges]
    return [x for count, x in sorted(counted, reverse=True)[:6] if count >= _FEWEST_ROWS]


def _split(pieces: Sequence[Piece], row: Row, *, gutter: float) -> tuple[bool, bool] | None:
    """Whether the row has words left and right of the gutter; None where a piece crosses it."""
    left = right = False
    for number in row:
        piece = pieces[number]
        if piece.left >= gutter:
            right = True
        elif piece.right <= gutter:
            left = True
        else:
            return None
    return left, right


def _is_prose(pieces: Sequence[Piece], rows: Sequence[Row], *, gutter: float) -> bool:
    both = [row for row in rows if _split(pieces, row, gutter=gutter) == (True, True)]
    if len(both) < _FEWEST_ROWS or len(both) < _FILLED * len(rows):
        return False
    for is_right in (False, True):
        texts = [
            " ".join(pieces[number].text for number in row if (pieces[number].left >= gutter) == is_right)
            for row in both
        ]
        if _middle([len(text) for text in texts]) < _FEWEST_CHARACTERS:
            return False
        if _middle([len(text.split()) for text in texts]) < _FEWEST_WORDS:
            return False
    return True


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
