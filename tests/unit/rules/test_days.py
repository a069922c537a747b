"""Days that begin lines, with and without a year."""

import datetime

import pytest

from documents.domain.rules.days import DaysDown, is_dotted_number, is_weekday, leads_without_year


@pytest.mark.parametrize(
    "line",
    [
        "17/10 Bright again.",
        "17/10",
        "(17/10) rang",
        "- 3.4 rang",
        "25 Oct  rang",
        "3. März angerufen",
        "7-10 ok",
        "Wed 5/31. Olive",
        "17.2.23 rang",
        "Sun 1.10. quiet",
        "21st Mar - Odin",
        "jeu 4/3 tél",
    ],
)
def test_a_day_and_a_month_lead_a_line(line):
    assert leads_without_year(line)


@pytest.mark.parametrize(
    "line",
    [
        "17/10/2019 Bright again.",
        "17/10/19",
        "1.5 mg twice a day",
        "1/2 kg of food",
        "7-10 % dehydrated",
        "10-12.5 mg",
        "120/80 measured",
        "25 octopus toys",
        "25 dogs",
        "10.20 end",
        "32/3 rang",
        "1/2 tablet of it",
        "Max 4/3 rang",
        "Since 17/10 he has been well",
        "....17/10",
        "",
    ],
)
def test_other_numbers_do_not(line):
    assert not leads_without_year(line)


@pytest.mark.parametrize(
    ("text", "weekday"),
    [
        ("Tues ", True),
        ("Do., ", True),
        ("miércoles ", True),
        ("  Sun ", True),
        ("Tel ", False),
        ("", False),
        ("  ", False),
    ],
)
def test_a_weekday_alone_may_stand_before_a_date(text, weekday):
    assert is_weekday(text) == weekday


@pytest.mark.parametrize(
    ("line", "above", "below", "number"),
    [
        ("22.05   VPCs in runs", "21.55   150  12  97", "", True),
        ("22.05   VPCs in runs", "", "22.45   130  14  98", True),
        ("11.3 (beagle up to 11.0). Veins do not exceed the", "mild narrowing. VHS", "", True),
        ("22.05   rang, he is well", "20.05   rang, no answer", "1.06   home", False),
        ("10.6 rang, he is well", "38.4 this morning", "", False),
        ("22/05 rang, he is well", "21.55   150  12  97", "", False),
        ("3.1 To keep him as a companion", "3. What you agree", "  3.2 To keep him on a lead", True),
        ("  3.2 To keep him on a lead", "3.1 To keep him as a companion", "", True),
        ("3.1 rang, he is well", "", "4.1 home again", False),
    ],
)
def test_a_time_or_a_measure_with_a_dot_is_no_day(line, above, below, number):
    assert is_dotted_number(line, above=above, below=below) == number


def days_of(*printed: tuple[int, int] | None, indent: int = 0) -> DaysDown:
    """Lines with a date each, by day in March and the column at which it stands, or with none."""
    dates = [[] if each is None else [(each[1], each[1] + 8, datetime.date(2019, 3, each[0]))] for each in printed]
    numbers = range(1, len(printed) + 1)
    return DaysDown(list(numbers), dates=lambda number: dates[number - 1], indents=lambda number: indent)


def test_each_day_is_compared_with_the_last_one_above_that_leads_a_line():
    days = days_of((4, 0), None, (9, 40), (6, 2), (5, 0), (5, 3))
    assert [days.leads(position) for position in range(6)] == [True, False, False, True, True, True]
    assert [days.step(position) for position in range(6)] == [None, None, None, 2, -1, 0]


def test_a_day_leads_a_line_that_is_set_in():
    assert days_of((4, 10), indent=8).leads(0)
    assert not days_of((4, 10), indent=2).leads(0)
