"""The day of a weight: its line's, its entry's, its document's."""

import pytest

from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.measure_days import MeasureDays, years_between
from documents.domain.lines import from_text
from documents.domain.segmentation import Document


def day_of(text, *, date="2022-11-04", kind="consult_note", order="DMY", births=(), years=()):
    """The day of the "5 kg" in a document's text."""
    lines = text.split("\n")
    number = next(number for number, line in enumerate(lines, start=1) if "5 kg" in line)
    document = Document(
        start_line=1,
        end_line=len(lines),
        title="",
        title_printed=False,
        type=kind,
        date=date,
        confidence=1.0,
        needs_review=False,
    )
    claim = LocatedClaim(field="weight", raw="5 kg", line=number, quote="5 kg")
    days = MeasureDays(text=from_text(text), births=frozenset(births), years=dict(years))
    return days.find(claim, document=document, order=order)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("05.11.2022 Bella 5 kg", "2022-11-05"),
        ("16/11 Odin. Staples out\nHe weighs 5 kg", "2022-11-16"),
        ("21st Jan - Odin\nWt 5 kg", "2023-01-21"),
        ("10/11/22 Recheck\nFine. 5 kg", "2022-11-10"),
        ("6 Dec 22, Odin\nFine. 5 kg", "2022-12-06"),
        ("Wound check 23.11.22\nBramble\nLost a bit 5 kg", "2022-11-23"),
        ("Thorax radiograph  PICKLE  16-11-2022  jw\n5 kg", "2022-11-16"),
        ("10/11/22 Recheck\nYesterday: 5 kg", "2022-11-09"),
        ("Yesterday: 5 kg", "2022-11-03"),
        ("10/11/22\n" + "text\n" * 70 + "5 kg", "2022-11-04"),
    ],
)
def test_a_weight_has_the_day_of_its_entry(text, day):
    assert day_of(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "Signalment: Border Terrier, FN, 03/04/2010, 5 kg",  # somebody was born on it
        "Vaccinated 03.11.2022, heute 5 kg",
        "next due 12/12/2023\n5 kg",
        "Lame 3/10 on the left\n5 kg",
        "seen 03/01/2022 and 04/02/2022\n5 kg",
    ],
)
def test_another_day_of_its_line_or_above_is_none_of_the_weights(text):
    assert day_of(text) == "2022-11-04"


def test_lists_of_vaccines_head_no_entries_unless_an_hour_stands_beside_the_day():
    assert day_of("10/11/22 DHPP lot 1\n5 kg", kind="vaccination_certificate") == "2022-11-04"
    assert day_of("10/11/22 17:05 MQUINT\n5 kg", kind="vaccination_certificate") == "2022-11-10"


def test_a_document_without_a_day_has_the_only_one_that_it_prints_at_its_top():
    assert day_of("Hadley Vets  30.1.23 (Mon)\n\n\n\n\n\n\n\nwt 5 kg", date=None) == "2023-01-30"
    assert day_of("wt 5 kg", date=None) is None


def test_a_birth_date_heads_no_entry():
    assert day_of("10/11/2022\n5 kg", births=[(1, "10/11/2022")]) == "2022-11-04"


@pytest.mark.parametrize(("years", "day"), [({1: 2023}, "2023-04-24"), ({}, None)])
def test_a_day_without_a_year_in_a_document_without_a_day_is_in_the_year_around_it(years, day):
    assert day_of("24/04   25%   ++   5 kg", date=None, years=years) == day


@pytest.mark.parametrize(
    ("dates", "years"),
    [
        (("2023-01-05", None, None, "2023-12-01"), {2: 2023, 3: 2023}),
        (("2023-01-05", None, "2024-01-07"), {}),
        ((None, "2023-01-05", None), {}),
    ],
)
def test_the_year_around_a_document_is_that_of_days_ahead_and_behind(dates, years):
    documents = [
        Document(
            start_line=line,
            end_line=line,
            title="",
            title_printed=False,
            type="other",
            date=date,
            confidence=1.0,
            needs_review=False,
        )
        for line, date in enumerate(dates, start=1)
    ]
    assert years_between(documents) == years
