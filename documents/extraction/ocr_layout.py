"""Lines of a page from the words that Tesseract found: rows joined over its blocks, gaps kept, blank lines put back.

Tesseract cuts a table into columns and gives each as a block of its own; a label and its value, or an analyte and its
result, would come pages apart. So words go by their places alone (see `columns`), as in a PDF's text layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan, degrees, radians, tan
from statistics import median

from documents.extraction.certainty import measure_confidence
from documents.extraction.columns import Piece, Row, has_columns, order_rows
from documents.extraction.tesseract import Word

_WIDE = 2.2  # characters: a gap from here on parts pieces
_WIDEST_GAP = 60  # spaces
_WIDEST_INDENT = 40  # spaces
_MOST_BLANKS = 60  # lines that one gap may become
_LOOSEST = 3.5  # heights: the distance of two rows is a leading up to here
_NOISE = 30.0  # percent: below, a word without a letter or digit is a speck
_LONG_LINE = 5  # words, from which on a line tells the slant of the page


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognised:
    """The lines of a page; `confidences` in percent, None for a blank line."""

    lines: list[str]
    confidences: list[int | None]

    @property
    def confidence(self) -> float:
        """Of the page, in percent; 0 for one without words."""
        return measure_confidence(lines=self.lines, confidences=self.confidences)


@dataclass(frozen=True, slots=True)
class _WordPiece:
    piece: Piece
    sure: float  # sum of confidence times characters
    characters: int


def lay_out(words: Sequence[Word]) -> Recognised:
    """The words of one page as lines."""
    kept = [word for word in words if word.confidence >= _NOISE or any(map(str.isalnum, word.text))]
    if not kept:
        return Recognised(lines=[], confidences=[])
    step = median((word.right - word.left) / len(word.text) for word in kept)
    slope = tan(radians(measure_slant(kept)))
    pieces = _make_pieces(kept, step=step, slope=slope)
    rows = order_rows([each.piece for each in pieces])
    blanks_before = _blanks_before(rows, [each.piece for each in pieces])
    indents = _find_indents(rows, [each.piece for each in pieces], step=step, slope=slope)
    lines: list[str] = []
    confidences: list[int | None] = []
    for row, blanks, indent in zip(rows, blanks_before, indents, strict=True):
        lines += [""] * blanks
        confidences += [None] * blanks
        lines.append(" " * indent + _join([pieces[number].piece for number in row], step=step))
        characters = sum(pieces[number].characters for number in row)
        confidences.append(round(sum(pieces[number].sure for number in row) / characters))
    return Recognised(lines=lines, confidences=confidences)


def measure_slant(words: Sequence[Word]) -> float:
    """By how many degrees the lines sink from left to right; 0 where no line is long enough to tell."""
    lines: dict[tuple[int, int, int], list[Word]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    slopes = []
    for line in lines.values():
        if len(line) < _LONG_LINE:
            continue
        xs = [(word.left + word.right) / 2 for word in line]
        ys = [(word.top + word.bottom) / 2 for word in line]
        middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
        spread = sum((x - middle_x) ** 2 for x in xs)
        if spread:
            slopes.append(sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread)
    return degrees(atan(median(slopes))) if slopes else 0.0


def _make_pieces(words: Sequence[Word], *, step: float, slope: float) -> list[_WordPiece]:
    """Words of a line of Tesseract's that stand near one another."""
    pieces: list[_WordPiece] = []
    run: list[Word] = []
    for word in words:
        if run and (word.line != run[-1].line or not -step <= word.left - run[-1].right <= _WIDE * step):
            pieces.append(_make_piece(run, slope=slope))
            run = []
        run.append(word)
    if run:
        pieces.append(_make_piece(run, slope=slope))
    return pieces


def _make_piece(run: Sequence[Word], *, slope: float) -> _WordPiece:
    bottoms = [word.bottom - slope * word.left for word in run]
    heights = [word.bottom - word.top for word in run]
    return _WordPiece(
        piece=Piece(
            text=" ".join(word.text for word in run),
            left=run[0].left,
            right=run[-1].right,
            bottom=median(bottoms),
            height=max(1.0, median(heights)),
        ),
        sure=sum(max(0.0, word.confidence) * len(word.text) for word in run),
        characters=sum(len(word.text) for word in run),
    )


def _join(row: Sequence[Piece], *, step: float) -> str:
    text = row[0].text
    for before, piece in pairwise(row):
        gap = (piece.left - before.right) / step if step else 1.0
        text += " " * (min(round(gap), _WIDEST_GAP) if gap >= _WIDE else 1) + piece.text
    return text


def _find_indents(rows: Sequence[Row], pieces: Sequence[Piece], *, step: float, slope: float) -> list[int]:
    """By how many spaces each row is set in from the left edge of the page's text; 0 where columns stand side by side.

    The edge is the leftmost place at which two rows begin: a speck in the margin is none.
    """
    if not step or has_columns(pieces):
        return [0] * len(rows)
    # A page that is turned a little leans: its edge wanders from row to row.
    lefts = [pieces[row[0]].left + slope * pieces[row[0]].bottom for row in rows]
    ordered = sorted(lefts)
    edge = next((one for one, other in pairwise(ordered) if other - one < step), ordered[0])
    indents = [round((left - edge) / step) for left in lefts]
    return [min(indent, _WIDEST_INDENT) if indent >= _WIDE else 0 for indent in indents]


def _blanks_before(rows: Sequence[Row], pieces: Sequence[Piece]) -> list[int]:
    """How many blank lines stand before each row. A row further up begins a column: one."""
    bottoms = [median(pieces[number].bottom for number in row) for row in rows]
    heights = [median(pieces[number].height for number in row) for row in rows]
    gaps = [below - above for above, below in pairwise(bottoms)]
    usual = [gap for gap, height in zip(gaps, heights[1:], strict=True) if 0 < gap <= _LOOSEST * height]
    # Of the nearer three fifths the middle: the leading of running text, beside headings and paragraph spacing.
    nearer = sorted(usual)[: max(1, len(usual) * 3 // 5)]
    leading = median(nearer) if nearer else median(heights) * 1.5
    blanks = [0]
    for gap in gaps:
        blanks.append(1 if gap <= 0 else min(max(int(gap / leading + 0.4) - 1, 0), _MOST_BLANKS))
    return blanks
