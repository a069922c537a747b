"""A start is where its quote stands, not where its number points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.findings import Start
from documents.domain.grounding import REACH, GroundedStart, RejectedStart, ground_start
from documents.domain.lines import fold
from documents.domain.rules.engine import read
from documents.domain.windows import Window
from tests.unit.segmentation.drawing import any_text, starts_in, windows_of

FILLER = "nothing of note was written here"


def file_of(length: int, **at: str) -> list[str]:
    """A file of `length` filler lines, with words at the lines named (line_7="...")."""
    lines = [f"{FILLER} {number}" for number in range(1, length + 1)]
    for place, line in at.items():
        lines[int(place.removeprefix("line_")) - 1] = line
    return lines


def ground(
    lines: list[str],
    *,
    quote: str,
    line: int,
    first: int = 1,
    hidden: tuple[int, ...] = (),
) -> GroundedStart | RejectedStart:
    """Ground a quote that the answer put at `line` of a window that shows `first` to the end but not `hidden`."""
    shown = tuple(number for number in range(first, len(lines) + 1) if number not in hidden)
    window = Window(
        index=0, first_line=first, last_line=len(lines), owned_first=first, owned_last=len(lines), shown=shown
    )
    start = Start(line=line, quote=quote, title=None, type=None, date=None)
    return ground_start(start, window=window, folded=[fold(each) for each in lines])


TITLE = "LABORATORY REPORT"


@pytest.mark.parametrize(
    ("lines", "quote", "line", "expected"),
    [
        pytest.param(file_of(40, line_9=TITLE), TITLE, 9, (9, "verified"), id="exact at its line"),
        pytest.param(
            file_of(40, line_9=TITLE, line_10=TITLE), TITLE, 10, (10, "verified"), id="its line before any other"
        ),
        pytest.param(file_of(40, line_9=TITLE), TITLE, 11, (9, "repaired"), id="two lines off"),
        pytest.param(
            file_of(40, line_9=TITLE, line_20=TITLE), TITLE, 16, (20, "repaired"), id="the nearest of two within reach"
        ),
        pytest.param(
            file_of(40, line_9=TITLE, line_13=TITLE), TITLE, 11, (9, "repaired"), id="of two as near the earlier"
        ),
        pytest.param(
            file_of(40, line_9="LABORATORY REP0RT", line_20=TITLE),
            TITLE,
            9,
            (20, "repaired"),
            id="exact elsewhere before alike at its line",
        ),
        pytest.param(file_of(40, line_9="LABORATORY REP0RT"), TITLE, 9, (9, "fuzzy"), id="alike at its line"),
        pytest.param(file_of(40, line_9="LABORATORY REP0RT"), TITLE, 12, (9, "fuzzy"), id="alike within reach"),
        pytest.param(
            file_of(60, line_9="LABORATORY REP0RT", line_60=TITLE),
            TITLE,
            12,
            (9, "fuzzy"),
            id="alike within reach before exact beyond it",
        ),
        pytest.param(
            file_of(60, line_60=TITLE), TITLE, 9, (60, "repaired"), id="the only one of the window, beyond reach"
        ),
        pytest.param(file_of(90, line_40=TITLE, line_60=TITLE), TITLE, 9, None, id="beyond reach, but two of them"),
        pytest.param(file_of(60, line_60="LABORATORY REP0RT"), TITLE, 9, None, id="alike beyond reach"),
        pytest.param(file_of(40), TITLE, 9, None, id="nowhere"),
    ],
)
def test_where_a_quote_stands_decides(lines, quote, line, expected):
    found = ground(lines, quote=quote, line=line)
    if expected is None:
        assert isinstance(found, RejectedStart)
        assert found.line == line
    else:
        assert isinstance(found, GroundedStart)
        assert (found.line, found.grounding) == expected


@pytest.mark.parametrize("distance", [REACH, -REACH])
def test_the_nearest_of_several_is_looked_for_up_to_the_reach(distance):
    lines = file_of(100, line_50=TITLE, line_99=TITLE)
    found = ground(lines, quote=TITLE, line=50 + distance)
    assert isinstance(found, GroundedStart)
    assert found.line == 50
    assert isinstance(ground(lines, quote=TITLE, line=49 - REACH), RejectedStart)


def test_line_numbers_are_the_windows():
    found = ground(file_of(40, line_30=TITLE), quote=TITLE, line=10, first=21)
    assert isinstance(found, GroundedStart)
    assert (found.line, found.grounding) == (30, "verified")


def test_lines_that_were_not_shown_are_not_looked_at():
    lines = file_of(40, line_9=TITLE)
    assert isinstance(ground(lines, quote=TITLE, line=9, hidden=(9,)), RejectedStart)
    assert isinstance(ground(lines, quote=TITLE, line=1, first=15), RejectedStart)


@pytest.mark.parametrize(
    ("printed", "quote"),
    [
        ("\ue001 Laboratory  Report", "LABORATORY REPORT"),
        ("ﬁnal report of the café", "final report of the cafe\u0301"),
        ("Lab\u00adora\u200btory Report", "laboratory report"),
        ("LABORATORY REPORT   No. 4711", "LABORATORY REPORT"),
        ("*** LABORATORY REPORT ***", "LABORATORY REPORT"),
        ("Report\x07of March", "Report of March"),
        ("Straße 5 Bericht", "STRASSE 5 BERICHT"),
    ],
)
def test_a_quote_is_compared_as_a_reader_sees_it(printed, quote):
    found = ground(file_of(20, line_7=printed), quote=quote, line=7)
    assert isinstance(found, GroundedStart)
    assert (found.line, found.grounding) == (7, "verified")


def test_a_quote_may_run_on_into_the_next_line():
    lines = file_of(20, line_7="DISCHARGE INSTRUCTIONS AND", line_8="HOME CARE PLAN")
    found = ground(lines, quote="Discharge instructions and home care plan", line=7)
    assert isinstance(found, GroundedStart)
    assert (found.line, found.grounding) == (7, "verified")


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "   ",
        "\u200b\u200d",
        "\ue000",
        "\x00",
        "here",
        ".*",
        "(((",
        "[a-z]+",
        "\\",
        "\ud800",
        "x" * 100_000,
        "\u0301",
    ],
)
@pytest.mark.parametrize("line", [1, 0, -1, 21, 10**15, -(10**15)])
def test_a_quote_that_says_nothing_is_rejected_wherever_it_points(quote, line):
    assert isinstance(ground(file_of(20), quote=quote, line=line), RejectedStart)


def test_a_short_quote_counts_only_at_the_beginning_of_a_line():
    lines = file_of(20, line_4="Rx", line_9="the Rx was filled")
    found = ground(lines, quote="Rx", line=9)
    assert isinstance(found, GroundedStart)
    assert (found.line, found.grounding) == (4, "repaired")


@pytest.mark.parametrize("line", [0, -3, 400, 10**15])
def test_a_number_out_of_range_does_not_spoil_a_quote_that_stands_once(line):
    found = ground(file_of(60, line_31=TITLE), quote=TITLE, line=line)
    assert isinstance(found, GroundedStart)
    assert (found.line, found.grounding) == (31, "repaired")


@given(text=any_text, data=st.data())
def test_whatever_is_named_ends_at_a_shown_line_that_holds_the_words_or_is_rejected(text, data):
    reading = read(text)
    for window in data.draw(windows_of(reading)):
        start = data.draw(starts_in(window, text))
        found = ground_start(start, window=window, folded=reading.folded)
        if isinstance(found, RejectedStart):
            assert found.line == window.first_line + start.line - 1
            continue
        assert found.line in window.shown
        if found.grounding != "fuzzy":
            around = " ".join(reading.folded[found.line - 1 : found.line + 1])
            assert fold(start.quote)[:80].strip() in around
        if found.grounding == "verified":
            assert found.line == window.first_line + start.line - 1
