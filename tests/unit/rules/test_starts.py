"""Where documents begin by the rules alone, and where they do not. Lines marked § begin a document."""

from collections.abc import Iterator

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.engine import read
from documents.domain.rules.starts import Scene
from tests.unit.rules.reading import CONTADO, ERZAEHLT, RACONTE, TOLD, gaps_of, segment, starts_of


def check(*marked: str) -> None:
    """The documents of these lines begin where § stands, which is taken out first."""
    expected = [number for number, line in enumerate(marked, start=1) if line.lstrip("\f").startswith("§")]
    lines = [line.replace("§", "", 1) for line in marked]
    assert starts_of(lines) == expected


EMAILS = {
    "en": (
        "From: Dana Whitlow <dana@example.com>",
        "To: Harbor Lane <desk@example.com>",
        "Sent: March 15, 2019 9:12 AM",
        "Subject: Biscuit's cough",
    ),
    "es": (
        "De: Lucía Ferrer <lucia@example.com>",
        "Para: Clínica del Puerto <hola@example.com>",
        "Enviado: 15 de marzo de 2019",
        "Asunto: Tos de Bizcocho",
    ),
    "fr": (
        "De : Claire Moreau <claire@example.com>",
        "À : Clinique du Port <accueil@example.com>",
        "Envoyé : 15 mars 2019",
        "Objet : Toux de Biscotte",
    ),
    "de": (
        "Von: Jana Wittich <jana@example.com>",
        "An: Tierarztpraxis am Hafen <praxis@example.com>",
        "Gesendet: 15. März 2019",
        "Betreff: Husten von Keks",
    ),
}
NOTES = {
    "en": ("CONSULTATION NOTE", "Date: 03/14/2019", "Patient: Biscuit"),
    "es": ("NOTA DE CONSULTA", "Fecha: 14/03/2019", "Paciente: Bizcocho"),
    "fr": ("COMPTE RENDU DE CONSULTATION", "Date : 14/03/2019", "Patient : Biscotte"),
    "de": ("UNTERSUCHUNGSBERICHT", "Datum: 14.03.2019", "Patient: Keks"),
}
LABS = {
    "en": ("LABORATORY REPORT", "Date: 03/15/2019", "Patient: Biscuit"),
    "es": ("INFORME DE LABORATORIO", "Fecha: 15/03/2019", "Paciente: Bizcocho"),
    "fr": ("COMPTE RENDU D'ANALYSES", "Date : 15/03/2019", "Patient : Biscotte"),
    "de": ("LABORBEFUND", "Datum: 15.03.2019", "Patient: Keks"),
}
PROSE = {"en": TOLD, "es": CONTADO, "fr": RACONTE, "de": ERZAEHLT}
languages = pytest.mark.parametrize("language", ["en", "es", "fr", "de"])


def begun(lines: tuple[str, ...]) -> tuple[str, ...]:
    return (f"§{lines[0]}", *lines[1:])


class TestTitles:
    @languages
    def test_a_title_with_date_and_patient_below_begins_a_document(self, language):
        prose = PROSE[language]
        check(*begun(NOTES[language]), "", *prose[:2], "", *begun(LABS[language]), "", "WBC   7.1   6.0-17.0")

    def test_the_first_line_begins_a_document_whatever_it_is(self):
        check(f"§{TOLD[0]}", TOLD[1], TOLD[2])
        check("", "", f"§{TOLD[0]}", TOLD[1])

    def test_a_new_patient_begins_a_document_on_the_same_form(self):
        form = ("§EXAMINATION REPORT", "Patient: {}", "Date: 03/14/2019", "", "{}", "")
        check(
            *(line.format(filled) for line, filled in zip(form, ["", "Biscuit", "", "", TOLD[0], ""], strict=True)),
            *(line.format(filled) for line, filled in zip(form, ["", "Pickle", "", "", TOLD[1], ""], strict=True)),
        )

    def test_a_boxed_title_begins_with_its_box(self):
        check(
            *begun(NOTES["en"]),
            "",
            TOLD[0],
            "",
            "",
            "§==============================",
            "      DISCHARGE SUMMARY",
            "==============================",
            "Patient: Biscuit",
            "Date: 03/16/2019",
            "",
            TOLD[1],
        )

    def test_a_letterhead_belongs_to_the_document_below_it(self):
        check(
            *begun(NOTES["en"]),
            "",
            TOLD[0],
            "",
            "",
            "§Ridge Veterinary Laboratory",
            "14 Mill Road, Millbrook   Tel 555-0133",
            "",
            *LABS["en"],
            "",
            "WBC  7.1  6.0-17.0",
        )

    def test_an_invoice_and_a_certificate_are_two_documents(self):
        check(
            "§INVOICE",
            "Invoice #: 4711",
            "Date: 03/14/2019",
            "Owner: Dana Whitlow",
            "",
            "Description      Qty    Price",
            "Office visit      1     60.00",
            "Cough syrup       1     18.50",
            "Total                   78.50",
            "Thank you for your visit",
            "",
            "",
            "§RABIES VACCINATION CERTIFICATE",
            "Patient: Biscuit",
            "Date vaccinated: 03/20/2019",
            "Serial: A123",
            "",
            "Dr. Osei, DVM",
        )


