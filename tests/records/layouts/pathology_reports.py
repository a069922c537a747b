"""Histology and cytology: history, gross and microscopic description, diagnosis, comment; amended ones among them."""

from collections.abc import Iterator

from tests.records.cast import Animal, Clinic
from tests.records.desk import Desk
from tests.records.layouts.blocks import SHORT, print_letterhead, print_patient, print_patient_line
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import add_after_signature
from tests.records.sheets import Sheet, cut_into_pages


@layout("pathology_reports", languages=("en", "es", "fr", "de"), separators=("feed", "one", "two", "mixed", "none"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Of many animals; one in eight comes again, amended."""
    lab = desk.casting.draw_clinic(kind="labs", vets=3)
    while True:
        animal = desk.draw_animal(same_owner=0.1)
        desk.pass_days(1, 30)
        sheet = _write_report(desk, animal, lab, amended=False)
        yield sheet
        if desk.chance(0.12):
            desk.pass_days(1, 5)
            again = _write_report(desk, animal, lab, amended=True)
            again.amends = sheet
            yield again


def _write_report(desk: Desk, animal: Animal, lab: Clinic, *, amended: bool) -> Sheet:
    words = desk.pool["pathology"]
    sheet = desk.open_sheet("pathology", animal, width=desk.habit("width", (78, 92)))
    if desk.habit("head", (True, True, False)):
        print_letterhead(desk, sheet, lab)
    title = desk.pick(desk.pool["titles"]["pathology"])
    if amended:
        title = f"{desk.pool['table']['amended']}: {title}"
    sheet.head(title)
    if desk.habit("block", (True, False)):
        print_patient(desk, sheet, animal, SHORT)
    else:
        sheet.add(print_patient_line(desk, animal))
    sheet.add(
        f"{desk.pool['table']['received']}: {desk.show_date(desk.today)}"
        f"   {desk.label('clinic')}: {desk.clinic_name(animal)}"
    )
    own_line = desk.habit("own line", (True, False))
    diagnosis = desk.pick(desk.pool["sentences"]["pathology_dx"])
    marked = desk.ink.write(diagnosis, kind="problem", animal=animal.number, problem=diagnosis)
    parts = [
        (words["history"], desk.complain()),
        (words["gross"], desk.fill(desk.pick(words["grosses"]))),
        (words["microscopic"], desk.say("pathology", 2, 5)),
        (words["diagnosis"], marked),
        (words["comment"], desk.say("pathology", 1, 2)),
    ]
    if desk.habit("diagnosis first", (False, False, True)):
        parts.insert(0, parts.pop(3))
    for heading, text in parts:
        sheet.skip(desk.habit("airy", (0, 0, 1)))
        if own_line:
            sheet.add(heading.upper())
            sheet.prose(text)
        else:
            sheet.prose(f"{heading}: {text}")
    sheet.add(desk.vet(animal, clinic=lab))
    add_after_signature(desk, sheet, share=0.2)
    if desk.habit("paged", (True, False)):
        page = desk.pool["table"]
        cut_into_pages(
            sheet,
            length=desk.habit("page", (16, 24)),
            header=lambda number, pages: [f"{lab.name}      {page['page']} {number} {page['of']} {pages}"],
            first_too=desk.habit("first too", (True, False)),
            feed=desk.habit("page feed", (True, False)),
        )
    return sheet
