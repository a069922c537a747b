"""Instructions that go home with the animal, and discharge summaries of a hospital."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import (
    USUAL,
    print_letterhead,
    print_patient,
    print_patient_line,
    print_section,
    print_signature,
)
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import add_after_signature, set_trap
from tests.records.sheets import Sheet, cut_into_pages


@layout("discharge_letters", languages=("en", "es", "fr", "de"), separators=("one", "two", "feed", "mixed", "ruler"))
def write(desk: Desk) -> Iterator[Sheet]:
    """One or two of each animal."""
    while True:
        animal = desk.draw_animal(same_owner=0.2)
        for _ in range(desk.pick((1, 2))):
            desk.pass_days(1, 80)
            yield _write_letter(desk, animal)


def _write_letter(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("discharge", animal, width=desk.habit("width", (76, 88)))
    if desk.habit("letterhead first", (True, True, False)):
        print_letterhead(desk, sheet, desk.clinic, animal)
        sheet.skip(desk.habit("after letterhead", (0, 1)))
    title = desk.habit("title", desk.pool["titles"]["discharge"])
    if desk.habit("titled", (True, True, True, False)):
        sheet.head(title)
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}")
    if desk.habit("block", (True, False)):
        print_patient(desk, sheet, animal, USUAL)
    else:
        sheet.add(print_patient_line(desk, animal))
    mail = desk.pool["mail"]
    if desk.habit("greets", (True, False)):
        sheet.skip()
        sheet.add(f"{mail['greeting'][1]} {animal.owner.name},")
        sheet.prose(f"{desk.complain()} {desk.theme('plan')}")
        sheet.skip()
    print_section(desk, sheet, "assessment", f"{desk.problem(animal)}.")
    if desk.chance(0.6):
        print_section(desk, sheet, "procedure", desk.say("surgery", 1, 3))
    set_trap(desk, sheet, animal, share=0.2)
    drugs = [desk.medicate(animal) for _ in range(desk.random.randint(1, 3))]
    sheet.add(f"{desk.label('medications')}:")
    for number, drug in enumerate(drugs, start=1):
        bullet = desk.habit("bullet", ("- ", "{}. ", "* ", "{}) ", "")).format(number)
        sheet.prose(f"{bullet}{drug.line}.", indent="   ", first="")
    points = desk.sentences("discharge", 3, 8)
    if desk.habit("numbered", (True, False)):
        for number, point in enumerate(points, start=1):
            sheet.prose(f"{number}. {point}", indent="   ", first="")
    else:
        print_section(desk, sheet, "plan", " ".join(points))
    sheet.prose(desk.say("advice", 1, 2))
    print_signature(desk, sheet, animal)
    add_after_signature(desk, sheet)
    if desk.habit("paged", (False, False, True)):
        words = desk.pool["table"]
        cut_into_pages(
            sheet,
            length=18,
            header=lambda page, pages: [f"{title} - {animal.name} - {words['page']} {page} {words['of']} {pages}"],
            first_too=False,
        )
    return sheet