class TestEmails:
    @languages
    def test_a_mail_begins_with_its_header(self, language):
        check(
            *begun(NOTES[language]),
            "",
            PROSE[language][0],
            "",
            *begun(EMAILS[language]),
            "",
            PROSE[language][1],
        )

    @pytest.mark.parametrize(
        ("language", "quotes"),
        [
            ("en", "-----Original Message-----"),
            ("en", "---------- Forwarded message ----------"),
            ("en", "Begin forwarded message:"),
            ("en", "On March 14, 2019 Dana Whitlow wrote:"),
            ("es", "-----Mensaje original-----"),
            ("fr", "-----Message d'origine-----"),
            ("de", "-----Ursprüngliche Nachricht-----"),
        ],
    )
    def test_a_message_quoted_below_the_answer_is_part_of_it(self, language, quotes):
        earlier = EMAILS[language]
        answer = (*earlier[:3], f"{earlier[3].partition(':')[0]}: RE: {earlier[3].partition(':')[2].strip()}")
        check(*begun(answer), "", PROSE[language][0], "", quotes, *earlier, "", PROSE[language][1])

    def test_lines_marked_as_quoted_begin_nothing(self):
        quoted = (f"> {line}" for line in (*EMAILS["en"], "", TOLD[1]))
        check(*begun(EMAILS["en"]), "", TOLD[0], "", *quoted)

    def test_the_next_mail_of_the_file_begins_a_document(self):
        check(
            *begun(EMAILS["en"]),
            "",
            TOLD[0],
            "",
            "Kind regards",
            "Dana",
            "",
            "§From: Harbor Lane <desk@example.com>",
            "To: Dana Whitlow <dana@example.com>",
            "Sent: March 20, 2019 4:40 PM",
            "Subject: New appointment",
            "",
            TOLD[1],
        )


class TestVisits:
    @pytest.mark.parametrize(
        ("language", "headings"),
        [
            (
                "en",
                (
                    "03/14/2019   Recheck visit   Dr. Osei",
                    "04/02/2019   Vaccine visit   Dr. Osei",
                    "05/20/2019   Phone call   Dr. Lund",
                ),
            ),
            (
                "es",
                (
                    "14/03/2019   Consulta   Dra. Gil",
                    "02/04/2019   Vacunación   Dra. Gil",
                    "20/05/2019   Revisión   Dra. Gil",
                ),
            ),
            (
                "fr",
                (
                    "14/03/2019   Consultation   Dr Moreau",
                    "02/04/2019   Vaccination   Dr Moreau",
                    "20/05/2019   Contrôle   Dr Moreau",
                ),
            ),
            (
                "de",
                (
                    "14.03.2019   Konsultation   Dr. Brandt",
                    "02.04.2019   Impfung   Dr. Brandt",
                    "20.05.2019   Kontrolle   Dr. Brandt",
                ),
            ),
        ],
    )
    def test_dated_visit_headings_begin_documents(self, language, headings):
        def visits() -> Iterator[str]:
            for heading, prose in zip(headings, PROSE[language], strict=False):
                yield from (f"§{heading}", "", prose, "", "")

        check(*visits())

    def test_rows_of_a_table_that_begin_with_dates_begin_nothing(self):
        check(
            *begun(LABS["en"]),
            "",
            "Date         Test      Result",
            "03/14/2019   WBC       7.1",
            "03/15/2019   WBC       8.2",
            "03/16/2019   WBC       8.4",
            "03/17/2019   WBC       8.8",
            "",
            "Reviewed by Dr. Osei",
        )

    def test_a_history_of_dated_lines_within_a_letter_begins_nothing(self):
        check(
            "§REFERRAL LETTER",
            "Date: 03/14/2019",
            "Patient: Biscuit",
            "",
            "Dear Dr. Lund,",
            "",
            TOLD[0],
            "",
            "History:",
            "01/02/2018 vaccinated",
            "03/05/2018 dental cleaning",
            "07/09/2018 limping, rested",
            "",
            TOLD[1],
            "",
            "Sincerely,",
            "Dr. Ama Osei",
        )


