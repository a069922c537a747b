"""What stands between documents and belongs to none."""

import pytest

from tests.unit.rules.reading import CONTADO, ERZAEHLT, RACONTE, TOLD, gaps_of, starts_of

LETTER = {
    "en": ("\fREFERRAL LETTER", "Date: 03/14/2019", "Patient: Biscuit", "", TOLD[1]),
    "es": ("\fINFORME DE ALTA", "Fecha: 14/03/2019", "Paciente: Bizcocho", "", CONTADO[1]),
    "fr": ("\fCOMPTE RENDU", "Date : 14/03/2019", "Patient : Biscotte", "", RACONTE[1]),
    "de": ("\fENTLASSUNGSBERICHT", "Datum: 14.03.2019", "Patient: Keks", "", ERZAEHLT[1]),
}


@pytest.mark.parametrize(
    ("language", "cover"),
    [
        ("en", "FAX COVER SHEET"),
        ("en", "F A X   C O V E R   S H E E T"),
        ("en", "Facsimile Transmittal"),
        ("es", "PORTADA DE FAX"),
        ("fr", "TÉLÉCOPIE"),
        ("de", "FAX-DECKBLATT"),
    ],
)
def test_a_fax_cover_page_is_a_gap(language, cover):
    lines = (cover, "To: Ridge Specialists", "From: Harbor Lane", "Pages: 3", "", *LETTER[language])
    assert gaps_of(lines) == [(1, 5, "fax_cover")]
    assert starts_of(lines) == [6]


def test_a_fax_cover_page_between_documents_is_a_gap():
    lines = (
        "PHONE NOTE",
        "Date: 03/13/2019",
        "Patient: Biscuit",
        "",
        TOLD[0],
        "\fFAX COVER SHEET",
        "To: Ridge Specialists",
        "Pages: 3",
        *LETTER["en"],
    )
    assert gaps_of(lines) == [(6, 8, "fax_cover")]
    assert starts_of(lines) == [1, 9]


def test_a_page_that_ends_a_fax_is_a_gap():
    lines = (*LETTER["en"], "\fEND OF TRANSMISSION")
    assert gaps_of(lines) == [(6, 6, "fax_end")]
    assert starts_of(lines) == [1]


def test_a_letter_that_speaks_of_a_fax_is_no_cover_page():
    lines = ("\fREFERRAL LETTER", "Date: 03/14/2019", "Patient: Biscuit", "", TOLD[0], "We send it by fax today.")
    assert gaps_of(lines) == []
    assert starts_of(lines) == [1]


@pytest.mark.parametrize("ruler", ["-" * 40, "=" * 60, "* * * * * * *", "_" * 30])
def test_a_ruler_that_stands_alone_between_documents_is_a_gap(ruler):
    lines = (
        "PHONE NOTE",
        "Date: 03/14/2019",
        "Patient: Biscuit",
        "",
        TOLD[0],
        "",
        ruler,
        "",
        "LABORATORY REPORT",
        "Date: 03/15/2019",
        "Patient: Biscuit",
        "",
        TOLD[1],
    )
    assert gaps_of(lines) == [(7, 8, "ruler")]
    assert starts_of(lines) == [1, 9]


def test_a_page_left_blank_between_documents_is_a_gap():
    lines = (
        "PHONE NOTE",
        "Date: 03/14/2019",
        "Patient: Biscuit",
        "",
        TOLD[0],
        "\fThis page intentionally left blank",
        "\fLABORATORY REPORT",
        "Date: 03/15/2019",
        "Patient: Biscuit",
        "",
        TOLD[1],
    )
    assert gaps_of(lines) == [(6, 6, "blank_page")]
    assert starts_of(lines) == [1, 7]


def test_blank_lines_before_the_first_document_are_a_gap_and_those_behind_belong_to_it():
    lines = ("", "", "PHONE NOTE", "Patient: Biscuit", "", TOLD[0], "", " ")
    assert gaps_of(lines) == [(1, 2, "blank")]
    assert starts_of(lines) == [3]


def test_blank_lines_alone_are_one_gap():
    assert gaps_of(("", "  ", "\f", "x"[:0] + " ")) == [(1, 4, "blank")]
