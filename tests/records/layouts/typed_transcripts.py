"""A typing service's transcripts: a block of headings on top, job numbers and dates of typing below the signature."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_section
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import add_after_signature, set_trap
from tests.records.sheets import Sheet

_SPECIALTIES = ("CARDIOLOGY", "INTERNAL MEDICINE", "NEUROLOGY", "DERMATOLOGY", "ONCOLOGY", "EMERGENCY")


@layout("typed_transcripts", separators=("none", "one", "two", "mixed", "feed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Of many animals, several of some."""
    while True:
        animal = desk.draw_animal(same_owner=0.1)
        for _ in range(desk.pick((1, 1, 2, 3))):
            desk.pass_days(1, 30)
            yield _write_transcript(desk, animal)


def _write_transcript(desk: Desk, animal: Animal) -> Sheet:
    operated = desk.chance(0.3)
    kind = "surgery_anesthesia" if operated else "consult_note"
    sheet = desk.open_sheet(kind, animal, width=desk.habit("width", (76, 90)), confident=operated)
    day, name = desk.show_date(desk.today), desk.name(animal)
    who = desk.pick(desk.clinic.vets)
    specialty = "SURGERY" if operated else desk.pick(_SPECIALTIES)
    style = desk.habit("top", ("labels", "labels", "title", "line"))
    if style == "labels":
        sheet.add(f"PATIENT: {name}", f"OWNER: {desk.fact(animal, 'owner')}", f"DATE OF SERVICE: {day}")
        if desk.habit("dictated", (True, False)):
            sheet.add(f"DICTATED BY: {desk.vet(animal, who=who)}")
    elif style == "title":
        sheet.head(f"{specialty} NOTE")
        sheet.add(f"{name} {day}")
    else:
        sheet.add(f"{name} / {desk.fact(animal, 'owner')} / {day} / {specialty.title()}")
    sheet.skip(desk.habit("below", (0, 1)))
    for heading in _choose_sections(desk, operated=operated):
        print_section(
            desk,
            sheet,
            heading,
            _say_section(desk, animal, heading),
            style=desk.habit("style", ("upper run in", "upper own")),
        )
        sheet.skip(desk.habit("airy", (0, 1)) if desk.chance(0.8) else 0)
    while not sheet.lines[-1]:
        sheet.lines.pop()
    set_trap(desk, sheet, animal, share=0.15)
    sheet.add(desk.vet(animal, who=who) if desk.chance(0.5) else who)
    if desk.habit("typed", (True, False)):
        initials = f"{desk.pick('abcdefg')}{desk.pick('klmnr')}"
        sheet.add(f"D: {day}   T: {day}   Job {desk.random.randint(10**4, 10**6)}   {initials}")
    add_after_signature(desk, sheet)
    return sheet


def _choose_sections(desk: Desk, *, operated: bool) -> list[str]:
    if operated:
        return ["PREOPERATIVE DIAGNOSIS", "PROCEDURE", "ANESTHESIA", "OPERATIVE FINDINGS", "DESCRIPTION OF PROCEDURE"]
    known = [heading for heading in desk.pool["rows"]["sections_dictated"] if heading != "PROCEDURE"]
    return sorted(desk.random.sample(known, desk.random.randint(4, 9)), key=known.index)


def _say_section(desk: Desk, animal: Animal, heading: str) -> str:
    if heading == "MEDICATIONS":
        return f"{desk.medicate(animal).line}."
    if heading == "ALLERGIES":
        return desk.allergy(animal)
    if heading == "PREOPERATIVE DIAGNOSIS":
        return f"{desk.problem(animal)}."
    if heading == "PROCEDURE":
        return f"{desk.pick(desk.pool['rows']['procedures'])}."
    if heading in ("ASSESSMENT", "IMPRESSION"):
        return f"{desk.problem(animal)}. {desk.conclude(animal)}"
    if heading == "PLAN":
        return f"{desk.theme('plan', 1, 2)} {desk.say('advice', 1, 3)}"
    if heading in ("HISTORY", "HISTORY OF PRESENT PROBLEM", "PAST HISTORY"):
        return f"{desk.complain()} {desk.say('chat', 1, 4)}"
    subject = {"ANESTHESIA": "anesthesia", "OPERATIVE FINDINGS": "surgery", "DESCRIPTION OF PROCEDURE": "surgery"}
    subject |= {"FINDINGS": "imaging", "DIAGNOSTICS": "imaging", "DISPOSITION": "discharge"}
    subject |= {"CLIENT COMMUNICATION": "phone"}
    return desk.say(subject.get(heading, "normal"), 2, 6)
