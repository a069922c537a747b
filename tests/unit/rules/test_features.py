"""What a line looks like, by itself."""

import pytest
from hypothesis import given

from documents.domain.lines import fold, is_blank
from documents.domain.rules.features import LONG_LINE, read_line, read_lines
from documents.domain.rules.words import CLOSING, LATE, MIDDLE, OPENING
from tests.unit.rules.reading import CONTADO, ERZAEHLT, RACONTE, TOLD
from tests.unit.segmentation.drawing import any_line


@pytest.mark.parametrize(
    "line",
    [
        "LABORATORY REPORT",
        "Consultation Note",
        "   Discharge Summary",
        "*** Surgery Report ***",
        "Informe de alta",
        "Compte rendu opératoire",
        "Impfbescheinigung",
        "Harbor Lane Animal Hospital",
    ],
)
def test_a_title_looks_like_one(line):
    assert read_line(line).title > 0


@pytest.mark.parametrize(
    "line",
    [
        *(TOLD[0], CONTADO[0], RACONTE[0], ERZAEHLT[0]),
        "she was well.",
        "1. Syrup twice a day",
        "- Carprofen",
        "Dr. Ama Osei",
        "Plan",
        "Assessment",
        "Patient: Biscuit",
        "Sincerely,",
        "Electronically signed by Dr. Osei",
        "Test   Result   Units",
        "----------",
        "On March 3 Dana Whitlow wrote:",
        "K 3.4 in house, gel 2 mEq BID. Recheck 8 wks.  SA",
        "",
    ],
)
def test_what_is_no_title_does_not_look_like_one(line):
    assert read_line(line).title == 0


@pytest.mark.parametrize("day", ["Monday, Feb 5", "5. Februar 2024", "5 de febrero de 2024", "02/05/2024"])
def test_the_name_of_a_section_is_a_title_beside_a_day(day):
    assert read_line("DISCHARGE INSTRUCTIONS").title == 0
    assert read_line(f"DISCHARGE INSTRUCTIONS            {day}").title > 0


@pytest.mark.parametrize(
    "line",
    [
        "P. MERCIER EURL                 FACTURE N° 15-0311       31/03/15",
        "E. Quéméner - dentisterie équine            Fiche de soins dentaires",
        "HARBOR CENTRAL LAB      01 99 00 77 05              CONSENT FORM",
    ],
)
def test_a_title_may_stand_beside_the_name_of_who_prints_it(line):
    features = read_line(line)
    assert features.title > 0
    assert features.title_noun


@pytest.mark.parametrize(
    "line", ["Amoxicillin     10 tablets     report", "Biscuit      Report of it     38,00", "Name:   CONSENT FORM"]
)
def test_a_word_in_a_column_is_no_title_beside_a_name(line):
    assert not read_line(line).title_noun


def test_a_colon_behind_capitals_ends_a_title_that_names_a_document():
    assert read_line("INSURANCE CLAIM FORM:").title_noun
    assert not read_line("Insurance claim form:").title_noun
    assert not read_line("THE OWNER SAYS:").title_noun


@pytest.mark.parametrize("line", ["Correo  ana@example.com", "Email    dana@example.net"])
def test_the_label_of_an_address_is_no_title(line):
    assert read_line(line).title == 0


def test_capitals_look_more_like_a_title():
    assert read_line("LABORATORY REPORT").title > read_line("Laboratory report").title > 0


@pytest.mark.parametrize("line", ["Laboratory Report", "Informe de alta", "Compte rendu", "Laborbefund", "Phone call"])
def test_a_noun_that_names_a_document_is_known(line):
    assert read_line(line).title_noun


