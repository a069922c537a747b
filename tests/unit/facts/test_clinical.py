"""What was found, given or done: what the rules read, the parts they make of it, and what they leave alone."""

import pytest

from documents.domain.facts.ages import born_between
from documents.domain.facts.proposing import propose_claims
from documents.domain.facts.typed import Habits
from documents.domain.facts.values import normalise
from documents.domain.findings import CLINICAL
from documents.domain.lines import from_text

DAY_FIRST = Habits(order="DMY", comma_is_decimal=True)


def read(text, *, habits=None):
    """Field, value and parts of each clinical fact that the rules read."""
    return [
        (value.field, value.value, value.parts)
        for claim in propose_claims(text=from_text(text))
        if claim.field in CLINICAL
        for value in normalise(field=claim.field, raw=claim.raw, habits=habits)
    ]


def values(text, field):
    return [value for name, value, _ in read(text) if name == field]


def parts(field, raw, *, habits=None):
    (value,) = normalise(field=field, raw=raw, habits=habits)
    return dict(value.parts)


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("T 101.5 F  HR 120 bpm  RR 24  BCS 5/9", "temperature", [101.5]),
        ("T 101.5 F  HR 120 bpm  RR 24  BCS 5/9", "heart_rate", [120]),
        ("T 101.5 F  HR 120 bpm  RR 24  BCS 5/9", "respiratory_rate", [24]),
        ("T 101.5 F  HR 120 bpm  RR 24  BCS 5/9", "body_condition", [5]),
        ("Temperatura: 38,6 °C | FC: 110 lpm | FR: 28 rpm | Condición corporal 3/5", "temperature", [38.6]),
        ("Temperatura: 38,6 °C | FC: 110/min | FR: 28 | Condición corporal 3/5", "respiratory_rate", [28]),
        ("Temperatura: 38,6 °C | FC: 110 lpm | FR: 28 rpm | Condición corporal 3/5", "body_condition", [3]),
        ("T° 38,1 °C, FC 96, FR 20, NEC 4/9", "heart_rate", [96]),
        ("KT 38,4 °C  HF 88  AF 24  BCS 6/9", "respiratory_rate", [24]),
        ("TPR: 101.5/120/24", "heart_rate", [120]),
        ("Vitals:  Wt 29.4 kg   T 101.3   P 96   R 24", "heart_rate", [96]),
        ("Temp (F): 101.5", "temperature", [101.5]),
        ("BCS (1-9): 5", "body_condition", [5]),
        ("Temp.: 38,7 F.C.: 129 FR: 24 bpm", "temperature", [38.7]),
        ("Body condition score 4-5/9", "body_condition", [4.5]),
        ("Allergies: penicillin, sulfa", "allergy", ["penicillin", "sulfa"]),
        ("Patient is allergic to penicillin.", "allergy", ["penicillin"]),
        ("Alergias: ninguna conocida", "allergy", []),
        ("Allergien: keine bekannt", "allergy", []),
        ("Allergies:\n- chicken protein\n- penicillin\n\nPlan", "allergy", ["chicken protein", "penicillin"]),
        ("Alerts: bites when nails are cut", "alert", ["bites when nails are cut"]),
        ("** WILL BITE **", "alert", ["WILL BITE"]),
        ("T 36.9 HR 128 mm pink", "heart_rate", [128]),
        ("Diagnosis: dental disease gr 3-4", "problem", ["dental disease gr 3-4"]),
        ("O: ears red\nA: otitis externa", "problem", ["otitis externa"]),
        ("S) Se rasca.\nO) Oídos rojos.\nA) otitis externa.", "problem", ["otitis externa"]),
        ("Other animals: two cats in the house\nDIAGNOSIS\nhepatic lipidosis.", "problem", ["hepatic lipidosis"]),
        ("No    Name     Days   Diagnosis\n100   Dahlia   169    foot rot", "problem", ["foot rot"]),
        ("Time   HR   RR   SpO2  T\n0835   98   12   99    37.9\n0845   .    10   99    off", "heart_rate", [98]),
        ("Time   HR   RR   SpO2\n0835   98   12   99\n0845   .    10   99", "respiratory_rate", [12, 10]),
        ("Time   HR   RR   T\n0835   98   12   37.9\nEnd of sheet\n0845   92   10   37.5", "temperature", [37.9]),
        ("22.05.2017 He   Impfung SHPPi+L (12 Wo.)", "vaccine", ["SHPPi"]),
        ("Vacuna 23-05-2016 Nobivac L4 - Rabia", "vaccine", ["Nobivac L4", "Rabia"]),
        ("Nobivac L4   A5   18/01/2020   18/01/2021\nK    4.4    (3.5-5.8)", "lab_value", ["K 4.4"]),
        ("Diagnosis: otitis externa AU", "problem", ["otitis externa AU"]),
        ("Interpretation - otitis externa.", "problem", ["otitis externa"]),
        ("DIAGNOSIS\nPage 1 of 2\n1. kennel cough\n2. colitis", "problem", ["kennel cough", "colitis"]),
        ("Diagnose: Zystitis; Blutdruck gemessen.", "problem", ["Zystitis"]),
        ("IMPRESSION\nhip dysplasia\nRemedios Lozoya", "problem", ["hip dysplasia"]),
        ("Diagnosis: Nadia Eastlake, DVM", "problem", []),
        ("Diagnose: Otitis externa rechts", "problem", ["Otitis externa rechts"]),
        ("Diagnóstico: gastroenteritis aguda", "problem", ["gastroenteritis aguda"]),
        ("Problem List:\n1. Otitis externa\n2. Obesity", "problem", ["Otitis externa", "Obesity"]),
        ("ASSESSMENT: 1. otitis externa. 2. Hip dysplasia.", "problem", ["otitis externa", "Hip dysplasia"]),
        ("chronic kidney disease, stage 2", "problem", []),
        ("Diagnosis: chronic kidney disease, stage 2", "problem", ["chronic kidney disease, stage 2"]),
        ("Rabies (Imrab 3) 03/14/2019, due 03/14/2022", "vaccine", ["Rabies (Imrab 3)"]),
        ("DHPP and Bordetella given today", "vaccine", ["DHPP", "Bordetella"]),
        ("SHPPi+L4 s.c. rechts", "vaccine", ["SHPPi+L4"]),
        ("Discussed rabies vaccine. Owner will think about it.", "vaccine", []),
        ("Carprofen 75 mg tablets: give 1 tablet by mouth every 12 hours", "medication",
         ["Carprofen 75 mg tablets: give 1 tablet by mouth every 12 hours"]),
        ("Débuter Otibel gouttes 10 ml, 8 gouttes matin et soir", "medication",
         ["Otibel gouttes 10 ml, 8 gouttes matin et soir"]),
        ("Weiter mit Metacam 1,5 mg/ml, 0,5 ml 1x täglich", "medication", ["Metacam 1,5 mg/ml, 0,5 ml 1x täglich"]),
        ("ALT (SGPT)      145   U/L    10-125   H", "lab_value", ["ALT (SGPT) 145 U/L"]),
        ("Glucose 98 mg/dL, PCV 42%, TP 6.8 g/dL", "lab_value",
         ["Glucose 98 mg/dL", "PCV 42 %", "TP 6.8 g/dL"]),
        ("Lipoprotein X   12.3  mg/dL   3.0-9.0  H", "lab_value", ["Lipoprotein X 12.3 mg/dL"]),
        ("| Potasio   |   6,5H | 3,5-5,8   | mmol/L |", "lab_value", ["Potasio 6,5 mmol/L"]),
        ("Heartworm antigen: Negative", "lab_value", ["Heartworm antigen Negative"]),
    ],
)  # fmt: skip
def test_a_clinical_fact_is_read(text, field, expected):
    assert values(text, field) == expected


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("HR 120-140", "heart_rate"),
        ("Call if HR > 180", "heart_rate"),
        ("Target HR 100", "heart_rate"),
        ("Room temp 22 C", "temperature"),
        ("T not taken, fractious", "temperature"),
        ("T13-L1 disc space narrowed", "temperature"),
        ("Normal glucose 70-140 mg/dL", "lab_value"),
        ("Target BG 100 mg/dL", "lab_value"),
        ("ALT: pending", "lab_value"),
        ("Test       03/14/19   04/15/19   Range\nALT        145        98         10-125 U/L", "lab_value"),
        ("Littermate has glucose 400 mg/dL", "lab_value"),
        ("Consider tramadol 50 mg q8h", "medication"),
        ("Discontinue carprofen 75 mg BID", "medication"),
        ("No carprofen 75 mg given", "medication"),
        ("Owner's dog takes carprofen 75 mg BID", "medication"),
        ("Phenobarbital level 25 ug/ml", "medication"),
        ("Carprofen 75 mg (30)                               48.60", "medication"),
        ("Allergic to penicillin 250 mg", "medication"),
        ("Rabies titer 0.5 IU/ml 03/14/2019", "vaccine"),
        ("Rabies vaccine declined 03/14/2019", "vaccine"),
        ("Parvo test negative 03/14/2019", "vaccine"),
        ("Owner is allergic to cats", "allergy"),
        ("She is not allergic to penicillin", "allergy"),
        ("2. dermatitis alérgica a la pulga", "allergy"),
        ("Allergies: NKDA", "allergy"),
        ("Allergies: -\nFirst visit 10/04/17", "allergy"),
        ("Known allergies: [ ] Yes [x] No", "allergy"),
        ("Allergies: ____________", "allergy"),
        ("Attention: this e-mail is confidential", "alert"),
        ("Patient is alert and responsive", "alert"),
        ("Diagnosis: none", "problem"),
        ("Diagnosis: healthy", "problem"),
        ("A: hustet seit 2 Tagen\nU: T 38,4", "problem"),
        ("De: a.poe@example.net    A: b.poe@example.org", "problem"),
        ("Impression: healing as wished", "problem"),
        ("DIAGNOSIS\nNormal.\nRemedios Lozoya", "problem"),
        ("Diagnosis: S. Ikeda-Bell DipECVDI", "problem"),
        ("Alergias: ver notas", "allergy"),
        ("Handling: head                0", "alert"),
        ("Bile acids, 2 hr          13.9               0.0-14.9", "heart_rate"),
        ("24.09.18  RR 158. 3,45 kg", "respiratory_rate"),
        ("Impfung L4 + T. 41 kg", "temperature"),
        ("Cortisol, 8 hr post      3.7    H      < 1.5", "lab_value"),
        ("Visit  SG 15:00, 40 mins", "lab_value"),
        ("Entra por ehrlichia + gastroenteritis", "lab_value"),
        ("FS           54 %          35 - 60", "lab_value"),
        ("Still good - Rimadyl at home from Feb in the box - 10 tabs counted", "medication"),
        ("Reinicia 5 mg/12h", "medication"),
        ("Treat 15-20 ug/kg bid,", "medication"),
        ("metoclopramide, Hartmanns 60 ml s/c", "medication"),
        ("3/5/24    fip/meth  45-88     --", "vaccine"),
        ("/tt", "vaccine"),
        ("12.03.2019   1   Impfung Tollwut    31,50", "vaccine"),
        ("CERTIFICAT DE VACCINATION ANTIRABIQUE", "vaccine"),
        ("Diagnosis: rule out pancreatitis", "problem"),
        ("POSTOPERATIVE DIAGNOSIS: Same.", "problem"),
        ("Diagnosis: ☐ otitis", "problem"),
        ("Assessment: the owner was told that she is well", "problem"),
        ("Other pets:\nDiagnosis: diabetes mellitus", "problem"),
    ],
)
def test_what_is_planned_denied_or_anothers_is_left_alone(text, field):
    assert values(text, field) == []


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            "ALT (SGPT) 145 U/L 10-125 H",
            {"analyte": "ALT (SGPT)", "usual_name": "ALT", "result": "145", "number": 145.0, "unit": "U/L",
             "range": "10-125", "low": 10.0, "high": 125.0, "flag": "high"},
        ),
        (
            "WBC 12.4 (5.5 - 16.9) K/uL",
            {"analyte": "WBC", "usual_name": "WBC", "result": "12.4", "number": 12.4, "unit": "K/uL",
             "range": "5.5 - 16.9", "low": 5.5, "high": 16.9},
        ),
        (
            "Creatinine 0.5 0.6 1.6 mg/dL L",
            {"analyte": "Creatinine", "usual_name": "Creatinine", "result": "0.5", "number": 0.5, "unit": "mg/dL",
             "range": "0.6 1.6", "low": 0.6, "high": 1.6, "flag": "low"},
        ),
        ("Giardia: negative",
         {"analyte": "Giardia", "usual_name": "Giardia", "result": "negative", "result_is": "negative"}),
        ("UPC <0.2", {"analyte": "UPC", "usual_name": "UPC ratio", "result": "<0.2"}),
    ],
)  # fmt: skip
def test_a_laboratory_row_has_its_parts(raw, expected):
    assert parts("lab_value", raw) == expected


