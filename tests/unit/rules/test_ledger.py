"""Ledgers, headings that say a kind and a day, and what short lines tell in files without blank lines."""

import pytest

from documents.domain.rules.short_dates import has_short_dates, read_short_date
from tests.unit.rules.reading import TOLD, gaps_of, starts_of

CARD = (
    "Karteiauszug Praxis am Deich",
    "Tier: Wotan, Hund, geb. 15.01.2011",
    "19.03.2019 He   Welpe vom Züchter, munter, gut genährt, Herz und Lunge unauffällig,",
    "                Nabel geschlossen. Wurmkur mitgegeben.",
    "09.04.2019 He   Impfung SHPPi",
    "07.05.2019 Tj   Impfung SHPPi und T",
    "28.07.2019 He   Frisst Gras, gestern erbrochen",
    "                Schonkost 2 Tage",
    "30.04.2020 Tj   Jahresimpfung",
)


def test_entries_of_one_line_are_documents_where_others_of_the_ledger_hang():
    assert starts_of(CARD) == [1, 3, 5, 6, 7, 9]


def test_what_is_not_set_in_behind_an_entry_is_another_paper():
    lines = (*CARD, "LABORBEFUND", "Eingang 01.05.2020", "Leukozyten   9,1   G/l", "02.05.2020 He   Besprochen")
    assert starts_of(lines) == [1, 3, 5, 6, 7, 9, 10, 13]


def test_rows_of_a_table_with_dates_are_no_ledger():
    rows = [f"0{day}/13/2021    Rabies 1 yr    18834A    RR    LP" for day in range(1, 8)]
    lines = ("VACCINATION RECORD", "Patient: Biscuit", "Date          Product        Lot       Site  Init", *rows)
    assert starts_of(lines) == [1]


def test_headings_of_a_kind_and_a_day_part_a_file_however_close_they_stand():
    lines = (
        "HOSPITAL VETERINARIO AZAHAR",
        "Paciente: BRUTUS   Especie: Perro",
        "Consulta 18-04-2016 - Dr. Piñero",
        "Cachorro sano, corazón normal. 3,9 kg",
        "Vacuna 25-04-2016 DHPPi (lote A331CD)",
        "Vacuna 23-05-2016 Rabia (lote R0112)",
        "Consulta 30-05-2016 - Dra. Cano",
        "Cojeó ayer. Hoy no cojea. Nada a la palpación.",
        "Llamada 02-06-2016 Preguntan si puede salir a la calle. No.",
        "Laboratorio 14-11-2016 Preoperatorio",
        "  Hematocrito 46 %     37-55",
        "  Urea 28              15-55",
    )
    assert starts_of(lines) == [1, 3, 5, 6, 7, 9, 10]


def test_a_letterhead_with_another_patient_below_begins_a_report_and_one_with_a_later_page_does_not():
    head = "          GREAT LAKES IMAGING, P.C."
    lines = (
        head,
        "          Board certified radiologists",
        "Patient: Marmalade     Exam date: 02/14/2023",
        "",
        "ABDOMINAL ULTRASOUND",
        TOLD[0],
        f"\f{head}",
        "          Marmalade - page 2 of 2",
        TOLD[1],
        f"\f{head}",
        "          Board certified radiologists",
        "Patient: Odin     Exam date: 02/15/2023",
        "",
        "THORAX, THREE VIEWS",
        TOLD[2],
    )
    assert starts_of(lines) == [1, 10]


def test_pages_turn_at_fax_lines_and_a_cover_is_known_by_its_labels():
    def fax(page: int) -> str:
        return f"From: 01632960400   To: 01632960555    22/06/2021 16:08   #881  P.0{page}/04"

    lines = (
        fax(1),
        "THORNLEIGH VETS - FAX",
        "Attn: Surgery dept",
        "From: reception",
        "No of pages inc this one: four",
        fax(2),  # the second page has lost its page break
        "Clinical Summary - Juno",
        "Date: 04/03/2019",
        *TOLD[:2],
        f"\f{fax(3)}",
        *TOLD[3:5],
        f"\f{fax(4)}",
        *TOLD[5:7],
    )
    assert gaps_of(lines) == [(1, 5, "fax_cover")]
    assert starts_of(lines) == [6]


@pytest.mark.parametrize("words", ["9.6.21", "17.3.21"])
def test_short_dotted_dates_count_where_lines_of_the_file_begin_with_them(words):
    lines = ("14.3.21 Erste Visite", "17.3.21 Kontrolle", "9.6.21 Ekzem", "21.7.21 Ankauf")
    assert has_short_dates(lines)
    assert not has_short_dates(("1.2.10 Umfang", "1.2.11 Begriffe", "1.3.12 Pflichten", "1.4.13 Anhang"))
    assert read_short_date(words) is not None
