"""Consent and release forms with clauses, boxes and lines for signatures."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import USUAL, print_letterhead, print_patient, print_patient_line
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("consent_forms", languages=("en", "es", "fr", "de"), separators=("one", "two", "feed", "mixed", "none"))
def write(desk: Desk) -> Iterator[Sheet]:
    """By animal; forms that nobody filled in among them."""
    while True:
        animal = desk.draw_animal(same_owner=0.3)
        for _ in range(desk.pick((1, 1, 2))):
            desk.pass_days(5, 300)
            yield _write_form(desk, animal)


def _write_form(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consent_legal", animal, width=desk.habit("width", (76, 92)))
    if desk.habit("head", (True, False)):
        print_letterhead(desk, sheet, desk.clinic, animal)
    title = desk.pick(desk.pool["titles"]["consent"])
    if desk.habit("centered", (True, False)):
        sheet.center(title)
        sheet.title = title
    else:
        sheet.head(title)
    if desk.habit("block", (True, False)):
        print_patient(desk, sheet, animal, USUAL)
    else:
        sheet.add(print_patient_line(desk, animal))
    sheet.add(f"{desk.label('procedure')}: {desk.pick(desk.pool['rows']['procedures'])}")
    style = desk.habit("clauses", ("boxes", "numbers", "prose", "initials"))
    clauses = desk.sentences("legal", 3, 7)
    if style == "prose":
        sheet.skip()
        sheet.prose(" ".join(clauses))
    for number, clause in enumerate(clauses if style != "prose" else (), start=1):
        mark = {"boxes": desk.pick(("[x]", "[ ]")), "numbers": f"{number}.", "initials": "_____"}[style]
        sheet.prose(f"{mark} {clause}", indent="    ", first="")
    if desk.chance(0.4):
        for question in desk.sentences("questions", 1, 4):
            sheet.add(f"{question} {desk.pick(('____', '[ ]', '[x]'))}")
    sheet.skip(desk.pick((0, 1, 2)))
    sheet.add(f"{desk.label('owner')}: ________________________    {desk.label('date')}: {desk.show_date(desk.today)}")
    if desk.chance(0.4):
        sheet.add(f"{desk.label('vet')}: {desk.vet(animal)}")
    return sheet
