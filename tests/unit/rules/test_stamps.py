"""The date of a document is its own, never that of a printer, scanner or fax machine."""

import pytest

from tests.unit.rules.reading import CONTADO, ERZAEHLT, RACONTE, TOLD, segment

EN, ES = ("PATHOLOGY REPORT", "Patient: Biscuit", TOLD[0]), ("INFORME DE ALTA", "Paciente: Luna", CONTADO[0])
FR, DE = ("ORDONNANCE", "Patient : Luna", RACONTE[0]), ("LABORBEFUND", "Patient: Balu", ERZAEHLT[0])
FAXED = "03/14/2022 10:12  FROM: HARBOR LANE AH  555-0100  TO: 555-0122  P.01/03"

STAMPS = [
    *((EN, stamp) for stamp in (
        "Printed 03/14/2022",
        "Printed: 03/14/2022 10:12 AM",
        "Printed by reception, 03/14/2022",
        "Printed on March 14, 2022 by JK",
        "Print date: 03/14/2022",
        "Date printed: 2022-03-14",
        "Report generated 03/14/2022 08:11",
        "Run date: 03/14/2022",
        "Harbor Lane AH | Printed 2022-03-14 by reception | 555-0100",
        "Faxed 03/14/2022 to Dr. Osei",
        "Received by fax 03/14/2022 10:12",
        "Scanned: 03/14/2022",
        FAXED,
        "MAR-14-2022 10:12   HARBOR LANE AH   FAX 555 0100   P. 02",
    )),
    (ES, "Impreso: 14/03/2022"),
    (ES, "Impreso el 14 de marzo de 2022"),
    (ES, "Fecha de impresión: 14/03/2022"),
    (FR, "Imprimé le 14/03/2022"),
    (FR, "Date d'impression : 14/03/2022"),
    (FR, "Édité le 14/03/2022 à 10:12"),
    (DE, "Gedruckt am 14.03.2022"),
    (DE, "Druckdatum: 14.03.2022"),
    (DE, "Ausdruck vom 14. März 2022"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "stamp"), STAMPS)
def test_a_document_with_nothing_but_a_stamp_has_no_date(record, stamp):
    title, patient, prose = record
    for lines in ((title, patient, stamp, "", prose), (title, patient, "", prose, stamp)):
        assert {document.date for document in segment(lines).documents} == {None}


OWN = {EN: "01/15/2021", ES: "15/01/2021", FR: "15/01/2021", DE: "15.01.2021"}


@pytest.mark.parametrize(("record", "stamp"), STAMPS)
def test_the_documents_own_date_is_taken_beside_a_stamp(record, stamp):
    title, patient, prose = record
    own = OWN[record]
    for lines in ((title, stamp, patient, own, "", prose), (title, patient, stamp, "", prose, f"({own})")):
        assert segment(lines).documents[0].date == "2021-01-15"


@pytest.mark.parametrize(
    "line",
    [
        "Date: 01/15/2021        Printed: 03/14/2022",
        "Printed: 03/14/2022     Date: 01/15/2021",
        "Printed name: Dana Osei Date: 01/15/2021",
        "01/15/2021 10:12  Phone call, results to fax 555-0100",
        "Impression: stable since 01/15/2021",
    ],
)
def test_a_date_beside_the_words_of_a_stamp_stays_the_documents_own(line):
    (document,) = segment(("PATHOLOGY REPORT", line, "Patient: Biscuit", "", TOLD[0])).documents
    assert document.date == "2021-01-15"
