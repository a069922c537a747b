"""What a document is called, what it is, and of what day, from its own lines."""

import pytest

from documents.domain.segmentation import Document
from tests.unit.rules.reading import CONTADO, ERZAEHLT, RACONTE, TOLD, segment


def named(*lines: str) -> Document:
    (document,) = segment(lines).documents
    return document


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("NEW CLIENT REGISTRATION", "registration"),
        ("Ficha de registro", "registration"),
        ("Formulaire d'inscription", "registration"),
        ("Recheck exam", "consult_note"),
        ("CONSULTATION NOTE", "consult_note"),
        ("Compte rendu de consultation", "consult_note"),
        ("DISCHARGE SUMMARY", "discharge"),
        ("INFORME DE ALTA", "discharge"),
        ("ENTLASSUNGSBERICHT", "discharge"),
        ("Überweisung", "referral"),
        ("Hematology Report", "lab_report"),
        ("LABORBEFUND", "lab_report"),
        ("Cytology", "pathology"),
        ("Biopsia de piel", "pathology"),
        ("Zytologie", "pathology"),
        ("Radiographs of the thorax", "imaging"),
        ("Radiografía de tórax", "imaging"),
        ("Röntgenbefund", "imaging"),
        ("*** Surgery Report ***", "surgery_anesthesia"),
        ("Compte rendu opératoire", "surgery_anesthesia"),
        ("Operationsbericht", "surgery_anesthesia"),
        ("Historia dental", "dental"),
        ("Zahnbehandlung", "dental"),
        ("RABIES VACCINATION CERTIFICATE", "vaccination_certificate"),
        ("Cartilla de vacunación", "vaccination_certificate"),
        ("Certificat de vaccination", "vaccination_certificate"),
        ("Impfbescheinigung", "vaccination_certificate"),
        ("Prescription", "prescription"),
        ("Receta", "prescription"),
        ("Ordonnance", "prescription"),
        ("Rezept", "prescription"),
        ("PHONE NOTE", "communication"),
        ("Nota telefónica", "communication"),
        ("CONSENT FOR ANESTHESIA", "consent_legal"),
        ("Consentimiento informado", "consent_legal"),
        ("Invoice", "financial"),
        ("FACTURA", "financial"),
    ],
)
def test_a_printed_title_names_the_document_and_its_type(title, kind):
    document = named(title, "Date: 03/14/2019", "Patient: Biscuit", "", TOLD[0])
    assert document.type == kind
    assert document.title_printed
    assert document.title == title.strip("* ")


@pytest.mark.parametrize(
    ("title", "line", "kind"),
    [
        ("Hoja de hospitalización", "Suero 60 ml/h, pasa la noche en la jaula, control cada 4 h", "hospital_record"),
        ("Compte rendu d'hospitalisation", "Perfusion 60 ml/h, reste hospitalisé cette nuit", "hospital_record"),
        ("Referral Letter", "Dear colleague, thank you for seeing this dog for evaluation of a cough", "referral"),
        (
            "Carta de derivación",
            "Remitimos a Biscuit a su servicio para valoración. Veterinario que remite: Dra. Solís",
            "referral",
        ),
        ("Dental estimate", "Scaling and polishing  $240.00   Extractions  $180.00   Total  $420.00", "financial"),
        ("Kostenvoranschlag", "Kastration 180,00 €   Narkose 60,00 €   Gesamtbetrag 240,00 €", "financial"),
        ("Biscuit", "Wt 12 kg. T 38.5. Heart and lungs clear. Ears clean. Recheck in 2 weeks.", "consult_note"),
        ("Biscuit", "Premed methadone, induced propofol, intubated, isoflurane. Sutures 3-0.", "surgery_anesthesia"),
        ("Biscuit", "Called owner, left voicemail, will call back tomorrow", "communication"),
    ],
)
def test_title_and_words_tell_the_type_together(title, line, kind):
    assert named(title, "03/14/2019", "", line).type == kind


RESULTS = (
    "Glucose   95   mg/dL   74-143",
    "Creatinine   1.2   mg/dL   0.5-1.8",
    "ALT   121   U/L   10-125",
    "Potassium   4.1   mmol/L   3.5-5.8",
)


@pytest.mark.parametrize(
    ("title", "body", "kind"),
    [
        ("DISCHARGE SUMMARY", (*TOLD[:3], "Laboratory results", *RESULTS, *TOLD[3:6]), "discharge"),
        (
            "SURGERY REPORT",
            ("Premed methadone, induced propofol, intubated, isoflurane. Sutures 3-0.", *RESULTS),
            "surgery_anesthesia",
        ),
        ("DISCHARGE SUMMARY", ("Test   Result   Units   Reference range", *RESULTS * 3), "lab_report"),
        ("Biscuit", (TOLD[0], "Result   Units   Reference range", *RESULTS), "lab_report"),
    ],
    ids=["a discharge with results", "a surgery with results", "mostly results", "a title that names nothing"],
)
def test_a_few_results_within_do_not_make_a_laboratory_report_of_what_a_title_names(title, body, kind):
    assert named(title, "Date: 03/14/2019", "Patient: Biscuit", "", *body).type == kind


