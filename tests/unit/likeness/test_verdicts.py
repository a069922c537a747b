"""Pairs of documents: one twice, one amended, two that look alike."""

from datetime import date
from typing import Any

import pytest

from documents.domain.likeness.verdicts import judge
from tests.unit.likeness.papers import CONSENT, JUNIPER, LAB, OTHER, VISIT, judge_texts, make_paper

NOISY = {
    "cough": "c0ugh",
    "began": "hegan",
    "four": "f0ur",
    "drinking": "drinkinq",
    "throat": "tbroat",
    "always": "alwoys",
}

MISREAD = {
    "Glucose": "G1ucose",
    "Sodium": "Sodiurn",
    "Urea": "Ureo",
    "ALT": "A1T",
    "Comment": "Cornment",
    "6.1  mmol": "6.7  mmol",
}


def swap(text: str, **words: str) -> str:
    for word, other in words.items():
        assert word in text
        text = text.replace(word, other)
    return text


def of_pages(text: str, *, lines_a_page: int, header: str) -> str:
    """The text on sheets with a header that counts them."""
    lines = text.splitlines()
    pages = [lines[start : start + lines_a_page] for start in range(0, len(lines), lines_a_page)]
    return "\f".join(
        "\n".join([header.format(page=number, pages=len(pages)), *page, ""]) for number, page in enumerate(pages, 1)
    )


ADDENDUM = "Larkfield Laboratory\nAddendum\nAccession no: LF-24-118822\nThe sample was seen to be lipaemic.\n"
FAX = "03/09/2024 10:12  From: Hollow Lane Clinic  Fax 555 0100  P. {page}/{pages}"
HEADER = "Record of Juniper  Page {page} of {pages}"

