"""Records under other names: nothing known is left, lines and shapes stay, text and truth change alike."""

import datetime
import re
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.accuracy.labelled import LabelledRecord
from documents.domain.pseudonyms.date_shift import DateShift
from documents.domain.pseudonyms.record import Pseudonymiser
from documents.domain.pseudonyms.spotting import Kind, Known, Spotter, list_words

KNOWN: dict[Kind, frozenset[str]] = {
    "animal": frozenset({"Biscuit"}),
    "person": frozenset({"María López-Ruiz", "Dr. Anna Bell, DVM"}),
    "organisation": frozenset({"Wren Harbor Animal Hospital"}),
    "address": frozenset({"30 Wharf Street, Salem 97301"}),
    "phone": frozenset({"5550142"}),
    "email": frozenset({"maria.lopez@example.org"}),
    "microchip": frozenset({"985112004771306"}),
    "number": frozenset({"C-20394"}),
}


def pseudonymiser(known: dict[Kind, frozenset[str]] | None = None, *, seed: int = 1, days: int = 0) -> Pseudonymiser:
    shift = DateShift(days=days, order="MDY") if days else None
    return Pseudonymiser(known=Known(values=KNOWN if known is None else known), random=Random(seed), shift=shift)


def rewrite(*lines: str, **options: Any) -> list[str]:
    record = LabelledRecord(lines=lines, truth={"documents": [], "patients": []})
    return list(pseudonymiser(**options).rewrite(record).lines)


def shape(text: str) -> str:
    """Letters and digits by kind, all else as it is."""
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", lambda m: "A" if m[0].isupper() else "a", text))


@pytest.mark.parametrize(
    "line",
    [
        "Patient: Biscuit",
        "BISCUIT has eaten; biscuit's ear; Biscuits; biscuit_xray.jpg",
        "Owner: López-Ruiz, María",
        "OWNER: LOPEZ RUIZ, MARIA",
        "Mari\u0301a signed",
        "seen by dr. bell, DVM",
        "Wren Harbor Animal Hospital, 30 Wharf Street",
        "30 Wharf St Salem 97301",
        "call 555-0142 or (555) 0142 or 555.0142",
        "Maria.Lopez@Example.org",
        "chip 985112004771306, 985 112 004 771 306, 985-112004771306",
        "account C-20394, c20394",
    ],
)
def test_nothing_known_is_left_in_any_casing_and_the_shape_stays(line: str) -> None:
    (rewritten,) = rewrite(line)

    assert shape(rewritten) == shape(line)
    assert rewritten != line
    told = {"biscuit", "maria", "lopez", "ruiz", "anna", "bell", "wren", "harbor", "wharf", "salem"}
    assert told.isdisjoint(re.sub("s$", "", word) for word in list_words(rewritten))
    digits = re.sub(r"\D", "", rewritten)
    assert not any(number in digits for number in ("5550142", "985112004771306", "20394", "97301"))


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (("Seen by Dr. Marchetti-Brandt.", "MARCHETTI called"), {"marchetti", "brandt"}),
        (("T. Rasmussen, DVM", "Rasmussen was away"), {"rasmussen"}),
        (("Fdo.: D. Gonzalo Trespalacios",), {"gonzalo", "trespalacios"}),
        (("Frau Henrike Vossberg bittet um Rückruf",), {"henrike", "vossberg"}),
    ],
)
def test_people_are_learnt_by_their_titles(lines: tuple[str, ...], left: set[str]) -> None:
    assert left.isdisjoint(list_words(" ".join(rewrite(*lines, known={}))))


def test_a_number_of_somebodys_is_one_wherever_it_stands() -> None:
    first, second = rewrite("Client # 30417", "see 30417-B", known={})

    assert first.removeprefix("Client # ") in second
    assert "30417" not in first + second


def test_headings_behind_a_name_are_no_names() -> None:
    (line,) = rewrite("Dr. Bell Progress Note   Surgery Report", known={})

    assert re.fullmatch(r"Dr\. [A-Z][a-z]{3} Progress Note   Surgery Report", line)


def test_words_that_tell_nobody_stay() -> None:
    (line,) = rewrite("Dr. Bell of the Animal Hospital, DVM")

    assert re.fullmatch(r"Dr\. [A-Z][a-z]{3} of the Animal Hospital, DVM", line)


