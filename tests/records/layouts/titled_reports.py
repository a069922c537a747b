"""Reports written in a word processor: title, date line, labelled lines, headings, blank lines inside as between."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import USUAL, print_lab_table, print_patient, print_section, print_vitals
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import set_trap
from tests.records.sheets import Sheet

_KINDS = (
    ("consult", "consult_note"),
    ("lab", "lab_report"),
    ("imaging", "imaging"),
    ("surgery", "surgery_anesthesia"),
    ("discharge", "discharge"),
    ("dental", "dental"),
)


@layout("titled_reports", languages=("en", "es", "fr", "de"), separators=("one", "two", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """One animal's life in reports."""
    animals = desk.get_animals(most=2)
    while True:
        if desk.chance(0.04):
            animals = [desk.draw_animal()]
        desk.pass_days(3, 150)
        yield _write_report(desk, desk.pick(animals), *desk.pick(_KINDS))


def _write_report(desk: Desk, animal: Animal, kind: str, type: str) -> Sheet:
    sheet = desk.open_sheet(type, animal, width=desk.habit("width", (90, 118, 400)))
    title = desk.pick(desk.pool["titles"][kind])
    if desk.habit("prefixed", (False, False, True)):
        title = f"{title} – {desk.pick(desk.pool['titles']['reasons'])}"
    sheet.head(title)
    sheet.skip(desk.habit("below title", (0, 1)))
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}")
    if desk.habit("block", (True, False)):
        print_patient(desk, sheet, animal, USUAL)
    else:
        sheet.add(
            f"{desk.label('patient')}: {desk.name(animal)}", f"{desk.label('owner')}: {desk.fact(animal, 'owner')}"
        )
    sheet.add(f"{desk.label('vet')}: {desk.vet(animal)}")
    sheet.skip()
    if kind == "consult":
        print_vitals(desk, sheet, animal)
        sheet.skip()
        print_section(desk, sheet, "complaint", desk.complain())
    if kind == "lab":
        print_lab_table(desk, sheet, animal, least=4, most=9)
    else:
        subject = {"surgery": "surgery", "imaging": "imaging"}.get(kind, "normal")
        print_section(desk, sheet, "exam", desk.say(subject, 2, 6))
    sheet.skip()
    set_trap(desk, sheet, animal, share=0.2)
    print_section(desk, sheet, "assessment", f"{desk.problem(animal)}.")
    sheet.skip(desk.pick((0, 1, 2)))
    plan = desk.say("discharge", 2, 4) if kind == "discharge" else f"{desk.theme('plan')} {desk.say('advice', 1, 2)}"
    print_section(desk, sheet, "plan", plan)
    while not sheet.lines[-1]:
        sheet.lines.pop()
    return sheet
