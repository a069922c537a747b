"""An emergency hospital's papers: triage, notes with times at the line's start, transfer, bill."""

from collections.abc import Iterator

from tests.records.cast import Animal, Clinic
from tests.records.desk import Desk
from tests.records.layouts.blocks import SHORT, print_bill, print_letterhead, print_patient, print_section, print_vitals
from tests.records.layouts.registry import layout
from tests.records.layouts.running import page_as_print
from tests.records.sheets import Sheet


@layout("emergency_stays", languages=("en", "es", "fr", "de"), separators=("none", "one", "two", "mixed", "ruler"))
def write(desk: Desk) -> Iterator[Sheet]:
    """A stay: some of its four papers."""
    hospital = desk.casting.draw_clinic(kind="hospitals", vets=4)
    desk.clinic = hospital
    if desk.habit("paged", (True, False)):
        desk.paging = page_as_print(desk, title=desk.pick(desk.pool["titles"]["hospital"]))
    while True:
        animal = desk.draw_animal(same_owner=0.1)
        desk.pass_days(1, 60)
        for write_part in (_write_triage, _write_notes, _write_summary, _write_bill):
            if desk.chance(0.8):
                yield write_part(desk, animal, hospital)


def _write_triage(desk: Desk, animal: Animal, hospital: Clinic) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=86, confident=False)
    if desk.habit("head", (True, False)):
        print_letterhead(desk, sheet, hospital, animal)
    title = "EMERGENCY TRIAGE" if desk.language == "en" else "TRIAGE"
    sheet.head(title, shown=f"{title}   {desk.show_date(desk.today)} {desk.show_time()}")
    print_patient(desk, sheet, animal, SHORT)
    print_vitals(desk, sheet, animal)
    print_section(desk, sheet, "complaint", desk.complain())
    return sheet


def _write_notes(desk: Desk, animal: Animal, hospital: Clinic) -> Sheet:
    sheet = desk.open_sheet("hospital_record", animal, width=86)
    title = desk.habit("notes", desk.pool["titles"]["hospital"])
    sheet.head(title, shown=f"{title}   {desk.name(animal)}   {desk.show_date(desk.today)}")
    hour = desk.random.randint(0, 20)
    for step in range(desk.random.randint(4, 16)):
        at = f"{(hour + step) % 24:02}:{desk.random.randint(0, 59):02}"
        sheet.prose(f"{at} {desk.say('hospital', 1, 3)}", indent=desk.habit("indent", ("", "      ")))
        if step and (hour + step) % 24 == 0:
            sheet.add(desk.fill("{doc_date}"))
    sheet.prose(f"{desk.theme('plan')}")
    return sheet


def _write_summary(desk: Desk, animal: Animal, hospital: Clinic) -> Sheet:
    sheet = desk.open_sheet("discharge", animal, width=86)
    title = desk.habit("summary", desk.pool["titles"]["discharge"])
    if desk.habit("head", (True, False)):
        print_letterhead(desk, sheet, hospital, animal)
    sheet.head(title)
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}   {desk.label('patient')}: {desk.name(animal)}")
    for label, text in (
        ("history", f"{desk.complain()} {desk.say('chat', 1, 3)}"),
        ("exam", desk.say("normal", 2, 5)),
        ("assessment", f"{desk.problem(animal)}."),
        ("plan", f"{desk.say('discharge', 2, 5)} {desk.medicate(animal).line}."),
    ):
        print_section(desk, sheet, label, text)
    sheet.add(desk.vet(animal))
    return sheet


def _write_bill(desk: Desk, animal: Animal, hospital: Clinic) -> Sheet:
    sheet = desk.open_sheet("financial", animal, width=86)
    title = desk.habit("bill", desk.pool["titles"]["invoice"])
    sheet.head(title, shown=f"{title}   {desk.show_date(desk.today)}   {desk.fact(animal, 'owner')}")
    print_bill(desk, sheet, most=11)
    return sheet
