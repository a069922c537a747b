"""What is said of pages that were read badly: the page where most of it is in doubt, else its doubtful lines."""

from typing import Literal

import pytest

from documents.extraction.doubtful_pages import name_pages, tell_recognition
from documents.extraction.ocr import RecognisedPage


def page(number: int, *confidences: int | None, failure: Literal["too_slow", "failed"] | None = None) -> RecognisedPage:
    lines = tuple("" if sure is None else "ten letters" for sure in confidences)
    return RecognisedPage(number=number, lines=lines, confidences=confidences, failure=failure)


GOOD, DOUBTFUL_LINE = page(1, 95, None, 90), page(2, 95, 69, 70)
HALF, LOST = page(3, 95, None, 30), page(5, 20, 30, 40, 90)


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ([GOOD], []),
        ([page(1)], []),
        ([GOOD, DOUBTFUL_LINE], ["1 line on page 2 could not be read for certain"]),
        ([LOST], ["Page 5 could hardly be read: most of the text is in doubt. Scan it anew"]),
        (
            [GOOD, DOUBTFUL_LINE, HALF, LOST],
            ["Pages 3, 5 could hardly be read: most of the text is in doubt. Scan them anew", "1 line on page 2 could"],
        ),
        ([page(4, failure="failed"), GOOD], ["Character recognition failed on page 4: scan anew."]),
    ],
    ids=["good", "blank", "a line", "a page", "both", "failed"],
)
def test_people_are_told_what_wants_a_look(pages, said):
    warnings = tell_recognition(pages)
    assert len(warnings) == len(said)
    assert all(warning.startswith(start) for warning, start in zip(warnings, said, strict=True))


def test_long_lists_of_pages_are_cut():
    assert name_pages([1, 2, 3, 7]) == "pages 1 to 3, 7"
    assert name_pages(range(1, 99, 2)).endswith("39 and 29 more places")