@pytest.mark.parametrize(
    ("raw", "unit"),
    [
        ("WBC 12.4 K/uL", "10^3/µL"),
        ("WBC 12.4 x10^9/L", "10^9/L"),
        ("WBC 12,4 10³/µl", "10^3/µL"),
        ("ALT 50 IU/l", "U/L"),
        ("Glucose 98 mg/dl", "mg/dL"),
        ("T4 1.9 ug/dL", "µg/dL"),
        ("Sodium 150 mmol/l", "mmol/L"),
        ("HCT 42 %", "%"),
    ],
)
def test_units_have_one_form(raw, unit):
    assert [value.unit for value in normalise(field="lab_value", raw=raw)] == [unit]


@pytest.mark.parametrize(
    ("field", "raw", "habits", "value"),
    [
        ("lab_value", "Kreatinin 1,2 mg/dl", DAY_FIRST, 1.2),
        ("lab_value", "Leukozyten 12.400 /µl", DAY_FIRST, 12400.0),
        ("lab_value", "USG 1.035", None, 1.035),
        ("lab_value", "Platelets 250,000 /uL", None, 250000.0),
        ("temperature", "38,6 °C", DAY_FIRST, 38.6),
    ],
)
def test_numbers_are_read_as_the_file_writes_them(field, raw, habits, value):
    (read_value,) = normalise(field=field, raw=raw, habits=habits)
    assert read_value.parts.get("number", read_value.value) == value


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            "Carprofen 75 mg tablets: give 1 tablet by mouth every 12 hours for 7 days",
            {"drug": "Carprofen", "strength": "75 mg", "form": "tablets", "dose": "1 tablet", "route": "by mouth",
             "frequency": "every 12 hours", "duration": "for 7 days",
             "directions": "by mouth every 12 hours for 7 days"},
        ),
        (
            "Amoxicilina/ácido clavulánico 250 mg, 1 comprimido cada 12 horas",
            {"drug": "Amoxicilina/ácido clavulánico", "strength": "250 mg", "form": "comprimido",
             "dose": "1 comprimido", "frequency": "cada 12 horas", "directions": "cada 12 horas"},
        ),
        ("Cerenia 1 mg/kg SC once",
         {"drug": "Cerenia", "dose": "1 mg/kg", "route": "SC", "frequency": "once", "directions": "SC once"}),
        ("Rimadyl (carprofen) 75 mg BID",
         {"drug": "Rimadyl (carprofen)", "strength": "75 mg", "frequency": "BID", "directions": "BID"}),
        ("Convenia 0.4 ml sc", {"drug": "Convenia", "dose": "0.4 ml", "route": "sc", "directions": "sc"}),
        ("Otibel gotas 10 ml", {"drug": "Otibel gotas", "strength": "10 ml"}),
        ("buprenorphine .3 mL cheek q8-12h x 5 d",
         {"drug": "buprenorphine", "dose": ".3 mL", "frequency": "q8-12h", "duration": "x 5 d",
          "directions": "cheek q8-12h x 5 d"}),
        ("Trazodone 100 mg: 1 to 2 tablets every 12 hours as needed",
         {"drug": "Trazodone", "strength": "100 mg", "form": "tablets", "dose": "1 to 2 tablets",
          "frequency": "every 12 hours", "directions": "every 12 hours as needed"}),
        ("Fluticasone 110 - 2 puffs twice a day",
         {"drug": "Fluticasone", "dose": "2 puffs", "frequency": "twice a day", "directions": "twice a day"}),
        ("paracetamol/codeine 1 tab q8h",
         {"drug": "paracetamol/codeine", "form": "tab", "dose": "1 tab", "frequency": "q8h", "directions": "q8h"}),
        ("omeprazol 10 mg/24h 5 días",
         {"drug": "omeprazol", "strength": "10 mg", "frequency": "/24h", "directions": "/24h 5 días"}),
        ("norepinephrine 0.1-0.3 mcg/kg/min", {"drug": "norepinephrine", "dose": "0.1-0.3 mcg/kg/min"}),
        ("LRS 5 ml/kg/h", {"drug": "LRS", "dose": "5 ml/kg/h"}),
        ("ofloxacin 0.3 % eye drops 5 ml, 1 drop BID",
         {"drug": "ofloxacin", "strength": "0.3 %", "form": "drops", "dose": "1 drop", "frequency": "BID",
          "directions": "BID"}),
    ],
)  # fmt: skip
def test_a_medication_has_its_parts(raw, expected):
    assert parts("medication", raw) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "acepromazine 0.02 mg/kg + hydromorphone 0.1 mg/kg IM",
            ["acepromazine 0.02 mg/kg", "hydromorphone 0.1 mg/kg IM"],
        ),
        ("Th: Maropitant 1 mg/kg s.c., Ringer 500 ml i.v.", ["Maropitant 1 mg/kg s.c"]),
        ("gabapentin 300 mg TID, Tylenol 4 one tab BID", ["gabapentin 300 mg TID", "Tylenol 4 one tab BID"]),
        ("LRS 30 ml/h. bp low 80 once", ["LRS 30 ml/h"]),
        ("propofol 140 mg IV @ 0852", ["propofol 140 mg IV"]),
        ("propofol 9 ml    Tube 8.5 mg", ["propofol 9 ml"]),
        ("sotalol 40 mg BID control is good", ["sotalol 40 mg BID"]),
        ("carprofen 50 mg BID with food, 4 days. Rest", ["carprofen 50 mg BID with food, 4 days"]),
        ("clopidogrel 18.75 mg sid (in a capsule!)", ["clopidogrel 18.75 mg sid"]),
        ("propofol to effect (5.5 ml). Iso", ["propofol to effect (5.5 ml)"]),
        ("Desp. (milbemicina) 1/2 comp. hoy", ["milbemicina 1/2 comp. hoy"]),
        ("tobramicina 1 gota/6h, suero/4h", ["tobramicina 1 gota/6h"]),
        ("dexmed 20 mcg/kg + torb IM", ["dexmed 20 mcg/kg"]),
        ("doxycycline 50 mg q24h 14 d, then q48h", ["doxycycline 50 mg q24h 14 d, then q48h"]),
    ],
)
def test_directions_end_where_the_next_thing_begins(line, expected):
    assert values(line, "medication") == expected


