"""Dates: every printed form is read, and what only looks like one is not."""

import datetime

import pytest

from documents.domain.dates import DateOrder, find_dates, infer_order

PI_DAY = datetime.date(2019, 3, 14)


def day_in(text: str, *, order: DateOrder = "unknown") -> datetime.date | None:
    """The one day that `text` states."""
    days = {mention.value for mention in find_dates(text, order=order) if mention.precision == "day"}
    return days.pop() if len(days) == 1 else None


@pytest.mark.parametrize(
    "printed",
    [
        "2019-03-14",
        "2019/03/14",
        "2019-03-14T10:00:00Z",
        "03/14/2019",
        "3/14/19",
        "14/03/2019 10:30",
        "14 / 03 / 2019",
        "14.03.2019",
        "den 14.3.2019",
        "14-03-19",
        "14-Mar-2019",
        "14-Mar-19",
        "14/Mar/2019",
        "14 Mar 19",
        "14MAR2019",
        "Mar 14, 2019",
        "Mar. 14, 2019",
        "Mar-14-2019",
        "14 March 2019",
        "March 14th 2019",
        "the 14th of March, 2019",
        "Thursday, March 14, 2019 10:30 AM",
        "14 de marzo de 2019",
        "el 14 de marzo del 2019",
        "jeudi 14 mars 2019 à 10h",
        "14. März 2019",
        "14.Mär.2019",
        "(14/03/2019)",
        "Date:14/03/2019.",
    ],
)
def test_a_printed_date_is_read(printed):
    assert day_in(printed) == PI_DAY


@pytest.mark.parametrize(
    "text",
    [
        "1/2 tablet",
        "(555) 555-0112",
        "555-01-1934",
        "06.12.34.56.78",
        "01-42-68-53-00",
        "v1.2.10",
        "Version 10.02.15",
        "section 12.5.2",
        "192.168.10.12",
        "3.5-5.5",
        "120/80/60",
        "BCS 5/9",
        "May",
        "You may give 3 tablets",
        "may 10 puppies",
        "March 14",
        "14 Mar 10:30",
        "12/2000 U",
        "#12-10-2010",
        "no digits at all, only March and May",
    ],
)
def test_what_only_looks_like_a_date_is_none(text):
    assert find_dates(text) == []


@pytest.mark.parametrize("text", ["2019-02-30", "31/04/2019", "February 30, 2019", "00/00/0000", "29.02.2019"])
def test_an_impossible_date_is_none(text):
    assert day_in(text) is None


def test_a_month_with_its_year_is_found_but_is_no_day():
    (mention,) = find_dates("seen in March 2019 again")
    assert (mention.raw, mention.precision, mention.value) == ("March 2019", "month", datetime.date(2019, 3, 1))
    assert day_in("March 2019") is None


def test_mentions_tell_their_place():
    text = "from 03/14/2019-03/15/2019, and 14 mars 2019"
    assert [text[m.start : m.end] for m in find_dates(text)] == ["03/14/2019", "03/15/2019", "14 mars 2019"]


def test_places_hold_behind_a_character_that_grows_when_lowered():
    text = "İİ March 14, 2019"
    assert [text[m.start : m.end] for m in find_dates(text)] == ["March 14, 2019"]


@pytest.mark.parametrize(
    ("text", "order", "value", "ambiguous"),
    [
        ("03/04/2019", "MDY", datetime.date(2019, 3, 4), False),
        ("03/04/2019", "DMY", datetime.date(2019, 4, 3), False),
        ("03/04/2019", "unknown", datetime.date(2019, 3, 4), True),
        ("03/04/2019", "mixed", datetime.date(2019, 3, 4), True),
        ("03.04.2019", "unknown", datetime.date(2019, 4, 3), False),
        ("04/04/2019", "unknown", datetime.date(2019, 4, 4), False),
        ("25/04/2019", "MDY", datetime.date(2019, 4, 25), False),
    ],
)
def test_the_order_of_the_file_decides(text: str, order: DateOrder, value, ambiguous):
    (mention,) = find_dates(text, order=order)
    assert (mention.value, mention.ambiguous) == (value, ambiguous)


@pytest.mark.parametrize(("printed", "year"), [("3/14/49", 2049), ("3/14/50", 1950), ("3/14/99", 1999)])
def test_a_short_year_turns_at_the_pivot(printed, year):
    parsed = day_in(printed)
    assert parsed is not None
    assert parsed.year == year


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        (["seen 25/04/2019", "03/04/2019"], "DMY"),
        (["seen 04/25/2019", "03/04/2019"], "MDY"),
        (["25/04/2019", "04/25/2019"], "mixed"),
        (["03/04/2019"], "unknown"),
        (["Peso: 4,1 kg", "Paciente: Luna", "03/04/2019"], "DMY"),
        ([], "unknown"),
    ],
)
def test_the_order_is_inferred_from_days_that_can_be_no_month(lines, order):
    assert infer_order(lines=lines) == order


def test_two_different_dates_are_not_one():
    assert day_in("from 2019-03-14 to 2019-03-15") is None
    assert day_in("2019-03-14 (14 March 2019)") == PI_DAY