@pytest.mark.parametrize(
    ("line", "spotted"),
    [
        ("someone.else@mail.example.com", "email"),
        ("see www.somewhere.example/records", "web"),
        ("(212) 555-0177", "phone"),
        ("+49 30 5550 1234", "phone"),
        ("Tel. 0911/555 01 23", "phone"),
        ("tel: 5550188", "phone"),
        ("941000018822604", "microchip"),
        ("Account # 4821", "number"),
        ("Client ID: A-771", "number"),
        ("Rechnung Nr. 2020-118", "number"),
        ("INV-0042117", "number"),
        ("12 Long Meadow Road", "address"),
        ("Calle Mayor, 12", "address"),
        ("Lindenstraße 4a", "address"),
    ],
)
def test_what_has_the_form_of_a_number_or_address_is_found(line: str, spotted: str) -> None:
    assert [spot.kind for spot in Spotter(known=Known()).spot(line)] == [spotted]


@pytest.mark.parametrize(
    "line",
    [
        "Weight: 4.1 kg, temp 38.5, HR 120",
        "WBC 12.4 10^9/L   5.5 - 16.9",
        "Page 14 of 90",
        "Give 50 mg every 12 hours for 14 days",
        "2 x 3.5 cm mass at 12:30",
        "Invoice 2019",
        "patient was seen",
    ],
)
def test_clinical_numbers_are_let_be(line: str) -> None:
    assert rewrite(line) == [line]


def test_dates_are_no_numbers_of_anybody() -> None:
    lines = ("2019-03-14", "03/14/2019", "14.03.2019", "March 14, 2019")

    assert tuple(rewrite(*lines)) == lines


def test_the_same_name_becomes_the_same_throughout_and_another_seed_another() -> None:
    first, second = rewrite("Biscuit", "BISCUIT")

    assert first.upper() == second
    assert rewrite("Biscuit", seed=2) != [first]
    assert rewrite("Biscuit") == [first]


def test_a_phone_is_the_same_with_and_without_its_code() -> None:
    long, short = rewrite("(212) 555-0142", "555-0142", known={"phone": frozenset({"2125550142", "5550142"})})

    assert long.endswith(short)


def test_short_names_are_names_where_they_are_written_large() -> None:
    known: dict[Kind, frozenset[str]] = {"animal": frozenset({"Bo"})}

    large, small = rewrite("Bo was seen", "about bo", known=known)

    assert not large.startswith("Bo")
    assert small == "about bo"


def test_text_and_truth_change_alike() -> None:
    record = LabelledRecord(
        lines=("\fBiscuit's letter", "Owner: María López-Ruiz 555-0142", "Weight 4.1 kg"),
        truth={
            "lines": 3,
            "documents": [{"title": "Biscuit's letter", "start_line": 1, "end_line": 3, "date": "2019-03-14"}],
            "patients": [
                {
                    "name": ["Biscuit"],
                    "owner": ["María López-Ruiz"],
                    "owner_phone": ["5550142"],
                    "microchip": ["985112004771306"],
                    "neutered": [True],
                    "weight": [{"value": 4.1, "unit": "kg", "date": "2019-03-14"}],
                }
            ],
        },
    )

    rewritten = pseudonymiser().rewrite(record)

    (document,), (patient,) = rewritten.truth["documents"], rewritten.truth["patients"]
    assert rewritten.lines[0] == "\f" + document["title"]
    assert rewritten.lines[0].startswith("\f" + patient["name"][0])
    assert patient["owner"][0] in rewritten.lines[1]
    assert re.sub(r"\D", "", rewritten.lines[1]) == patient["owner_phone"][0]
    assert patient["microchip"][0].startswith("985")
    assert patient["microchip"][0] != "985112004771306"
    assert (patient["neutered"], patient["weight"]) == ([True], record.truth["patients"][0]["weight"])
    assert rewritten.lines[2] == record.lines[2]


def test_what_was_replaced_is_counted_by_kind() -> None:
    one = pseudonymiser()
    one.rewrite(LabelledRecord(lines=("Biscuit", "biscuit 555-0142"), truth={"documents": [], "patients": []}))

    assert one.replaced == {"animal": 2, "phone": 1}


@given(st.lists(st.text(max_size=40).filter(lambda text: "\n" not in text), max_size=5))
def test_lines_stay_lines_whatever_they_hold(lines: list[str]) -> None:
    rewritten = rewrite(*lines)

    assert [len(line) for line in rewritten] == [len(line) for line in lines]