def test_a_heading_that_returns_on_every_page_opens_its_list_all_the_same():
    claims = propose_claims(text=from_text("DIAGNOSIS\notitis externa"), noise=frozenset({1}))
    assert [(claim.field, claim.raw) for claim in claims] == [("problem", "otitis externa")]


@pytest.mark.parametrize(
    ("raw", "name"),
    [("PT 7,9 g/dl (5,7-8,9)", "Total protein"), ("Protein   1+", "Urine protein"), ("PT 7.9 s", "PT")],
)
def test_protein_in_grams_is_of_serum(raw, name):
    assert parts("lab_value", raw)["usual_name"] == name


@pytest.mark.parametrize(
    ("raw", "given", "due"),
    [
        ("Rabies 03/14/2019 due 03/14/2022", "2019-03-14", "2022-03-14"),
        ("Rabies 03/14/2019 03/14/2022", "2019-03-14", "2022-03-14"),
        ("03/14/2019  Rabies  Lot 1234 Exp 05/20/2020  Due 03/14/2022", "2019-03-14", "2022-03-14"),
        ("Rabies vaccine due 03/14/2022", None, "2022-03-14"),
        ("Rabies given 03/14/2019", "2019-03-14", None),
        ("Tollwut 14.03.2019 gültig bis 13.03.2022", "2019-03-14", "2022-03-13"),
    ],
)
def test_a_vaccine_tells_its_day_and_when_the_next_is_due(raw, given, due):
    told = parts("vaccine", raw)
    assert (told.get("date"), told.get("due")) == (given, due)