SAME: dict[str, tuple[str, str]] = {
    "the same lines": (VISIT, VISIT),
    "other line breaks": (VISIT, VISIT.replace(" that ", "\nthat ").replace("\nPlan", " Plan")),
    "more white space and a ruler": (VISIT, VISIT.replace("Weight:", "--------\n\n\u00a0 Weight: ")),
    "faxed again": (
        of_pages(VISIT, lines_a_page=3, header=FAX),
        of_pages(VISIT, lines_a_page=4, header=FAX.replace("10:12", "16:40").replace("03/09", "04/02")),
    ),
    "on other pages": (VISIT, of_pages(VISIT, lines_a_page=2, header=HEADER)),
    "printed on another day": (VISIT + "Printed on 2024-03-06 by front desk\n", VISIT + "Printed on 2025-01-02\n"),
    "with a counter in a line": (
        VISIT.replace("Visit note", "Visit note  Page 1 of 2"),
        VISIT.replace("Visit note", "Visit note  Page 3 of 9"),
    ),
}
NEAR: dict[str, tuple[str, str]] = {
    "letters misread": (VISIT, swap(VISIT, **NOISY)),
    "a digit misread among letters that are": (
        LAB,
        swap(
            LAB,
            Glucose="G1ucose",
            Sodium="Sodiurn",
            Urea="Ureo",
            ALT="A1T",
            Comment="Cornment",
            **{"6.1  mmol": "6.7  mmol"},
        ),
    ),
    "numbers cut and joined": (VISIT, swap(VISIT, **{"12.4 kg": "l2.4kg", "50 mg": "5Omg"})),
    "a line more": (VISIT, VISIT + "Copy for the owner, with our thanks.\n"),
    "a line less": (VISIT, VISIT.replace("Hollow Lane Clinic\n", "")),
}
SUPERSEDES: dict[str, tuple[str, str]] = {
    "amended, with another value": (LAB, swap(LAB, **{"Biochemistry": "AMENDED Biochemistry", "5.2": "5.9"})),
    "corrected, one word": (
        LAB,
        swap(LAB, **{"Biochemistry": "Corrected biochemistry", "no abnormality": "an abnormality"}),
    ),
    "final after preliminary": (
        LAB.replace("Biochemistry", "PRELIMINARY Biochemistry").replace("ALT ", "ALT pending "),
        LAB,
    ),
    "an addendum of the same number": (LAB, ADDENDUM),
    "another value, and the same number": (LAB, swap(LAB, **{"5.2": "5.9"})),
    "a German report": (
        "Labor Auental\nBefund Biochemie\nBefund-Nr: 44-1187\nDatum: 2024-03-05\n" + LAB.partition("\nGlucose")[2],
        "Labor Auental\nKorrigierter Befund Biochemie\nBefund-Nr: 44-1187\nDatum: 2024-03-05\nUrea neu 8.1\n",
    ),
}
TWO: dict[str, tuple[str, str, dict[str, Any]]] = {
    "the same form a month later": (
        VISIT,
        swap(VISIT, **{"2024-03-05": "2024-04-05", "12.4": "12.9"}),
        {"date": date(2024, 4, 5)},
    ),
    "the same form, its date not read": (VISIT, swap(VISIT, **{"2024-03-05": "2024-04-05"}), {"date": None}),
    "the same day, another weight": (VISIT, swap(VISIT, **{"12.4": "12.9"}), {}),
    "a decimal point lost": (VISIT, swap(VISIT, **{"12.4": "124"}), {}),
    "a laboratory report of another sample": (LAB, swap(LAB, **{"118822": "118823", "5.2": "5.9", "145": "151"}), {}),
    "one value less, of another sample": (LAB, swap(LAB, **{"118822": "118823"}), {}),
    "amended, of another number": (LAB, swap(LAB, **{"Biochemistry": "AMENDED Biochemistry", "118822": "220011"}), {}),
    "amended, of another day": (
        VISIT,
        swap(VISIT, **{"Visit note": "Amended visit note", "2024-03-05": "2024-04-05"}),
        {"date": date(2024, 4, 5)},
    ),
    "of another animal by its file": (VISIT, VISIT, {"animal": "Bramble"}),
    "nearly the same, of another animal": (VISIT, swap(VISIT, Juniper="Bramble"), {"animal": "Bramble"}),
    "a form that nobody filled in": (CONSENT, CONSENT, {"date": None}),
    "another document": (VISIT, LAB, {}),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_one_document_twice_is_linked_without_asking(pair: tuple[str, str]) -> None:
    for first, second in (pair, pair[::-1]):
        found = judge_texts(first, second)
        assert found is not None
        assert (found.kind, found.is_sure, found.alike) == ("same", True, 1.0)


@pytest.mark.parametrize("pair", NEAR.values(), ids=NEAR)
def test_nearly_the_same_wording_is_proposed(pair: tuple[str, str]) -> None:
    for first, second in (pair, pair[::-1]):
        found = judge_texts(first, second)
        assert found is not None
        assert (found.kind, found.is_sure) == ("same", False)
        assert 0.85 <= found.alike <= 1


@pytest.mark.parametrize("pair", SUPERSEDES.values(), ids=SUPERSEDES)
def test_an_amended_report_is_no_copy(pair: tuple[str, str]) -> None:
    found = judge_texts(*pair)
    assert found is not None
    assert (found.kind, found.is_sure, found.second_is_newer) == ("supersedes", False, True)


@pytest.mark.parametrize("name", ["amended, with another value", "final after preliminary"])
def test_the_amended_one_is_the_newer_in_whatever_order_they_came(name: str) -> None:
    older, newer = SUPERSEDES[name]
    found = judge_texts(newer, older)
    assert found is not None
    assert (found.kind, found.second_is_newer) == ("supersedes", False)


@pytest.mark.parametrize("pair", TWO.values(), ids=TWO)
def test_two_documents_are_two(pair: tuple[str, str, dict[str, Any]]) -> None:
    first, second, told = pair
    assert judge_texts(first, second, **told) is None


SHORT = "Visit\nNail trim done, no\ncharge today."


@pytest.mark.parametrize(
    ("text", "first", "second", "verdict"),
    [
        (SHORT, {"patient": JUNIPER}, {"patient": JUNIPER}, "sure"),
        (SHORT, {"patient": JUNIPER}, {"patient": JUNIPER, "date": date(2024, 3, 6)}, None),
        (SHORT, {"patient": JUNIPER, "date": None}, {"patient": JUNIPER, "date": None}, None),
        (SHORT, {"patient": JUNIPER}, {"patient": OTHER}, None),
        (SHORT, {"patient": JUNIPER}, {"patient": None}, None),
        (SHORT, {}, {}, None),
        ("Visit\nNo show.", {"patient": JUNIPER}, {"patient": JUNIPER}, None),
        (CONSENT, {"patient": JUNIPER}, {"patient": JUNIPER}, "sure"),
        (CONSENT, {"patient": JUNIPER, "date": None}, {"patient": JUNIPER, "date": None}, "asked"),
        (VISIT, {"patient": JUNIPER}, {"patient": OTHER}, "sure"),  # one animal, made two patients of
        (VISIT, {"patient": JUNIPER, "animal": ""}, {"patient": OTHER, "animal": ""}, "sure"),
        (VISIT, {"date": None}, {"date": None}, None),
        (LAB, {"date": None}, {"date": None}, "sure"),  # full of numbers
    ],
)
def test_few_words_need_a_patient_and_a_day(
    text: str, first: dict[str, Any], second: dict[str, Any], verdict: str | None
) -> None:
    def refuse() -> Any:
        raise AssertionError("the same digest needs no reading")

    found = judge(make_paper(text, **first), make_paper(text, **second), compare=refuse)
    assert (found and ("sure" if found.is_sure else "asked")) == verdict
