"""The promises of a segmentation, for any text and any answers (I1, I2)."""

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from documents.domain.lines import is_blank
from documents.domain.rules.engine import Reading, read
from documents.domain.segmentation import Segmentation, assert_partition
from documents.domain.stitching import FOLLOW_UP_REACH, Heard, Votes, find_doubts, stitch
from documents.domain.windows import window_around
from tests.unit.segmentation.drawing import any_text, findings_in, heard_of


def shuffled(draw: st.DrawFn, heard: list[Heard]) -> list[Heard]:
    """The same answers in another order, the starts within each in another order too."""
    return [
        Heard(
            window=each.window,
            finding=each.finding and replace(each.finding, starts=tuple(draw(st.permutations(each.finding.starts)))),
        )
        for each in draw(st.permutations(heard))
    ]


@st.composite
def follow_ups_to(draw: st.DrawFn, reading: Reading, heard: list[Heard]) -> list[Heard]:
    """Answers to the further questions that `heard` gives rise to: anything, or nothing."""
    doubts = find_doubts(Votes(heard, reading=reading))
    windows = [
        window_around(reading.text, words=reading.words, line=doubt.line, reach=FOLLOW_UP_REACH, index=index)
        for index, doubt in enumerate(doubts)
    ]
    return [
        Heard(window=window, finding=draw(st.one_of(st.none(), *[findings_in(window, reading.text)] * 3)))
        for window in windows
    ]


def assert_kept(segmentation: Segmentation, *, reading: Reading) -> None:
    """I1, and that no gap swallows a line with words that the rules did not take for a gap's."""
    text = reading.text
    assert_partition(segmentation, text=text)
    starts = [document.start_line for document in segmentation.documents]
    assert starts == sorted(set(starts))
    pieces = [(document.start_line, document.end_line) for document in segmentation.documents]
    pieces += [(gap.start_line, gap.end_line) for gap in segmentation.gaps]
    slices = ["\n".join(text.lines[first - 1 : last]) for first, last in sorted(pieces)]
    assert "\n".join(slices) == text.text
    ruled_out = {line for gap in reading.gaps for line in range(gap.start_line, gap.end_line + 1)}
    in_gaps = {line for gap in segmentation.gaps for line in range(gap.start_line, gap.end_line + 1)}
    assert {line for line in reading.words if line in in_gaps} <= ruled_out
    assert not any(is_blank(text.lines[start - 1]) for start in starts)


@given(text=any_text, data=st.data())
def test_any_answers_make_a_partition_in_any_order(text, data):
    reading = read(text)
    heard = data.draw(heard_of(reading))
    further = data.draw(follow_ups_to(reading, heard))
    votes = Votes(heard, reading=reading)
    alone, whole = stitch(votes), stitch(votes, follow_ups=further)
    event(f"{len(heard)} windows")
    event(f"{len(further)} further questions")
    event("a gap" if whole.gaps else "no gap")
    assert_kept(alone, reading=reading)
    assert_kept(whole, reading=reading)

    again = Votes(shuffled(data.draw, heard), reading=reading)
    assert find_doubts(again) == find_doubts(votes)
    assert stitch(again) == alone
    assert stitch(again, follow_ups=shuffled(data.draw, further)) == whole
