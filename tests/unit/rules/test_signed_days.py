"""Lines on which somebody signs and prints the day: no visit's heading, which has text below."""

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.engine import read
from documents.domain.rules.signed_days import is_signed_day
from tests.unit.rules.reading import TOLD

TITLE = "VACCINATION CERTIFICATE"


def signs(*lines: str) -> bool:
    """Whether the second of the lines is such a one."""
    return is_signed_day(read(from_text("\n".join(lines))).sheet, 1)


@pytest.mark.parametrize(
    "line",
    [
        "8 June 2011               R. Fenwick",
        "Millbrook, 06/08/2011     Rosemary Fenwick",
        "   06/08/2011\tFor the Board: Fenwick",
        "Saint-Évron, le 8 juin 2011     Dr Moreau",
    ],
)
def test_a_day_and_a_name_above_a_title_or_nothing_sign(line):
    assert signs(TOLD[0], line)
    assert signs(TOLD[0], line, TITLE)
    assert signs(TOLD[0], line, "", TITLE)


@pytest.mark.parametrize("blank", [(), ("",)])
def test_the_same_above_text_heads_a_visit(blank):
    assert not signs(TOLD[0], "06/08/2011     R. Fenwick", *blank, TOLD[1])


@pytest.mark.parametrize(
    "line",
    [
        "06/08/2011     Recheck     R. Fenwick",
        "06/08/2011     WBC 7.1",
        "06/08/2011     rang, he is well",
        "06/08/2011 R. Fenwick",
        "06/08/2011     06/09/2011",
        "Nail trim done 06/08/2011     R. Fenwick",
    ],
)
def test_other_lines_with_a_day_do_not_sign(line):
    assert not signs(TOLD[0], line, TITLE)
