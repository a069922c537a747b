"""What is printed on top of pages: letterheads of documents that begin there, and words that say that one goes on."""

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.copies import mend_copies
from documents.domain.rules.engine import read
from documents.domain.rules.features import read_line
from tests.unit.rules.reading import TOLD, starts_of

NOTE = ("CONSULTATION NOTE", "Date: 03/14/2019", "Patient: Biscuit", "", TOLD[0])
LAB = ("LABORATORY REPORT", "Date: 03/15/2019", "Patient: Pickle", "", TOLD[1])
SPOILT = (
    "HARBOR LANE ANIMAL RESCUE, Inc.   P.O. Box 411   555-0150",
    "HARB0R LANE ANlMAL RESCUE, lnc.   PO Box 41l   555-015O",
    "HAR BOR LANE ANIMAL RESC UE. Inc    P.O Box 411   555-0150",
    "HARBOR LANE ANIMA L RESCUE, lnc.    P O. Box 4ll   5S5-0150",
)
FORMS = ("ANIMAL INTAKE", "FOSTER AGREEMENT", "SHOT RECORD", "ADOPTION CONTRACT")


class TestLetterheadsOnTop:
    @pytest.mark.parametrize(
        "top",
        [
            ("Sycamore Heart Service for Animals", "mobile heart scans - Nora Hall"),
            ("Deb Farrow      Soundwave Mobile", "- - - - - - - - - - -"),
            ("Chart of: Pickle (4417-B)              made 2021-11-03",),
        ],
    )
    def test_of_pages_belong_to_the_document_that_begins_below(self, top):
        lines = [*NOTE, f"\f{top[0]}", *top[1:], "", *LAB]
        assert starts_of(lines) == [1, 6]

    def test_name_a_person_who_signs_nothing(self):
        top = ("Harbor Lane Animal Clinic", "Dr. Dana Whitlow", "61 Tannery Street     Phone 555-555-0164")
        reading = read(from_text("\n".join((*top, "", "REGISTRATION FORM      03/14/2019", *NOTE[1:]))))
        assert not reading.scene.lines.break_before(3).closing

    @pytest.mark.parametrize(
        "left",
        [
            "so he may go home. She will call us.",
            "Told: don't give twice. More water, keep the log,      Sue",
            "Any cough?  ( ) (X)",
            "glucose          122    72-175    mg/dL",
            "- 2 -",
        ],
    )
    def test_are_told_from_what_is_left_of_the_document_before(self, left):
        lines = [*NOTE, f"\f{left}", "", *LAB]
        assert starts_of(lines)[1] == 8


def test_a_title_above_labels_that_were_taken_for_the_beginning_is_the_beginning():
    lines = [
        *NOTE,
        "CEDAR FORK DIAGNOSTICS            Acct 4402 Harbor Lane Animal Hospital",
        "FINAL REPORT                      Accession 90317",
        "Owner: WHITCOMBE    Patient: PICKLE    Canine   SF   6Y",
        "Drawn 03/15/2019    Received 03/15/2019   Reported 03/16/2019 05:52",
        "",
        TOLD[2],
    ]
    assert starts_of(lines) == [1, 6]


class TestPagesOnWhichADocumentGoesOn:
    @pytest.mark.parametrize("mark", ["(continued)", "- page 2", "p.2", "cont'd", "(Fortsetzung)", "(continuación)"])
    def test_say_so_beside_its_title(self, mark):
        lines = [
            *("ADOPTION CONTRACT      No. 24-0518", "Patient: Biscuit", "", TOLD[0]),
            *("\fADOPTION CONTRACT " + mark + "      No. 24-0518", "Patient: Biscuit", "", TOLD[1]),
        ]
        assert starts_of(lines) == [1]

    @pytest.mark.parametrize("mark", ["cont.", "cont", "forts.", "suite"])
    def test_may_say_so_at_a_lines_end(self, mark):
        report = ("SURGERY REPORT", "Patient: Biscuit", "Date: 03/15/2019", TOLD[0])
        lines = [*report, f"\fBiscuit surgery {mark}", TOLD[1], f"Mention of {mark} food", TOLD[2]]
        assert read(from_text("\n".join(lines))).sheet.pages.goes_on == frozenset({2})

    def test_are_no_sheets_of_a_chart_that_are_counted_from_the_first(self):
        sheets = [(f"\fMEDICAL RECORD - page {page}", "Patient: Biscuit", "", TOLD[page]) for page in range(1, 5)]
        reading = read(from_text("\n".join(line for sheet in sheets for line in sheet)))
        assert reading.sheet.pages.goes_on == frozenset()


class TestCopiesOfTheFirstLine:
    def test_are_read_as_the_best_of_them_however_a_scan_has_spoilt_each(self):
        features = [read_line(line) for copy in SPOILT for line in (copy, *TOLD[:4])]
        mended = mend_copies(features, noise=())
        copies = mended[::5]
        assert all(line.letterhead and not line.prose for line in copies)
        assert len({line.head for line in copies}) == 1
        assert [line.folded for line in copies] == [line.folded for line in features[::5]]
        assert [line for place, line in enumerate(mended) if place % 5] == [
            line for place, line in enumerate(features) if place % 5
        ]

    @pytest.mark.parametrize(
        ("lines", "why"),
        [
            ([SPOILT[0], *TOLD[:4], SPOILT[1], *TOLD[:4]], "two"),
            ([line for copy in SPOILT for line in (copy, TOLD[0])], "close"),
            ([line for copy in SPOILT for line in (f"Patient: {copy}", *TOLD[:4])], "labels"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_are_left_as_they_are_where_they_may_be_rows_or_labels(self, lines, why):
        features = [read_line(line) for line in lines]
        assert mend_copies(features, noise=()) == features

    def test_head_documents_and_what_stands_above_them_ends_the_forms_before(self):
        lines = []
        for place, form in enumerate(FORMS):
            break_ = "\f" if place % 2 else ""
            lines += [f"{break_}{SPOILT[place]}", "", form, f"Date 07/{16 + place}/2022     Taken in by Lorna"]
            lines += [*TOLD[place : place + 3], f"Form {place + 1}A  rev 3/19                 Animal # 22-117"]
        assert starts_of(lines) == [1, 9, 17, 25]
