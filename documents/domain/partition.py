"""Corrections of a partition: each takes the pieces of a file and gives them as they are to be, every line kept (I1).

A piece is a document or a gap. What cannot be done is refused, with the reason and the cure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn
from uuid import UUID

from documents.domain.lines import is_blank
from documents.domain.segmentation import BrokenPartition
from pennie.lib.refusals import Refusal

BY_STAFF = "staff"  # the reason of a gap that staff made


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Lines, 1-based and inclusive, of one document or of one gap."""

    start_line: int
    end_line: int
    document: UUID | None = None  # None: a gap
    reason: str = ""  # of a gap


Pieces = tuple[Piece, ...]


class NotCorrectable(Refusal):
    """The correction asked for cannot be made on this partition."""

    def __init__(self, code: str, *, title: str, detail: str) -> None:
        super().__init__(code, title=title, detail=detail, status=409)


def split(pieces: Pieces, *, document: UUID, at_line: int, new: UUID) -> Pieces:
    """The document ends before `at_line`; `new` begins there."""
    place = _find(pieces, document)
    piece = pieces[place]
    if at_line == piece.start_line:
        raise NotCorrectable(
            "first_line",
            title="The document begins at this line already",
            detail=f"Line {at_line} is the document's first. Name a line behind it, at most {piece.end_line}.",
        )
    if not piece.start_line < at_line <= piece.end_line:
        _refuse_line(at_line, first=piece.start_line + 1, last=piece.end_line)
    parts = (replace(piece, end_line=at_line - 1), replace(piece, start_line=at_line, document=new))
    return (*pieces[:place], *parts, *pieces[place + 1 :])


def move_start(pieces: Pieces, *, document: UUID, to_line: int) -> Pieces:
    """The document begins at `to_line`.

    Earlier: it takes lines from the gaps ahead of it, then from the document before, which keeps its first line.
    Later: its lines go to the piece ahead of it; the first piece of the file leaves a gap.
    """
    place = _find(pieces, document)
    piece = pieces[place]
    if to_line == piece.start_line:
        raise NotCorrectable(
            "first_line",
            title="The document begins at this line already",
            detail=f"Line {to_line} is the document's first. Name the line at which it really begins.",
        )
    if to_line > piece.start_line:
        return _give_lines(pieces, place, to_line)
    return _take_lines(pieces, place, to_line)


def _give_lines(pieces: Pieces, place: int, to_line: int) -> Pieces:
    piece = pieces[place]
    if to_line > piece.end_line:
        _refuse_line(to_line, first=piece.start_line + 1, last=piece.end_line)
    given = replace(piece, start_line=to_line)
    if place == 0:
        ahead: Pieces = (Piece(start_line=piece.start_line, end_line=to_line - 1, reason=BY_STAFF),)
    else:
        before = replace(pieces[place - 1], end_line=to_line - 1)
        ahead = (before if before.document else replace(before, reason=BY_STAFF),)
    return (*pieces[: max(place - 1, 0)], *ahead, given, *pieces[place + 1 :])


def _take_lines(pieces: Pieces, place: int, to_line: int) -> Pieces:
    kept = place
    while kept and pieces[kept - 1].start_line >= to_line and pieces[kept - 1].document is None:
        kept -= 1  # a gap that is taken whole
    first = pieces[kept - 1].start_line + 1 if kept else 1
    if to_line < first:
        _refuse_line(to_line, first=first, last=pieces[place].end_line)
    taken = replace(pieces[place], start_line=to_line)
    before = pieces[:kept]
    if kept and before[-1].end_line >= to_line:
        before = (*before[:-1], replace(before[-1], end_line=to_line - 1))
    return (*before, taken, *pieces[place + 1 :])


def merge_next(pieces: Pieces, *, document: UUID) -> Pieces:
    """The document goes on to the end of the next one, over the gaps between; if none follows, over the last gaps."""
    place = _find(pieces, document)
    if place == len(pieces) - 1:
        raise NotCorrectable(
            "no_next_document",
            title="No document follows",
            detail="This document goes to the end of the file, so there is nothing to merge it with.",
        )
    last = next((index for index in range(place + 1, len(pieces)) if pieces[index].document), len(pieces) - 1)
    merged = replace(pieces[place], end_line=pieces[last].end_line)
    return (*pieces[:place], merged, *pieces[last + 1 :])


def mark_gap(pieces: Pieces, *, document: UUID) -> Pieces:
    """The document's lines belong to none."""
    place = _find(pieces, document)
    gap = Piece(start_line=pieces[place].start_line, end_line=pieces[place].end_line, reason=BY_STAFF)
    return (*pieces[:place], gap, *pieces[place + 1 :])


def check(pieces: Pieces, *, lines: Sequence[str]) -> None:
    """Raise BrokenPartition unless the pieces cover every line once (I1), NotCorrectable for one without a word."""
    expected = 1
    for piece in pieces:
        if piece.start_line != expected or piece.end_line < piece.start_line:
            raise BrokenPartition(f"lines {piece.start_line} to {piece.end_line} follow line {expected - 1}")
        expected = piece.end_line + 1
        if piece.document and all(is_blank(line) for line in lines[piece.start_line - 1 : piece.end_line]):
            raise NotCorrectable(
                "blank_document",
                title="A document would be left without a word",
                detail=f"Lines {piece.start_line} to {piece.end_line} are all blank. Choose another line.",
            )
    if expected != len(lines) + 1:
        raise BrokenPartition(f"the partition ends at line {expected - 1}, the text at line {len(lines)}")


def _find(pieces: Pieces, document: UUID) -> int:
    return next(place for place, piece in enumerate(pieces) if piece.document == document)


def _refuse_line(line: int, *, first: int, last: int) -> NoReturn:
    if first > last:
        cure = "No line can be named here."
    else:
        cure = f"Name the line {first}." if first == last else f"Name a line from {first} to {last}."
    raise NotCorrectable(
        "line_outside",
        title="The line cannot be taken",
        detail=f"Line {line} does not fit. {cure} To go over a whole document, merge it or mark it as a gap first.",
    )