class TestDates:
    @pytest.mark.parametrize(
        ("line", "moved"),
        [
            ("2019-03-14", "2019-03-07"),
            ("03/14/2019", "03/07/2019"),
            ("3/14/19", "3/07/19"),  # as long as it was
            ("14.03.2019", "07.03.2019"),
            ("March 14, 2019", "March 07, 2019"),
            ("MAR 3, 2019", "FEB 24, 2019"),
            ("3 de marzo de 2019", "24 de febrero de 2019"),
            ("05/05/2019", "04/28/2019"),
            ("Date: 01/02/2020  Thu", "Date: 12/26/2019  Thu"),
        ],
    )
    def test_they_are_moved_and_printed_as_they_were(self, line: str, moved: str) -> None:
        assert rewrite(line, days=-7) == [moved]

    def test_those_of_the_truth_move_with_them(self) -> None:
        record = LabelledRecord(
            lines=("03/14/2019",),
            truth={
                "documents": [{"title": None, "date": "2019-03-14"}],
                "patients": [
                    {
                        "date_of_birth": ["2015-05-01", "2015-05", "2015"],
                        "weight": [{"value": 4, "unit": "kg", "date": "2019-03-14"}],
                    }
                ],
            },
        )

        truth = pseudonymiser(days=-7).rewrite(record).truth

        assert truth["documents"][0]["date"] == "2019-03-07"
        assert truth["patients"][0]["weight"][0]["date"] == "2019-03-07"
        assert truth["patients"][0]["date_of_birth"] == ["2015-04-24", "2015-05", "2015"]

    @given(st.dates(min_value=datetime.date(1990, 1, 1), max_value=datetime.date(2049, 1, 1)))
    def test_moved_there_and_back_they_are_what_they_were(self, day: datetime.date) -> None:
        for form in ("%Y-%m-%d", "%m/%d/%Y", "%B %d, %Y"):
            line = day.strftime(form)
            assert rewrite(*rewrite(line, days=-70), days=70) == [line]


SPELT: dict[Kind, frozenset[str]] = {
    "animal": frozenset({"Zorbo"}),
    "person": frozenset({"Jürgen Müller", "Anna Weiß", "Søren Østergård", "Griffin Łuczak", "Joel Saenz"}),
    "organisation": frozenset({"Hollow Creek Animal Hospital", "Vet Ng"}),
    "phone": frozenset({"+15550142337", "+34612345678"}),
    "microchip": frozenset({"077123456", "985112004771306"}),
}


@pytest.mark.parametrize(
    "line",
    [
        *("Zor\u200bbo", "Zor\u00adbo", "Z O R B O", "\uff3a\uff4f\uff52\uff42\uff4f"),
        *("Mueller", "MULLER", "Weiss", "WEISS", "Soren Ostergard", "Oestergaard", "Gri\ufb03n", "Luczak", "Sänz"),
        *("077*123*456", "985,112,004,771,306", "985\u2011112\u2011004\u2011771\u2011306"),
        *("555 014 2337", "555\u2013014\u20132337", "0612 345 678", "612 34 56 78"),
        "hollowcreek.example and hollow-creek.com",
    ],
)
def test_nothing_known_is_left_in_another_spelling(line: str) -> None:
    (rewritten,) = rewrite(line, known=SPELT)
    assert shape(rewritten) == shape(line)
    runs, before = (set(re.findall(r"[^\W\d_]{3,}|\d{3,}", text.lower())) for text in (rewritten, line))
    assert runs & before <= {"example", "com", "and", "077", "985"}
    assert rewritten != line


def test_a_name_that_a_hyphen_breaks_over_two_lines_is_replaced():
    lines = ["seen with Jürgen Mül-", "  ler and his dog", "a well-", "known dog"]
    rewritten = rewrite(*lines, known=SPELT)
    assert [shape(line) for line in rewritten] == [shape(line) for line in lines]
    assert rewritten[2:] == lines[2:]
    assert "Mül" not in rewritten[0]
    assert "ler" not in rewritten[1]


@pytest.mark.parametrize(
    "line", ["the hospital is full", "a vet came", "e.g. this.and that, v1.de", "10\u201320 mg", "zebra"]
)
def test_what_tells_nobody_stays(line: str) -> None:
    assert rewrite(line, known=SPELT) == [line]
