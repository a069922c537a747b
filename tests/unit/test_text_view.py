"""The text of a report as blocks: which lines, what is said beside them, where one jumps to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.accuracy.prediction import Prediction, read_prediction
from documents.domain.accuracy.truth import TrueDocument, TrueGap, Truth
from jobs.evaluation.text_view import Block, Mark, build_blocks, draw_overview

LINES = [f"line {number}" for number in range(1, 41)]


def truth_of(*spans: tuple[int, int], gaps: tuple[tuple[int, int], ...] = (), **keys: Any) -> Truth:
    return Truth(
        documents=tuple(TrueDocument(start_line=first, end_line=last, **keys) for first, last in spans),
        patients=(),
        gaps=tuple(TrueGap(start_line=first, end_line=last, reason="fax_cover") for first, last in gaps),
    )


def answer_of(*spans: tuple[int, int], noise: tuple[tuple[int, int], ...] = (), **keys: Any) -> Prediction:
    return read_prediction(
        {
            "documents": [{"start_line": first, "end_line": last, **keys} for first, last in spans],
            "noise": [{"start_line": first, "end_line": last} for first, last in noise],
        }
    )


def build(truth: Truth, *answers: Prediction, lines: list[str] | None = None) -> list[Block]:
    return build_blocks(lines=lines or LINES, truth=truth, predictions=answers)


def read(block: Block) -> list[str]:
    return [line.text for line in (*block.ahead, *block.folded, *block.behind)]


def mark_of(block: Block) -> Mark:
    mark = block.answers[0].mark
    assert mark is not None
    return mark


starts = st.sets(st.integers(1, 40), min_size=1, max_size=8).map(sorted)


@given(starts, starts)
def test_the_blocks_hold_every_line_once_and_in_order(true: list[int], found: list[int]) -> None:
    def spans(firsts: list[int]) -> list[tuple[int, int]]:
        return [(first, end - 1) for first, end in zip(firsts, [*firsts[1:], 41], strict=True)]

    blocks = build(truth_of(*spans(true)), answer_of(*spans(found)))

    assert [line for block in blocks for line in read(block)] == LINES
    assert [block.first_line for block in blocks] == sorted({1, *true, *found})


@pytest.mark.parametrize(
    ("found", "outcomes"),
    [
        ([(1, 20), (21, 40)], {1: "right", 21: "right"}),
        ([(1, 40)], {1: "right", 21: "missed"}),
        ([(1, 9), (10, 20), (21, 40)], {1: "right", 10: "invented", 21: "right"}),
        ([(1, 22), (23, 40)], {1: "right", 21: "off", 23: "off"}),
    ],
)
def test_each_start_has_its_mark(found: list[tuple[int, int]], outcomes: dict[int, str]) -> None:
    blocks = build(truth_of((1, 20), (21, 40)), answer_of(*found))

    assert {block.first_line: block.outcome for block in blocks} == outcomes


def test_a_start_that_is_off_is_told_at_both_lines_and_is_one_error() -> None:
    _, true, found = build(truth_of((1, 20), (21, 40)), answer_of((1, 22), (23, 40)))

    assert mark_of(true).words == "found 2 lines late, at line 23"
    assert mark_of(found).words == "2 lines late, true is 21"
    assert (true.error, found.error) == (1, None)


def test_errors_are_numbered_in_order() -> None:
    blocks = build(truth_of((1, 10), (11, 20), (21, 40)), answer_of((1, 20), (21, 30), (31, 40)))

    assert [(block.first_line, block.error) for block in blocks] == [(1, None), (11, 1), (21, None), (31, 2)]


def test_a_wrong_type_of_an_exact_document_is_an_error_and_a_title_is_none() -> None:
    truth = truth_of((1, 20), (21, 40), type="lab_report", title="CBC", date="2020-01-02")
    found = answer_of((1, 20), (21, 40), type="other", title="Blood", date="2020-01-02")

    first, _ = build(truth, found)

    assert (set(first.answers[0].differs), first.error) == ({"type", "title"}, 1)
    assert build(truth, answer_of((1, 20), (21, 40), type="lab_report", date="2020-01-02"))[0].error is None


def test_gaps_are_named_on_their_side() -> None:
    gap, document = build(truth_of((5, 40), gaps=((1, 4),)), answer_of((1, 4), (5, 40)))

    assert (gap.truth.kind, gap.truth.starts) == ("gap", TrueGap(start_line=1, end_line=4, reason="fax_cover"))
    assert gap.answers[0].kind == document.truth.kind == "document"


def test_blank_lines_behind_a_document_go_with_it() -> None:
    lines = ["a", "b", "", "", "c"]

    blocks = build(truth_of((1, 2), (5, 5)), answer_of((1, 4), (5, 5)), lines=lines)

    assert [(block.first_line, block.last_line) for block in blocks] == [(1, 4), (5, 5)]
    assert all(block.truth.is_exact for block in blocks)


def test_lines_of_no_document_and_no_gap_are_shown_as_such() -> None:
    lost, _ = build(truth_of((1, 40)), answer_of((11, 40)))

    assert (lost.last_line, lost.answers[0].kind) == (10, "nothing")


def test_long_bodies_are_folded_away_between_their_ends() -> None:
    (block,) = build(truth_of((1, 40)), answer_of((1, 40)))

    assert (len(block.ahead), block.folded_first, block.behind_first) == (5, 6, 39)
    (short,) = build(truth_of((1, 10)), answer_of((1, 10)), lines=LINES[:10])
    assert (len(short.ahead), len(short.folded)) == (10, 0)


def test_running_lines_and_page_breaks_are_marked_and_what_nobody_sees_is_left_out() -> None:
    lines = ["\fPage 1", "w\u200bor\u202eds"]

    (block,) = build(truth_of((1, 2)), answer_of((1, 2), noise=((1, 1),)), lines=lines)

    first, second = block.ahead
    assert (first.text, first.is_noise, first.is_page) == ("Page 1", True, True)
    assert (second.text, second.is_noise, second.is_page) == ("words", False, False)


def test_two_answers_stand_beside_each_other() -> None:
    blocks = build(truth_of((1, 20), (21, 40)), answer_of((1, 20), (21, 40)), answer_of((1, 40)))

    assert [cell.mark.outcome if cell.mark else None for cell in blocks[1].answers] == ["right", "missed"]
    assert blocks[1].outcome == "missed"


def test_the_overview_has_a_band_for_each_document_to_scale() -> None:
    blocks = build(truth_of((1, 10), (11, 40)), answer_of((1, 40)))

    assert [(band.start, band.width, band.block) for band in draw_overview(blocks=blocks)] == [
        (0, 250, 1),
        (250, 750, 11),
    ]
    assert [band.width for band in draw_overview(blocks=blocks, side=0)] == [1000]
