"""Forms that new clients fill in: boxes, blanks, several animals on a sheet, questions, terms of payment."""

from collections.abc import Iterator

from tests.records.desk import Desk
from tests.records.layouts.blocks import FULL, print_letterhead, print_patient
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("registration_forms", languages=("en", "es", "fr", "de"), separators=("one", "two", "feed", "mixed", "none"))
def write(desk: Desk) -> Iterator[Sheet]:
    """A form an owner."""
    while True:
        desk.pass_days(1, 60)
        yield _write_form(desk)


def _write_form(desk: Desk) -> Sheet:
    animal = desk.draw_animal()
    sheet = desk.open_sheet("registration", animal, width=82)
    if desk.habit("head", (True, False)):
        print_letterhead(desk, sheet, desk.clinic, animal)
    title = desk.habit("title", desk.pool["titles"]["registration"])
    sheet.head(title)
    if desk.habit("date first", (True, False)):
        sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}")
    sheet.skip(desk.habit("airy", (0, 1)))
    print_patient(desk, sheet, animal, FULL)
    last = animal  # the one that what follows is read of
    if desk.chance(0.3):
        last = second = desk.draw_animal(owner=animal.owner)
        sheet.animal = None
        sheet.skip()
        print_patient(desk, sheet, second, ("name", "species", "breed", "sex", "born"))
    sheet.skip(desk.habit("airy", (0,)))
    for question in desk.sentences("questions", 2, 5):
        sheet.add(f"{question} {desk.pick(('[x] [ ]', '________', '[ ] [x]'))}")
    sheet.add(f"{desk.label('allergies')}: {desk.allergy(last)}")
    sheet.prose(desk.say("legal", 1, 3))
    sheet.add(f"________________________   {desk.show_date(desk.today)}")
    return sheet
