"""Transcribed dictations: capital headings inside, most without a title, none to two blank lines between them."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_section, print_signature, print_vitals
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("dictation", languages=("en",), separators=("none", "mixed", "mixed", "one", "two"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Many patients, one dictation each or two."""
    while True:
        animal = desk.draw_animal(same_owner=0.1)
        for _ in range(desk.pick((1, 1, 1, 2))):
            desk.pass_days(1, 25)
            yield desk.pick((_write_visit, _write_visit, _write_operation, _write_consult, _write_short))(desk, animal)


def _open(desk: Desk, animal: Animal, type: str, title: str) -> Sheet:
    sheet = desk.open_sheet(type, animal, width=desk.habit("width", (78, 92, 104)), confident=type != "consult_note")
    if desk.chance(desk.habit("titled", (0.0, 0.15, 0.35, 0.9))):
        sheet.head(title)
        if desk.chance(0.5):
            sheet.skip()
    if desk.chance(desk.habit("dated", (0.0, 0.1, 0.9))):
        sheet.add(desk.habit("date line", ("{}", "DATE: {}", "Date of service: {}")).format(desk.show_date(desk.today)))
    else:
        sheet.date = None
    return sheet


def _introduce(desk: Desk, animal: Animal) -> str:
    age, name = desk.age(animal), desk.name(animal)
    breed, sex = desk.fact(animal, "breed"), desk.fact(animal, "sex", shown=animal.sex.lower())
    return desk.pick(
        (
            f"{name} is a {age}-year-old {sex} {breed} who presents today. {desk.complain()}",
            f"This is a {age}-year-old {breed}, {sex}, by the name of {name}. {desk.complain()}",
            f"{desk.complain()} {name}, a {breed} of {age} years, was adopted in {desk.today.year - age}.",
            f"I had the pleasure of seeing {name} on {desk.show_date(desk.today)}. {desk.complain()}",
            f"The patient is a {age} year old {sex} {breed}. {desk.complain()}",
        )
    )


def _print_sections(desk: Desk, sheet: Sheet, parts: list[tuple[str, str]]) -> None:
    style = desk.pick(("upper run in", "upper own", "upper own", "run in")) if desk.chance(0.3) else None
    airy = desk.chance(desk.habit("airy", (0.0, 0.5, 1.0)))
    for index, (label, text) in enumerate(parts):
        print_section(
            desk, sheet, label, text, style=style or desk.habit("style", ("upper run in", "upper own", "own line"))
        )
        if airy and index < len(parts) - 1:
            sheet.skip()


def _write_visit(desk: Desk, animal: Animal) -> Sheet:
    sheet = _open(
        desk, animal, "consult_note", desk.pick(("Progress Note", "Office Visit", "CLINIC NOTE", "General Medicine"))
    )
    parts = [
        (desk.pick(("CHIEF COMPLAINT", "REASON FOR VISIT", "SUBJECTIVE", "PRESENTING COMPLAINT")), desk.complain()),
        (
            desk.pick(("HISTORY", "HISTORY OF PRESENT ILLNESS", "INTERVAL HISTORY")),
            f"{_introduce(desk, animal)} {desk.say('chat', 2, 6)}",
        ),
        ("PAST MEDICAL HISTORY", f"{desk.say('followup', 1, 2)} {desk.say('chat', 1, 3)}"),
        ("MEDICATIONS", f"{desk.medicate(animal).line}. {desk.medicate(animal).line}."),
        ("ALLERGIES", desk.allergy(animal)),
        ("PHYSICAL EXAMINATION", f"{desk.say('normal', 3, 9)} {desk.theme('exam', 1, 3)}"),
        ("DIAGNOSTICS", desk.say("imaging", 1, 3)),
        (
            desk.pick(("ASSESSMENT", "IMPRESSION", "ASSESSMENT AND PLAN", "DIAGNOSES")),
            f"1. {desk.problem(animal)}. 2. {desk.conclude(animal)}",
        ),
        (
            desk.pick(("PLAN", "RECOMMENDATIONS", "DISPOSITION")),
            f"{desk.theme('plan', 1, 3)} {desk.say('advice', 1, 4)}",
        ),
    ]
    kept = [part for part in parts if desk.chance(0.8)] or parts[:2]
    if desk.chance(0.35):
        sheet.prose(_introduce(desk, animal))
    _print_sections(desk, sheet, kept)
    if desk.chance(0.3):
        print_vitals(desk, sheet, animal)
    _close(desk, sheet, animal)
    return sheet


