"""What of a document is compared, and what belongs to the sheet."""

import pytest

from documents.domain.likeness.marks import Standing, read_reference, read_standing, strip_standing
from documents.domain.likeness.wording import list_printed, read_wording
from documents.domain.lines import fold


def words(*lines: str, noise: frozenset[int] = frozenset()) -> str:
    wording = read_wording(lines=lines, start_line=1, end_line=len(lines), noise=noise)
    assert len(wording.words) == len(wording.lines)
    return " ".join(wording.words)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Weight:\u00a0 12.4 KG", "weight: 12.4 kg"),
        ("\ue012 Visit \u200bnote", "visit note"),
        ("Lab report   Page 2 of 3", "lab report"),
        ("------------ ____ ***", ""),
        ("Leukocytes +++ ketones --", "leukocytes +++ ketones --"),
        ("Printed on 2024-03-05 14:10", ""),
        ("Main St Clinic | Printed 03/05/2024 by reception", ""),
        ("Gedruckt am 05.03.2024", ""),
        ("Printed form given to the owner", "printed form given to the owner"),  # no day: it says what was done
        ("We printed the leaflet of 2024", "we printed the leaflet of 2024"),
        (
            "Printed 2024-03-05, and then a long sentence that says a good deal more than that",
            "printed 2024-03-05, and then a long sentence that says a good deal more than that",
        ),
        ("", ""),
    ],
)
def test_what_belongs_to_the_sheet_is_left_out(line: str, expected: str) -> None:
    assert words(line) == expected


def test_lines_are_those_of_the_file_and_noise_is_left_out() -> None:
    lines = ["Before", "Visit note", "Running header", "Seen", "", "After"]
    wording = read_wording(lines=lines, start_line=2, end_line=5, noise={3})
    assert (wording.words, wording.lines) == (("visit", "note", "seen"), (2, 2, 4))


def test_words_are_shown_as_they_are_printed() -> None:
    assert list_printed(["Weight: 12.4 KG", "\u00a0Dr. Tennick"]) == {
        "weight:": "Weight:",
        "12.4": "12.4",
        "kg": "KG",
        "dr.": "Dr.",
        "tennick": "Tennick",
    }


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("laboratory report amended", Standing.AMENDED),
        ("*** corrected report ***", Standing.AMENDED),
        ("informe enmendado", Standing.AMENDED),
        ("fiche corrigée", Standing.AMENDED),
        ("korrigierter befund", Standing.AMENDED),
        ("1. nachtrag zum befund", Standing.AMENDED),
        ("preliminary report", Standing.PRELIMINARY),
        ("vorläufiger befund", Standing.PRELIMINARY),
        ("final report", Standing.PLAIN),
        ("visit note", Standing.PLAIN),
        ("a b c d e f g h\n" * 5 + "amended", Standing.PLAIN),  # too late
        ("we have amended the invoice as you asked us", Standing.PLAIN),  # told of, not told of itself
        ("the invoice was corrected.", Standing.PLAIN),
        ("larkfield laboratory\nreport of 2024\n- amended -", Standing.AMENDED),
        ("unamended", Standing.PLAIN),
    ],
)
def test_a_standing_is_read_at_the_head(text: str, standing: Standing) -> None:
    lines = text.split("\n")
    assert read_standing(read_wording(lines=lines, start_line=1, end_line=len(lines), noise=())) == standing


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("accession no: lf-24-118822 received", "lf24118822"),
        ("accession: 3147092 doctor", "3147092"),
        ("lab number # 2024/118822", "2024118822"),
        ("befund-nr.: 44-1187", "441187"),
        ("nº de informe: 553-2211", "5532211"),
        ("accession to the throne", ""),
        ("report no 12", ""),  # too short to name one
        ("phone 555-0100", ""),
    ],
)
def test_the_number_of_a_report_is_read(text: str, number: str) -> None:
    assert read_reference(fold(text).split()) == number


def test_a_title_without_its_standing_is_that_of_the_report() -> None:
    assert (
        strip_standing("AMENDED Biochemistry report") == strip_standing("Biochemistry Report") == "biochemistry report"
    )
    assert strip_standing("Senior Profile - AMENDED") == "senior profile"
    assert strip_standing("Laboratory report, 2019-03-14") == "laboratory report"