def test_under_a_letterhead_the_title_is_the_documents_own():
    document = named(
        "Harbor Lane Animal Hospital",
        "12 Harbor Lane, Millbrook   Tel 555-0100",
        "",
        "Prescription",
        "Date: March 14, 2019",
        "Patient: Biscuit",
        "",
        "Give one tablet twice a day, 20 tablets, no refills",
    )
    assert (document.title, document.type, document.date) == ("Prescription", "prescription", "2019-03-14")


def test_a_title_is_printed_without_its_rules_and_further_columns():
    assert named("== Surgery Report ==", "Patient: Biscuit", "", TOLD[0]).title == "Surgery Report"
    document = named("DENTAL CHART          03/14/2019          Dr. Osei", "Patient: Biscuit", "", TOLD[0])
    assert (document.title, document.date) == ("DENTAL CHART", "2019-03-14")


def test_a_mail_is_called_by_its_subject():
    document = named(
        "From: Dana Whitlow <dana@example.com>",
        "To: Harbor Lane <desk@example.com>",
        "Sent: March 15, 2019 9:12 AM",
        "Subject: Biscuit's cough",
        "",
        TOLD[0],
    )
    assert (document.title, document.type, document.date) == ("Biscuit's cough", "communication", "2019-03-15")


def test_without_a_title_the_body_tells_the_type_and_the_title_is_said_to_be_made():
    document = named(
        "Chief complaint: cough",
        f"Physical examination: {TOLD[1]}",
        "Assessment: tracheitis",
        "Plan: syrup",
    )
    assert (document.type, document.title_printed) == ("consult_note", False)
    assert document.title == "Consultation note"


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (("Date: 03/14/2019", "Chief complaint: cough", TOLD[0], "Plan: syrup"), "Consultation note, 2019-03-14"),
        (
            ("Fecha: 14/03/2019", "Motivo de consulta: tos", CONTADO[0], "Tratamiento: jarabe"),
            "Nota de consulta, 2019-03-14",
        ),
        (
            ("Date : 14/03/2019", "Motif de consultation : toux", RACONTE[0], "Traitement : sirop"),
            "Note de consultation, 2019-03-14",
        ),
        (
            ("Datum: 14.03.2019", "Vorstellungsgrund: Husten", ERZAEHLT[0], "Therapie: Saft"),
            "Behandlungsnotiz, 2019-03-14",
        ),
    ],
)
def test_a_title_is_made_of_type_and_date_in_the_language_of_the_file(lines, title):
    document = named(*lines)
    assert (document.title, document.title_printed) == (title, False)


def test_where_nothing_tells_it_is_other_without_a_date():
    document = named("Qwxq zzuj qwxq.", "Jjkx vvqq zzuj.")
    assert (document.type, document.date, document.title_printed) == ("other", None, False)
    assert document.title == "Document"


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        pytest.param(("Date of birth: 02/01/2012", "Date: 03/14/2019"), "2019-03-14", id="birth before"),
        pytest.param(("Date of birth: 02/01/2012",), None, id="birth alone"),
        pytest.param(("Mare, foaled: 02/01/2012",), None, id="a horse's birth"),
        pytest.param(("Wotan, Hund, m, geb. 15.01.2011",), None, id="Geburt, abgekürzt"),
        pytest.param(("F.Nac: 15-01-2011  Capa: Atigrado",), None, id="nacimiento, abreviado"),
        pytest.param(("Next due: 03/20/2022", "Date: 03/14/2019"), "2019-03-14", id="due before"),
        pytest.param(
            ("Received: 03/11/2019", "Collected: 03/10/2019", "Date of report: 03/14/2019"),
            "2019-03-14",
            id="what came before the report",
        ),
        pytest.param(("Received: 03/11/2019",), "2019-03-11", id="the only one"),
        pytest.param(("March 14, 2019",), "2019-03-14", id="in words"),
        pytest.param(("2019-03-14",), "2019-03-14", id="ISO"),
    ],
)
def test_the_documents_own_date_is_taken(lines, date):
    assert named("PATHOLOGY REPORT", "Patient: Biscuit", *lines, "", TOLD[0]).date == date


@pytest.mark.parametrize(
    ("title", "line", "prose"),
    [
        ("Informe ecográfico", "Fecha: 14 de marzo de 2019", CONTADO[0]),
        ("Informe ecográfico", "Fecha: 14/03/2019", CONTADO[0]),
        ("Compte rendu de consultation", "Le 14 mars 2019", RACONTE[0]),
        ("Compte rendu de consultation", "Date : 14/03/2019", RACONTE[0]),
        ("Operationsbericht", "Datum: 14. März 2019", ERZAEHLT[0]),
        ("Operationsbericht", "Datum: 14.03.2019", ERZAEHLT[0]),
    ],
)
def test_dates_are_read_in_four_languages(title, line, prose):
    assert named(title, line, "", prose).date == "2019-03-14"
