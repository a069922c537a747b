"""Whatever the lines of a file: the rules read them, and each line is in one document or one gap."""

from hypothesis import given
from hypothesis import strategies as st

from documents.domain.lines import from_text
from documents.domain.rules.engine import read
from tests.unit.rules.reading import TOLD, segment
from tests.unit.segmentation.drawing import RECORD_LINES

LINES = (
    *RECORD_LINES,
    "\ue0a1 Vaccine visit",
    "03/11/2019 10:22 by K. Lund",
    "03/14/2019 10:22 by K. Lund",
    "04/02/2019 10:22 by K. Lund",
    "05/20/2019 10:22 by K. Lund",
    "17/10 rang",
    "25 Oct",
    "Harbor Lane Clinic - Chart of Biscuit",
    "Harb0r Lane C1inic - Chart of 8iscuit",
    "\fHarhor Lane Clinic - Chant of Biscuit",
    "Printed for the owner, kindly keep",
    "10:22 from Harbor Lane  P. 02",
    "Form 7A page 1",
    "\fForm 7A page 2",
    "[LABORATORY REPORT]",
    "==========",
    "\f----------",
    "__________",
    ". -",
    "",
    *TOLD[:4],
    *(text[:40] for text in TOLD[:4]),
    *(text[40:] for text in TOLD[:4]),
)
any_lines = st.lists(st.sampled_from(LINES) | st.text(max_size=12), max_size=12).flatmap(
    lambda block: st.lists(st.sampled_from(LINES), max_size=12).map(lambda tail: [*block * 3, *tail])
)


@given(any_lines)
def test_any_lines_are_read_and_each_of_them_is_in_one_place(lines):
    segment(lines)  # asserts the partition
    text = from_text("\n".join(lines))
    reading = read(text)
    assert len(reading.noise.pages) == len(text.lines)
    assert all(a <= b <= a + 1 for a, b in zip(reading.noise.pages, reading.noise.pages[1:], strict=False))
    assert all(1 <= reading.page_top(line) <= line for line in reading.words)