class TestNotesWithoutTitles:
    def test_an_opening_heading_behind_a_plan_begins_the_next_note(self):
        def note(first: int) -> Iterator[str]:
            yield "§CHIEF COMPLAINT: Coughing at night."
            yield f"HISTORY OF PRESENT ILLNESS: {TOLD[first]}"
            yield "PAST MEDICAL HISTORY: None."
            yield "MEDICATIONS: None."
            yield f"PHYSICAL EXAMINATION: {TOLD[first + 1]}"
            yield "LABORATORY DATA: Not taken."
            yield "ASSESSMENT: Tracheitis."
            yield "PLAN: Cough syrup for five days."
            yield TOLD[first + 2]
            yield ""

        check(*note(0), *note(4), *note(8))

    def test_a_dated_letter_with_a_salutation_begins_a_document(self):
        check(
            "§INFORME DE ALTA",
            *NOTES["es"][1:],
            "",
            CONTADO[0],
            "",
            "Un saludo,",
            "",
            "Dra. Marta Gil",
            "",
            "§15 de marzo de 2019",
            "",
            "Estimada Sra. Ferrer:",
            "",
            CONTADO[1],
        )


class TestNoBeginning:
    @pytest.mark.parametrize(
        ("language", "headings"),
        [
            ("en", ("History", "Physical Examination", "Assessment", "Plan", "Recommendations")),
            ("en", ("SUBJECTIVE:", "OBJECTIVE:", "ASSESSMENT:", "PLAN:")),
            ("es", ("Anamnesis", "Exploración física", "Diagnóstico", "Tratamiento")),
            ("fr", ("Anamnèse", "Examen clinique", "Diagnostic", "Traitement")),
            ("de", ("Anamnese", "Klinische Untersuchung", "Diagnose", "Therapie")),
        ],
    )
    def test_at_the_sections_of_a_note(self, language, headings):
        prose = PROSE[language]
        sections = (line for place, heading in enumerate(headings) for line in ("", heading, prose[place % len(prose)]))
        check(*begun(NOTES[language]), *sections)

    def test_at_the_sections_of_discharge_instructions(self):
        check(
            "§DISCHARGE INSTRUCTIONS",
            "Date: 03/14/2019",
            "Patient: Biscuit",
            "",
            "Medications:",
            "1. Syrup 5 ml twice a day",
            "2. Carprofen 25 mg once a day",
            "",
            "Recheck:",
            "Call on 03/20/2019 for an appointment.",
            "",
            "Activity:",
            TOLD[8],
            "",
            "Diet:",
            TOLD[4],
        )

    @pytest.mark.parametrize("cut", [60, None])
    def test_at_a_page_break_within_a_document(self, cut):
        check("§SURGERY REPORT", "Date: 03/14/2019", "Patient: Biscuit", "", TOLD[5][:cut], f"\f{TOLD[8]}", TOLD[9])

    def test_where_a_table_goes_on_over_a_page_break(self):
        check(
            *begun(LABS["en"]),
            "",
            "Test   Result   Range",
            "WBC   7.1   6-17",
            "RBC   6.6   5-8",
            "\fHGB   15.1   12-18",
            "PLT   250   200-500",
            "Reviewed by Dr. Osei",
        )

    def test_in_a_signature(self):
        check(
            "§REFERRAL LETTER",
            "Date: 03/14/2019",
            "",
            "Dear Dr. Lund,",
            "",
            TOLD[0],
            TOLD[1],
            "",
            "Sincerely,",
            "",
            "Dr. Ama Osei",
            "Harbor Lane Animal Hospital",
            "Tel 555-0100",
        )

    def test_at_rulers_that_underline(self):
        lines = (
            "§DISCHARGE SUMMARY",
            "Date: 03/14/2019",
            "Patient: Biscuit",
            "----------------------",
            "",
            TOLD[0],
            "",
            "Medication",
            "----------",
            "Syrup, twice a day",
            "",
            TOLD[1],
        )
        check(*lines)
        assert gaps_of(lines) == []


