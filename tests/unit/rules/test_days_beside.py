"""Lines that print a day beside whose paper it is, or beside what it is, and what they and a page's edge tell."""

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.engine import Reading, read
from tests.unit.rules.reading import TOLD

FIRST = ("CONSULTATION NOTE", "Date: 03/05/2019", "Patient: Biscuit", "", *TOLD[:3], "")


def reading_of(*lines: str) -> Reading:
    return read(from_text("\n".join((*FIRST, *lines))))


def of_last(*lines: str) -> tuple[bool, bool]:
    """Whether the last of the lines tells whose paper it is and of which day, and whether it tells a day beside."""
    reading = reading_of(*lines)
    beside, position = reading.scene.lines.days_beside, len(reading.words) - 1
    return beside.tell_whose(position), beside.tell_what(position)


@pytest.mark.parametrize(
    "line",
    [
        "Biscuit  #4471      11/02/2022      Fenwright",
        "chem 10 / CBC      Biscuit 4471      2/12/2024 01:45",
        "Recheck of eight weeks, Biscuit, 4-11-18. Grade one of five, the films show that it has healed.",
        "Recheck, Biscuit, 4-11-18. " + TOLD[3],
    ],
)
def test_an_animal_and_a_day_tell_whose_paper_it_is(line):
    assert of_last(line) == (True, False)


@pytest.mark.parametrize(
    "line",
    [
        "Harbor Lane Diagnostics    avian molecular     reported 10/30/2023",
        "Fairview Equine Practice        10/10/16  1 a.m.",
        "Final account     no. 91774      31/05/2022",
    ],
)
def test_a_day_in_a_column_tells_what_stands_beside_it(line):
    assert of_last(line) == (False, True)


@pytest.mark.parametrize(
    "line",
    [
        "The bandage was changed. Then Biscuit came again on 4-11-18, and the films show that it has healed.",
        "Biscuit came on Sunday",
        "Biscuit   office visit   10/21/2021      62.00",
        "Biscuit - 14/10/2016 - 2/2",
        "Fairview Equine Practice      Biscuit 10/10/2016 p.2",
        "Fairview Equine Practice      10/10/2016 cont",
        "Date of birth    3/1/2021",
        "10/10/2016      Fairview Equine Practice",
        "rabies 3 yr     given 4/15/2021",
    ],
    ids=["late in text", "no day", "charge", "counted", "later page", "continued", "label", "day first", "small"],
)
def test_a_day_elsewhere_tells_neither(line):
    assert of_last(line) == (False, False)


@pytest.mark.parametrize("line", ["Biscuit    hind limbs    {}/02/2022", "Rabies 3 yr    given {}/02/2022"])
def test_rows_under_each_other_tell_neither(line):
    assert of_last(line.format("11"), line.format("12")) == (False, False)


@pytest.mark.parametrize(
    ("above", "below", "told"),
    [
        (TOLD[3], "DISCHARGE SUMMARY", {"page_headed"}),
        (TOLD[3], "DISCHARGE SUMMARY       10/10/2016", {"page_headed", "page_dated"}),
        (TOLD[3], "Biscuit  #4471      11/02/2022", {"page_headed", "page_dated"}),
        (TOLD[3], "DISCHARGE SUMMARY  page 2", set()),
        (TOLD[3], "the wound is dry", set()),
        (TOLD[3][:-8], "DISCHARGE SUMMARY", {"page_cuts"}),
        ("GLU      101    mg/dL", "CREA     2.3    mg/dL", {"page_cuts"}),
    ],
)
def test_a_pages_edge_parts_what_has_ended_from_what_is_headed(above, below, told):
    reading = reading_of(above, f"\f{below}", *TOLD[4:6])
    signals = reading.scene.lines.of(reading.words.index(len(FIRST) + 2))
    assert {name for name in signals if name in ("page_headed", "page_dated", "page_cuts")} == told


@pytest.mark.parametrize(
    ("line", "told"), [("Biscuit   24-06-2014   Dr Fenwright", False), ("INVOICE 60817   24-06-2014   Biscuit", True)]
)
def test_a_day_within_an_account_heads_no_paper(line, told):
    reading = reading_of(line, "Office visit           62.00")
    assert reading.scene.lines.days_beside.tell_whose(len(reading.words) - 2) is told


def test_the_first_sentence_of_a_letter_heads_no_paper():
    assert of_last("Dear Dr. Fenwright,", "On 4-11-18 we saw Biscuit, who had been limping for a week or so.") == (
        False,
        False,
    )


def test_the_name_of_a_section_above_a_dated_sentence_is_the_beginning():
    reading = reading_of("DISCHARGE INSTRUCTIONS", "04/11/2018   Biscuit is going home today.", *TOLD[4:7])
    assert [start.line for start in reading.starts] == [1, 9]


def test_the_line_that_tells_whose_a_visit_is_belongs_to_it():
    visits = [("Biscuit 4471-B", f"{day}/11/2019   Annual   64 lb  T 101.4", *TOLD[day : day + 2]) for day in (3, 5, 7)]
    reading = reading_of(*(line for visit in visits for line in visit))
    assert [start.line for start in reading.starts] == [1, 9, 13, 17]