@pytest.mark.parametrize(
    ("line", "groups"),
    [
        ("Date: 03/14/2019", {"date"}),
        ("Fecha: 14/03/2019", {"date"}),
        ("Datum: 14.03.2019", {"date"}),
        ("Date de consultation : 14/03/2019", {"date"}),
        ("Patient: Biscuit", {"patient"}),
        ("Paciente: Bizcocho", {"patient"}),
        ("Besitzer: Jana Wittich", {"owner"}),
        ("Vétérinaire : Dr Moreau", {"staff"}),
        ("Patient: Biscuit   Owner: Dana Whitlow   Date: 03/14/2019", {"patient", "owner", "date"}),
        ("Nobody knows: this", set()),
        (TOLD[4], set()),
    ],
)
def test_labels_of_a_header_block_are_known_in_four_languages(line, groups):
    assert read_line(line).groups == groups


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("From: Dana Whitlow <dana@example.com>", "from"),
        ("De : Claire Moreau", "from"),
        ("Von: Jana Wittich", "from"),
        ("To: front desk", "other"),
        ("Asunto: Tos", "other"),
        ("Gesendet: 15. März 2019", "other"),
        ("From:", None),
        ("From the waiting room he was led away", None),
    ],
)
def test_a_mails_header_is_known_in_four_languages(line, key):
    assert read_line(line).email_key == key


@pytest.mark.parametrize(
    ("line", "stage"),
    [
        ("Chief complaint: cough", OPENING),
        ("SUBJECTIVE:", OPENING),
        ("Motivo de consulta: tos", OPENING),
        ("Vorstellungsgrund", OPENING),
        ("Past medical history", MIDDLE),
        ("Physical examination:", LATE),
        ("Examen clinique", LATE),
        ("ASSESSMENT:", CLOSING),
        ("Therapie", CLOSING),
    ],
)
def test_sections_of_a_note_have_their_stage(line, stage):
    heading = read_line(line).heading
    assert heading is not None
    assert heading.stage == stage


@pytest.mark.parametrize(
    "line",
    [
        "Sincerely,",
        "Kind regards",
        "Un saludo,",
        "Cordialement,",
        "Mit freundlichen Grüßen",
        "Electronically signed by Dr. Ama Osei",
        "*** End of report ***",
        "Fin del informe",
    ],
)
def test_what_ends_a_document_is_known(line):
    assert read_line(line).closing


def test_what_ends_a_document_by_itself_is_its_title_beside_a_number():
    assert read_line("FINAL REPORT").closing
    beside = read_line("FINAL REPORT                      Accession 90317")
    assert (beside.closing, beside.title_noun) == (False, True)


@pytest.mark.parametrize(
    ("line", "titled"),
    [
        ("TREATMENT SHEET       Patient: Biscuit        Date: 11/28/23", True),
        ("Treatment sheet       Patient: Biscuit        Date: 11/28/23", False),
        ("REPORT:               Patient: Biscuit        Date: 11/28/23", False),
    ],
)
def test_a_title_in_capitals_may_stand_before_labels(line, titled):
    read = read_line(line)
    assert (read.title_noun, bool(read.groups)) == (titled, True)


@pytest.mark.parametrize("line", ["----------", "==== ====", "* * * * *", "______________"])
def test_a_ruler_is_known(line):
    assert read_line(line).ruler


@pytest.mark.parametrize("line", ["Tel 415-555-0100", "www.example.com", "desk@example.com", "Fax (555) 555-0101"])
def test_contact_lines_are_known(line):
    assert read_line(line).contact


@pytest.mark.parametrize("line", ["> Biscuit coughs", "  > > again", "| quoted"])
def test_quoted_lines_are_known(line):
    assert read_line(line).quoted


def test_lines_that_are_alike_share_what_is_kept_of_them():
    lines = ["Patient: Biscuit", "", "Seen today.", "Patient: Maple", "Patient: Biscuit"]
    found = read_lines(lines)
    assert found == [read_line(line) for line in lines]
    assert found[0] is found[4]
    assert found[0].groups is found[3].groups
    assert found[1].groups is found[2].groups


@given(any_line)
def test_any_line_can_be_read(line):
    features = read_line(line)
    assert features.blank == is_blank(line)
    assert not (features.prose and features.title > 0)
    if len(line) <= LONG_LINE:
        assert features.folded == fold(line)
    assert len(read_line(line * 1_000).folded) <= 6_000