class TestPageCounters:
    def test_a_counter_that_begins_again_begins_a_document_with_its_page(self):
        check(
            "§Page 1 of 2",
            "",
            "DISCHARGE INSTRUCTIONS",
            "Patient: Biscuit",
            "",
            TOLD[0],
            "\fPage 2 of 2",
            "",
            TOLD[1],
            TOLD[2],
            "\f§Page 1 of 1",
            "",
            "Invoice",
            "Owner: Dana Whitlow",
            "",
            TOLD[3],
        )

    @pytest.mark.parametrize("counter", ["Page {} of 3", "Página {} de 3", "Page {} sur 3", "Seite {} von 3"])
    def test_a_counter_that_goes_on_keeps_the_document_together(self, counter):
        check(
            f"§{counter.format(1)}",
            *NOTES["en"],
            "",
            TOLD[0],
            f"\f{counter.format(2)}",
            "Recommendations",
            "",
            TOLD[1],
            f"\f{counter.format(3)}",
            "Follow-up",
            "",
            TOLD[2],
        )


def test_labelled_dates_of_one_form_head_visits_and_the_rulers_above_belong_to_them():
    lines = [
        line
        for day, kind in ((4, "Exam"), (5, "Lab"), (6, "Phone"), (25, "Recheck"))
        for line in (f"Date: 2021-03-{day:02}   Type: {kind}   Staff: KL", TOLD[day % 5], TOLD[day % 7], "-----")
    ][:-1]
    segmentation = segment(lines)
    assert [document.start_line for document in segmentation.documents] == [1, 4, 8, 12]
    assert segmentation.gaps == ()


def test_the_header_of_a_quoted_message_begins_nothing_in_its_middle():
    lines = [
        *(
            "From: Dana Whitlow <dana@example.com>",
            "Sent: 30 May 2023 10:00",
            "To: Reception",
            "Subject: RE: Claim 7",
            "",
        ),
        *(TOLD[0], TOLD[1], ""),
        *("From: Claims <claims@example.org>", "Sent: 29 May 2023 09:15", "To: Reception", "Subject: RE: Claim 7", ""),
        *(TOLD[2], TOLD[3]),
    ]
    assert starts_of(lines) == [1]


@pytest.mark.parametrize(
    ("place", "salutation"),
    [("Saint-Évron, le 2 septembre 2021", "Cher confrère,"), ("2 September 2021", "Dear Dr. Vos,")],
)
def test_a_letter_begins_at_its_date_with_or_without_a_place(place, salutation):
    lines = [
        "CONSULTATION NOTE",
        "Date: 03/14/2019",
        "Patient: Biscuit",
        "",
        TOLD[0],
        TOLD[1],
        "",
        place,
        "",
        salutation,
    ]
    assert starts_of([*lines, "", TOLD[2], TOLD[3]]) == [1, 8]


@pytest.mark.parametrize("break_", ["", "\f"])
def test_a_letter_begins_with_its_letterhead_and_whom_it_goes_to(break_):
    check(
        *begun(NOTES["en"]),
        *("", TOLD[0], TOLD[1]),
        f"{break_}§Harbor Lane Veterinary Dermatology",
        *(
            "Imogen Farr - 70 Ferry Plaza - 555-0155",
            "2 September 2021",
            "Sara Pellew",
            "",
            "Dear Sara,",
            "",
            TOLD[2],
            TOLD[3],
        ),
    )


def test_a_letterhead_in_one_line_with_its_date_begins_a_letter():
    check(
        *begun(NOTES["en"]),
        *("", TOLD[0], TOLD[1]),
        "§Harbor Lane Clinic, 2 Ferry Plaza                 2 September 2021",
        *("Dear Dr. Vos,", TOLD[2], TOLD[3]),
    )


@pytest.mark.parametrize("blank", [(), ("",)])
def test_a_letter_of_a_private_person_begins_with_the_name_and_the_address(blank):
    sender = ("§Ottilie Farr", "14 Mill Road, Millbrook", "555-0133")
    letter = (*blank, "2 September 2021", "Dear Dr. Vos,", TOLD[2], TOLD[3])
    check(
        *begun(NOTES["en"]),
        *("", TOLD[0], TOLD[1], ""),
        *sender,
        *letter,
        "Kind regards,",
        "Ottilie Farr",
        *sender,
        *letter,
    )


