"""Corrections of a partition: each keeps every line, and says clearly what it cannot do."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.partition import (
    NotCorrectable,
    Piece,
    Pieces,
    check,
    mark_gap,
    merge_next,
    move_start,
    split,
)
from documents.domain.segmentation import BrokenPartition

SPACE = UUID(int=8)
FIRST, SECOND, NEW = (uuid5(SPACE, name) for name in ("first", "second", "new"))
LINES = ("a", "b", "c", "", "e", "f", "g", "h", "i", "j")
# lines 1-3 first, 4-5 gap, 6-8 second, 9-10 gap
PIECES: Pieces = (
    Piece(start_line=1, end_line=3, document=FIRST),
    Piece(start_line=4, end_line=5, reason="ruler"),
    Piece(start_line=6, end_line=8, document=SECOND),
    Piece(start_line=9, end_line=10, reason="fax_end"),
)


def show(pieces: Pieces) -> list[tuple[int, int, str]]:
    names = {FIRST: "first", SECOND: "second", NEW: "new", None: "gap"}
    return [(piece.start_line, piece.end_line, names[piece.document]) for piece in pieces]


def test_a_split_parts_a_document_at_the_line() -> None:
    parted = split(PIECES, document=SECOND, at_line=7, new=NEW)
    assert show(parted) == [(1, 3, "first"), (4, 5, "gap"), (6, 6, "second"), (7, 8, "new"), (9, 10, "gap")]


@pytest.mark.parametrize(("line", "code"), [(6, "first_line"), (5, "line_outside"), (9, "line_outside")])
def test_a_split_is_within_the_document_and_behind_its_first_line(line: int, code: str) -> None:
    with pytest.raises(NotCorrectable) as refused:
        split(PIECES, document=SECOND, at_line=line, new=NEW)
    assert refused.value.code == code
    assert "7" in refused.value.detail or "8" in refused.value.detail


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (8, [(1, 3, "first"), (4, 7, "gap"), (8, 8, "second")]),
        (5, [(1, 3, "first"), (4, 4, "gap"), (5, 8, "second")]),
        (4, [(1, 3, "first"), (4, 8, "second")]),
        (2, [(1, 1, "first"), (2, 8, "second")]),
    ],
)
def test_a_beginning_moves_over_gaps_and_into_the_document_before(
    line: int, expected: list[tuple[int, int, str]]
) -> None:
    assert show(move_start(PIECES, document=SECOND, to_line=line))[:-1] == expected


def test_lines_given_to_a_gap_make_it_one_of_staff() -> None:
    assert move_start(PIECES, document=SECOND, to_line=8)[1].reason == "staff"


def test_the_first_document_leaves_a_gap_at_the_beginning() -> None:
    assert show(move_start(PIECES, document=FIRST, to_line=3))[:2] == [(1, 2, "gap"), (3, 3, "first")]


def test_lines_given_go_to_the_document_right_before() -> None:
    adjoining = merge_next(PIECES, document=SECOND)
    adjoining = split(adjoining, document=SECOND, at_line=8, new=NEW)
    assert show(move_start(adjoining, document=NEW, to_line=10))[2:] == [(6, 9, "second"), (10, 10, "new")]


@pytest.mark.parametrize(("document", "line"), [(SECOND, 1), (SECOND, 9), (FIRST, 0), (FIRST, 4)])
def test_a_beginning_never_goes_over_a_whole_document(document: UUID, line: int) -> None:
    with pytest.raises(NotCorrectable, match="does not fit") as refused:
        move_start(PIECES, document=document, to_line=line)
    assert refused.value.code == "line_outside"


def test_merging_takes_the_gaps_between() -> None:
    assert show(merge_next(PIECES, document=FIRST)) == [(1, 8, "first"), (9, 10, "gap")]


def test_the_last_document_takes_the_last_gap_and_then_nothing_follows() -> None:
    merged = merge_next(PIECES, document=SECOND)
    assert show(merged)[-1] == (6, 10, "second")
    with pytest.raises(NotCorrectable) as refused:
        merge_next(merged, document=SECOND)
    assert refused.value.code == "no_next_document"


def test_a_document_becomes_a_gap() -> None:
    assert show(mark_gap(PIECES, document=FIRST))[0] == (1, 3, "gap")


def test_a_document_without_a_word_is_refused() -> None:
    blank = (*PIECES[:1], Piece(start_line=4, end_line=4, document=NEW), Piece(start_line=5, end_line=5), *PIECES[2:])
    with pytest.raises(NotCorrectable, match="all blank"):
        check(blank, lines=LINES)


@pytest.mark.parametrize("broken", [PIECES[:3], PIECES[1:], (*PIECES[:1], *PIECES[2:]), (PIECES[0], *PIECES)])
def test_a_lost_or_doubled_line_is_a_defect(broken: Pieces) -> None:
    with pytest.raises(BrokenPartition):
        check(broken, lines=LINES)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["split", "move", "merge", "gap"]), st.integers(0, 9), st.integers(-1, 12)),
        max_size=25,
    )
)
def test_any_corrections_keep_every_line_in_one_piece(steps: list[tuple[str, int, int]]) -> None:
    pieces = PIECES
    lines = tuple("abcdefghij")
    for number, (kind, which, line) in enumerate(steps):
        documents = [piece.document for piece in pieces if piece.document]
        if not documents:
            break
        document = documents[which % len(documents)]
        try:
            match kind:
                case "split":
                    pieces = split(pieces, document=document, at_line=line, new=uuid5(SPACE, str(number)))
                case "move":
                    pieces = move_start(pieces, document=document, to_line=line)
                case "merge":
                    pieces = merge_next(pieces, document=document)
                case _:
                    pieces = mark_gap(pieces, document=document)
        except NotCorrectable:
            continue
        check(pieces, lines=lines)