@pytest.mark.parametrize(
    ("field", "raw", "flags"),
    [
        ("temperature", "T 138.5 F", ("implausible",)),
        ("temperature", "101.5", ("no_unit",)),
        ("heart_rate", "HR 900", ("implausible",)),
        ("body_condition", "BCS 11/9", ("implausible",)),
        ("body_condition", "BCS 5", ("no_scale",)),
        ("lab_value", "ALT 145 U/L 10-125", ("above_range",)),
        ("lab_value", "ALT 145 U/L 10-125 L", ("above_range", "flag_disagrees")),
        ("lab_value", "Neutrophils 160 %", ("implausible",)),
        ("lab_value", "ALP 1O5 U/L 23-212", ("doubtful_digit",)),
        ("temperature", "1O1.5 F", ("doubtful_digit",)),
        ("weight", "3O.5 kg", ("doubtful_digit",)),
        ("microchip", "98511200477I306", ("doubtful_digit",)),
        ("date_of_birth", "1O/05/2015", ("doubtful_digit",)),
    ],
)
def test_an_odd_value_is_flagged_and_kept(field, raw, flags):
    (value,) = normalise(field=field, raw=raw)
    assert value.flags == flags


@pytest.mark.parametrize("raw", ["3O.5 kg", "l2.5 kg"])
def test_a_doubtful_weight_is_told_as_printed_and_not_guessed(raw):
    (value,) = normalise(field="weight", raw=raw)
    assert (value.value, value.unit, value.kg) == (raw, None, None)


def test_a_suspicion_is_told_as_one():
    assert parts("problem", "Suspected CKD") == {"problem": "Suspected CKD", "status": "suspected"}
    assert parts("problem", "Otitis externa (resolved)")["status"] == "resolved"


@pytest.mark.parametrize(
    ("age", "span"),
    [
        ("6 yr", ("2013-03-15", "2014-03-14")),
        ("3 months", ("2019-11-15", "2019-12-14")),
        ("10 weeks", ("2019-12-29", "2020-01-04")),
        ("1 y 6 mo", ("2018-08-15", "2018-09-14")),
        ("5 años", ("2014-03-15", "2015-03-14")),
        ("adult", None),
    ],
)
def test_an_age_leaves_a_span_of_birth_dates(age, span):
    assert born_between(age=age, on="2020-03-14") == span
