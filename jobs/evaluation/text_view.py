"""A record's text as blocks between boundaries, with what the truth and each answer say beside it: for the report.

A block runs from one start to the next, of either side: within it nobody says that anything changes. Blank lines behind
a document count as its own here, as they do for an answer.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from documents.domain.accuracy.prediction import FoundDocument, FoundGap, Prediction
from documents.domain.accuracy.truth import TrueDocument, TrueGap, Truth
from documents.domain.accuracy.verdicts import Boundary, Outcome, list_boundaries, list_spans
from documents.domain.lines import fold, is_blank, strip_invisible

SHOWN_AHEAD = 5  # lines of a block that are always seen
SHOWN_BEHIND = 2
FOLDED_FROM = 8  # lines between them from which they are folded away

Kind = Literal["document", "gap", "nothing"]
Piece = TrueDocument | FoundDocument | TrueGap | FoundGap


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    text: str
    is_noise: bool
    is_page: bool  # a page begins with it


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What became of a start in one answer."""

    outcome: Outcome
    words: str
    is_error: bool  # one that is off is told twice, and is one error


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One side of a block."""

    kind: Kind
    is_even: bool  # neighbours are told apart by shade
    is_exact: bool  # the other side has a document of exactly these lines
    starts: Piece | None = None  # what begins here
    lines: int = 0  # of what begins here
    mark: Mark | None = None
    differs: frozenset[str] = frozenset()  # of title, type and date: those that are not the truth's


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    first_line: int
    last_line: int
    truth: Cell
    answers: Sequence[Cell]
    ahead: Sequence[Line]
    folded: Sequence[Line]
    behind: Sequence[Line]
    error: int | None  # number of the error that stands here, from 1

    @property
    def folded_first(self) -> int:
        return self.first_line + len(self.ahead)

    @property
    def behind_first(self) -> int:
        return self.folded_first + len(self.folded)

    @property
    def outcome(self) -> Outcome | None:
        """The worst of the answers' marks."""
        marks = {cell.mark.outcome for cell in self.answers if cell.mark}
        return next((each for each in _WORST_FIRST if each in marks), None)


_WORST_FIRST: tuple[Outcome, ...] = ("missed", "invented", "off", "right")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stretch:
    """A piece of one side with the blank lines behind it."""

    first: int
    last: int
    kind: Kind
    number: int
    piece: Piece | None
    is_exact: bool = False


def build_blocks(*, lines: Sequence[str], truth: Truth, predictions: Sequence[Prediction]) -> list[Block]:
    """The blocks of a text of at least one line, in order; they cover it."""
    spans = [list_spans(lines=lines, truth=truth.documents, prediction=each) for each in predictions]
    true = spans[0][0]
    exact = set(true).intersection(*(set(found) for _, found in spans))
    sides = [_lay_out(true, truth.documents, truth.gaps, lines=lines, exact=exact)]
    for (_, found), prediction in zip(spans, predictions, strict=True):
        sides.append(_lay_out(found, prediction.documents, prediction.gaps, lines=lines, exact=set(true) & set(found)))
    marks = [_mark_lines(list_boundaries(lines=lines, truth=truth.documents, prediction=each)) for each in predictions]
    noise = {line for run in predictions[0].noise for line in range(run.start_line, run.end_line + 1)}
    starts = sorted({stretch.first for side in sides for stretch in side})
    ends = [start - 1 for start in starts[1:]] + [len(lines)]
    blocks: list[Block] = []
    errors = 0
    for first, last in zip(starts, ends, strict=True):
        here, *others = (_find(side, first) for side in sides)
        answers = [
            _draw(each, first, mark=mark.get(first), truth=here) for each, mark in zip(others, marks, strict=True)
        ]
        is_error = any(map(_is_error, answers))
        errors += is_error
        shown = [_show(line, noise=number in noise) for number, line in enumerate(lines[first - 1 : last], start=first)]
        ahead, folded, behind = _fold_away(shown)
        blocks.append(
            Block(
                first_line=first,
                last_line=last,
                truth=_draw(here, first),
                answers=answers,
                ahead=ahead,
                folded=folded,
                behind=behind,
                error=errors if is_error else None,
            )
        )
    return blocks


def _lay_out(
    spans: Sequence[tuple[int, int]],
    documents: Sequence[TrueDocument | FoundDocument],
    gaps: Sequence[TrueGap | FoundGap],
    *,
    lines: Sequence[str],
    exact: set[tuple[int, int]],
) -> list[_Stretch]:
    """Documents, gaps and what neither holds, from the first line to the last."""
    pieces: list[_Stretch] = []
    for number, (span, document) in enumerate(zip(spans, documents, strict=True), start=1):
        pieces.append(
            _Stretch(
                first=span[0], last=span[1], kind="document", number=number, piece=document, is_exact=span in exact
            )
        )
    for gap in gaps:
        if 1 <= gap.start_line <= gap.end_line <= len(lines):
            pieces.append(_Stretch(first=gap.start_line, last=gap.end_line, kind="gap", number=0, piece=gap))
    laid: list[_Stretch] = []
    line = 1
    for piece in sorted(pieces, key=lambda each: each.first):
        if piece.first < line:  # two that overlap: what is left of the second
            if piece.last < line:
                continue
            piece = _Stretch(first=line, last=piece.last, kind=piece.kind, number=piece.number, piece=piece.piece)
        laid += _fill(line, piece.first - 1, lines=lines, is_first=not laid)
        laid.append(piece)
        line = piece.last + 1
    laid += _fill(line, len(lines), lines=lines, is_first=not laid)
    return laid