def _write_operation(desk: Desk, animal: Animal) -> Sheet:
    sheet = _open(
        desk,
        animal,
        "surgery_anesthesia",
        desk.pick(("Operative Report", "OPERATIVE NOTE", "Mass removal, left flank", "Exploratory celiotomy")),
    )
    dx = desk.problem(animal)
    parts = [
        (desk.pick(("PREOPERATIVE DIAGNOSIS", "PREOP DIAGNOSIS", "INDICATION")), f"{dx}."),
        ("POSTOPERATIVE DIAGNOSIS", "Same."),
        (
            desk.pick(("PROCEDURE", "PROCEDURES PERFORMED", "OPERATION")),
            desk.pick(
                (
                    "Ovariohysterectomy.",
                    "Mass excision.",
                    "Cystotomy.",
                    "Exploratory laparotomy.",
                    "Dental extractions.",
                )
            ),
        ),
        ("ANESTHESIA", desk.say("anesthesia", 1, 3)),
        ("ESTIMATED BLOOD LOSS", "Minimal."),
        (desk.pick(("DESCRIPTION", "TECHNIQUE", "PROCEDURE IN DETAIL")), desk.say("surgery", 4, 10)),
        ("COMPLICATIONS", "None."),
        ("POSTOPERATIVE CARE", f"{desk.say('discharge', 1, 3)}"),
    ]
    _print_sections(desk, sheet, [part for part in parts if desk.chance(0.88)])
    _close(desk, sheet, animal)
    return sheet


def _write_consult(desk: Desk, animal: Animal) -> Sheet:
    sheet = _open(
        desk,
        animal,
        "referral",
        desk.pick(("Internal Medicine Consultation", "CARDIOLOGY CONSULT", "Ophthalmology", "Neurology Consult")),
    )
    sheet.confident = False
    parts = [
        (desk.pick(("REASON FOR CONSULTATION", "REASON FOR REFERRAL")), desk.complain()),
        ("HISTORY", f"{_introduce(desk, animal)} {desk.say('chat', 2, 5)} {desk.say('followup', 1, 2)}"),
        ("EXAMINATION", f"{desk.say('normal', 3, 6)} {desk.theme('exam', 1, 2)}"),
        ("IMAGING", desk.say("imaging", 2, 6)),
        ("IMPRESSION", f"{desk.problem(animal)}. {desk.conclude(animal)}"),
        ("RECOMMENDATIONS", f"{desk.theme('plan', 1, 2)} {desk.say('advice', 1, 2)} {desk.say('referral_close')}"),
    ]
    _print_sections(desk, sheet, [part for part in parts if desk.chance(0.9)])
    _close(desk, sheet, animal)
    return sheet


def _write_short(desk: Desk, animal: Animal) -> Sheet:
    sheet = _open(desk, animal, "consult_note", desk.pick(("Recheck", "Followup note", "Technician note")))
    sheet.prose(f"{_introduce(desk, animal)} {desk.say('followup', 1, 2)} {desk.say('normal', 1, 4)}")
    if desk.chance(0.5):
        sheet.skip()
    sheet.prose(f"{desk.theme('plan', 1, 2)} {desk.say('advice', 1, 3)}")
    _close(desk, sheet, animal)
    return sheet


def _close(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    if desk.chance(desk.habit("signs", (0.0, 0.3, 0.8))):
        if desk.chance(0.5):
            sheet.skip()
        print_signature(desk, sheet, animal)
    if desk.chance(0.06):
        sheet.prose(desk.say("amendment"))