def test_a_dated_line_moves_up_to_the_title_above_it_but_not_to_a_signature():
    dated = "03/20/2019   Biscuit   weight 38.5 lb"
    check(*begun(NOTES["en"]), "", TOLD[0], TOLD[1], "", "§THORACIC RADIOGRAPHS", dated, TOLD[2], TOLD[3])


@pytest.mark.parametrize("last", ["* {} *", "# {} #"])
def test_a_framed_title_begins_a_document_at_its_frame(last):
    frame = "*" * 26
    lines = [
        line
        for place, title in enumerate(("MEDICAL NOTE", "IMAGING CONSULTATION", "DISCHARGE SUMMARY"))
        for line in (
            f"§{frame}",
            last.format(title),
            frame,
            f"Date: 03/1{place}/2019",
            "Patient: Biscuit",
            "",
            TOLD[place],
        )
    ]
    check(*lines)


class TestDaysThatLeadLines:
    @pytest.mark.parametrize("lead", ["18/10 ", "18 Oct "])
    def test_a_day_without_a_year_before_words_that_open_a_note_begins_one(self, lead):
        check("§CONSULTATION NOTE", "Date: 03/14/2019", "Patient: Biscuit", "", TOLD[0], f"§{lead}{TOLD[2]}", TOLD[3])

    @pytest.mark.parametrize(
        "line", ["1/2 tablet of it twice a day", "7-10 days of rest", "18/10 mg of it twice a day"]
    )
    def test_an_amount_before_words_begins_nothing(self, line):
        check("§CONSULTATION NOTE", "Date: 03/14/2019", "Patient: Biscuit", "", TOLD[0], line, TOLD[3])

    def test_a_weekday_before_the_date_of_a_visit_heads_it_as_well(self):
        lines = [*NOTES["en"], "", TOLD[0], "", "Thu 27/04/2023   Surgeon: RH    RVN: Cerys", "", TOLD[1]]
        assert 7 in read(from_text("\n".join(lines))).sheet.visits


class TestSectionsThatHeadPapers:
    @pytest.mark.parametrize(
        ("below", "heads"),
        [
            ("for Biscuit                              15/03/2019", True),
            ("For Biscuit, tricolor Bernese, of Mr Vance, 555-0142, who went home today with it", True),
            (TOLD[4], False),
        ],
    )
    def test_tell_the_animal_or_the_day_below_and_are_sections_no_more(self, below, heads):
        lines = [*NOTES["en"], "", *TOLD[:4], "DISCHARGE INSTRUCTIONS", below, *TOLD[4:8]]
        reading = read(from_text("\n".join(lines)))
        signals = reading.scene.lines.of(reading.words.index(9))
        assert ("section_headed" in signals, "is_section" in signals) == (heads, not heads)


class TestRulersAboveTitles:
    @pytest.mark.parametrize(
        "above", [("", "§" + "-" * 30), ("§" + "-" * 30,), ("§" + "-" * 30, "=" * 30), ("\f§" + "=" * 30,)]
    )
    def test_belong_to_the_document_below(self, above):
        check(*begun(NOTES["en"]), "", TOLD[0], *above, *LABS["en"], "", TOLD[1])

    def test_on_which_somebody_signs_end_the_document_above(self):
        check(*begun(NOTES["en"]), "", TOLD[0], "_" * 30, *begun(LABS["en"]), "", TOLD[1])


def test_a_title_in_brackets_begins_a_document():
    check(*begun(NOTES["en"]), "", TOLD[0], "", "§[LABORATORY REPORT]", *LABS["en"][1:], "", TOLD[1])


class TestSheetsWithoutATotal:
    def test_are_pages_of_one_document_until_they_begin_again(self):
        lines = (
            *("§Form 7A page 1", "Patient: Biscuit", TOLD[0], TOLD[1]),
            *("\fForm 7A page 2", "Plan of care", TOLD[2], TOLD[3]),
            *("\f§Form 7A page 1", "Patient: Pickle", TOLD[4], TOLD[5]),
            *("\fForm 7A page 2", "Plan of care", TOLD[6]),
        )
        check(*lines)
        reading = read(from_text("\n".join(line.replace("§", "") for line in lines)))
        assert reading.sheet.pages.goes_on == {2, 4}

    def test_that_begin_only_once_count_the_file_and_tell_nothing(self):
        lines = [line for page in range(1, 5) for line in (f"\fForm 7A page {page}", *TOLD[page : page + 2])]
        assert read(from_text("\n".join(lines))).sheet.pages.goes_on == frozenset()