def _fill(first: int, last: int, *, lines: Sequence[str], is_first: bool) -> Iterator[_Stretch]:
    """The lines between two pieces, if any of them has words; blank ones go with the piece before them."""
    if first > last or (not is_first and all(map(is_blank, lines[first - 1 : last]))):
        return
    yield _Stretch(first=first, last=last, kind="nothing", number=0, piece=None)


def _find(side: Sequence[_Stretch], line: int) -> _Stretch:
    return side[bisect_right(side, line, key=lambda stretch: stretch.first) - 1]


def _mark_lines(boundaries: Sequence[Boundary]) -> dict[int, Mark]:
    """What is to be said at which line. A start that is off is told at both of its lines."""
    marks: dict[int, Mark] = {}
    for each in boundaries:
        if each.true is None or each.found is None:
            line = each.true or each.found or 1
            words = "not found" if each.outcome == "missed" else "nothing begins here"
            marks[line] = Mark(outcome=each.outcome, words=words, is_error=each.counted)
        elif each.true == each.found:
            marks[each.true] = Mark(outcome="right", words="begins here", is_error=False)
        else:
            count = f"{abs(each.off)} line{'' if abs(each.off) == 1 else 's'} {'late' if each.off > 0 else 'early'}"
            note = "" if each.counted else " (the first start is not counted)"
            told = f"found {count}, at line {each.found}{note}"
            marks[each.true] = Mark(outcome="off", words=told, is_error=each.counted)
            marks.setdefault(each.found, Mark(outcome="off", words=f"{count}, true is {each.true}", is_error=False))
    return marks


def _draw(stretch: _Stretch, line: int, *, mark: Mark | None = None, truth: _Stretch | None = None) -> Cell:
    is_start = stretch.first == line
    beside = truth.piece if truth and truth.first == line else None
    return Cell(
        kind=stretch.kind,
        is_even=stretch.number % 2 == 0,
        is_exact=stretch.is_exact,
        starts=stretch.piece if is_start else None,
        lines=stretch.last - stretch.first + 1,
        mark=mark,
        differs=_compare(beside, stretch.piece) if is_start else frozenset(),
    )


def _compare(label: Piece | None, document: Piece | None) -> frozenset[str]:
    if not isinstance(label, TrueDocument) or not isinstance(document, FoundDocument):
        return frozenset()
    unlike = {
        "title": label.is_title_scored and fold(label.title or "") != fold(document.title or ""),
        "type": label.is_type_scored and label.type != document.type,
        "date": bool(label.date) and (document.date or "")[:10] != label.date,
    }
    return frozenset(name for name, differs in unlike.items() if differs)


def _is_error(cell: Cell) -> bool:
    """Whether one jumps here: a wrong start, or a wrong type or date of an exact document."""
    return bool(cell.mark and cell.mark.is_error) or (cell.is_exact and bool(cell.differs & {"type", "date"}))


def _show(text: str, *, noise: bool) -> Line:
    return Line(text=strip_invisible(text.replace("\f", "")), is_noise=noise, is_page="\f" in text)


def _fold_away(lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line], Sequence[Line]]:
    """Lines that are seen, that are folded away, and that are seen behind them."""
    middle = len(lines) - SHOWN_AHEAD - SHOWN_BEHIND
    if middle < FOLDED_FROM:
        return lines, (), ()
    return lines[:SHOWN_AHEAD], lines[SHOWN_AHEAD:-SHOWN_BEHIND], lines[-SHOWN_BEHIND:]


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """One document or gap of a side on the overview, in thousandths of the file's length."""

    start: float
    width: float
    kind: Kind
    is_even: bool
    is_exact: bool
    block: int  # first line of the block that it begins


def draw_overview(*, blocks: Sequence[Block], side: int | None = None) -> list[Band]:
    """The bands of one answer, or of the truth: None."""
    total = blocks[-1].last_line
    bands: list[Band] = []
    for block in blocks:
        cell = block.truth if side is None else block.answers[side]
        if cell.starts is None and bands:
            continue
        bands.append(
            Band(
                start=1000 * (block.first_line - 1) / total,
                width=1000 * cell.lines / total,
                kind=cell.kind,
                is_even=cell.is_even,
                is_exact=cell.is_exact,
                block=block.first_line,
            )
        )
    return bands


def count_outcomes(*, boundaries: Sequence[Boundary]) -> Mapping[str, int]:
    """How many counted starts came to each outcome."""
    counts = dict.fromkeys(_WORST_FIRST, 0)
    for each in boundaries:
        counts[each.outcome] += each.counted
    return {str(outcome): count for outcome, count in counts.items()}
