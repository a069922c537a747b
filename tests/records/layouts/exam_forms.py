"""Ticked examination forms of two or three pages with their own counters, filled in by hand and scanned."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import USUAL, print_patient, print_vitals
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet, cut_into_pages


@layout("exam_forms", languages=("en", "es", "fr", "de"), separators=("feed", "one", "none", "two"))
def write(desk: Desk) -> Iterator[Sheet]:
    """A form a visit."""
    animals = desk.get_animals(most=3)
    while True:
        if desk.chance(0.15):
            animals = [*animals[-2:], desk.draw_animal()]
        desk.pass_days(5, 200)
        yield _write_form(desk, desk.pick(animals))


def _write_form(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=80)
    title = desk.habit("title", desk.pool["titles"]["consult"])
    words = desk.pool["table"]
    if desk.habit("titled", (True, True, False)):
        sheet.head(title)
    sheet.add(
        f"{desk.label('clinic')}: {desk.clinic_name(animal)}   {desk.label('date')}: {desk.show_date(desk.today)}"
    )
    print_patient(desk, sheet, animal, USUAL)
    sheet.add(f"{desk.label('allergies')}: {desk.allergy(animal)}")
    sheet.skip(desk.habit("airy", (0, 1)))
    sheet.add(f"{desk.label('complaint').upper()}")
    sheet.prose(desk.complain())
    print_vitals(desk, sheet, animal, weight=False)
    for question in desk.sentences("questions", 2, 5):
        sheet.add(f"{question}   {desk.pick(('[x] [ ]', '[ ] [x]', '( ) (x)', '____'))}")
    sheet.skip(desk.habit("airy", (0,)))
    boxes = desk.habit("boxes", ("[x] N [ ] A", "( ) A (x) N", "N / A", "✓"))
    for system in desk.sentences("system", 5, 12):
        sheet.add(f"{boxes}  {system}")
    sheet.add(desk.label("assessment").upper())
    for number in range(1, desk.random.randint(2, 4)):
        sheet.add(f"{number}. {desk.problem(animal)}")
    sheet.add(desk.label("plan").upper())
    sheet.prose(f"{desk.theme('plan', 1, 3)} {desk.say('advice', 1, 3)}")
    sheet.add(f"{desk.label('vet')}: {desk.vet(animal)}   ______________________")
    name = animal.name
    cut_into_pages(
        sheet,
        length=desk.habit("page", (15, 19, 26)),
        header=lambda page, pages: [f"{title}   {name}"] if page > 1 and desk.habit("head", (True, False)) else [],
        footer=lambda page, pages: [f"{words['page']} {page} {words['of']} {pages}"],
        feed=desk.habit("page feed", (True, False)),
    )
    return sheet