class TestPagesWithoutPageBreaks:
    def test_end_with_their_number_where_text_stands_directly_above_and_a_blank_line_below(self):
        lines = (*begun(NOTES["en"]), "", TOLD[0], "Page 1 of 2", "", TOLD[2], "Page 2 of 2", "", *begun(LABS["en"]))
        check(*lines, "", TOLD[4])


def signals_of(*lines: str) -> dict[int, dict[str, float]]:
    """The signals of each line but the first, by line."""
    reading = read(from_text("\n".join(lines)))
    return {number: reading.scene.lines.of(place) for place, number in enumerate(reading.words) if place}


class TestSignals:
    @pytest.mark.parametrize(
        ("signal", "lines", "line", "others"),
        [
            ("as_first", ("Biscuit / Whitlow", "Room four", TOLD[0], "", "Biscuit / Whitlow", "Room four"), 5, [3]),
            ("first_page", (*NOTES["en"], TOLD[0], "Invoice 12", "Clinic, page 1 of 2", TOLD[1]), 5, [3, 7]),
            ("first_page", (*NOTES["en"], TOLD[0], "Invoice 12", "Page 1 of 2", TOLD[1]), 5, [3, 7]),
            ("new_author", ("Notes  Dr. Brandt", TOLD[0], "Report   Dr. Harms", "Notes  Dr. Harms"), 3, [2, 4]),
            ("signed_above", (f"{TOLD[0]} KL", "Fine", f"{TOLD[1]} KL", TOLD[2]), 2, [3]),
            ("author_signs", ("Notes   Vet: E. Brandt", TOLD[0], "E. Brandt, DVM", "Fine", "Good"), 4, [2, 5]),
            ("looks_other", (*TOLD[:14], "Weight 12 kg", "gums pink", "no cough", "bright"), 15, [4, 8]),
            ("day_leads", (*NOTES["en"], TOLD[0], "03/12/2019 rang", "seen 03/12/2019"), 5, [4, 6]),
            ("later_day", ("03/11/2019 x", TOLD[0], "03/12/2019 rang", "03/12/2019 rang"), 3, [2, 4]),
            ("day_leads_short", (*NOTES["en"], TOLD[0], "25 Oct rang", "25 dogs rang"), 5, [4, 6]),
            ("patient_leads", (*NOTES["en"], TOLD[0], "Biscuit again", "again Biscuit"), 5, [4, 6]),
            ("ends_early", (TOLD[0], TOLD[1], TOLD[2], "Fine again.", TOLD[3], TOLD[4]), 5, [2, 3, 4, 6]),
            ("initialled", (TOLD[0], f"{TOLD[1]} KL", "Fine again", "He is OK then", "Fine"), 3, [2, 4, 5]),
            ("initialled", (TOLD[0], "Fine again  (kl)", "Fine again", "Fine"), 3, [2, 4]),
        ],
    )
    def test_are_of_their_line_and_of_no_other(self, signal, lines, line, others):
        signals = signals_of(*lines)
        assert signals[line].get(signal, 0.0) > 0
        assert [number for number in others if signal in signals[number]] == []

    def test_of_initials_are_found_behind_a_line_of_blanks_without_trying_each_of_them(self):
        wide = f"The dog was well{' ' * 200_000}and that is all"
        assert "initialled" not in signals_of(TOLD[0], wide, "Fine")[3]
        assert "initialled" in signals_of(TOLD[0], f"The dog was well{' ' * 200_000}KL", "Fine")[3]


class TestHabits:
    def test_each_line_teaches_by_its_chance(self):
        """A beginning that is doubted teaches less than one that is sure, and none is left out."""
        lines = [line for day in (11, 12, 13, 14) for line in ("PHONE NOTE", f"Date: 03/{day}/2019", TOLD[day], "", "")]
        scene = read(from_text("\n".join(lines))).scene
        first = Scene(scene.sheet, model=scene.model)
        begun_at = [chosen.position for chosen in first.search()]
        assert first.chances == {}
        first.learn(begun_at)
        assert first.chances.keys() == set(first.places)
        assert all(0 < chance < 1 for chance in first.chances.values())
        assert min(first.chances[place] for place in begun_at[1:]) > 0.5
        assert max(first.chances[place] for place in first.places if place not in begun_at) < 0.5
        assert first.habits.begun == pytest.approx(sum(first.chances.values()))
        assert first.sheet.openings == {"phone note": 1.0}
