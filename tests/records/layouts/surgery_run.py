"""Surgery reports and anaesthetic sheets, one directly behind the other, no separator."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import SHORT, print_patient, print_patient_line, print_section, print_signature
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet

_STARTS = ("title", "title date", "procedure", "date first", "patient first", "label")


@layout("surgery_run", languages=("en", "es", "fr", "de"), separators=("none", "none", "none", "one"), copies=False)
def write(desk: Desk) -> Iterator[Sheet]:
    """A surgeon's list."""
    anesthesia = desk.habit("anesthesia", (0.0, 0.3, 0.5))
    while True:
        animal = desk.draw_animal(same_owner=0.1)
        desk.pass_days(0, 8)
        yield _write_report(desk, animal)
        if desk.chance(anesthesia):
            yield _write_sheet(desk, animal)


def _print_start(desk: Desk, sheet: Sheet, animal: Animal, title: str) -> None:
    style, day = desk.habit("start", _STARTS), desk.show_date(desk.today)
    procedure = desk.pick(desk.pool["rows"]["procedures"])
    if style == "title":
        sheet.head(title)
        print_patient(desk, sheet, animal, SHORT)
        sheet.add(f"{desk.label('date')}: {day}")
    elif style == "title date":
        sheet.head(title, shown=f"{title}    {day}")
        sheet.add(print_patient_line(desk, animal))
    elif style == "procedure":
        sheet.head(procedure, shown=f"{procedure} - {desk.name(animal)} - {day}")
    elif style == "date first":
        sheet.add(f"{day}  {desk.name(animal)}  {desk.fact(animal, 'breed')}")
        sheet.head(procedure)
    elif style == "patient first":
        sheet.add(print_patient_line(desk, animal))
        sheet.head(title, shown=f"{title} ({day})")
    else:
        sheet.add(
            f"{desk.label('patient')}: {desk.name(animal)}",
            f"{desk.label('date')}: {day}",
            f"{desk.label('procedure')}: {procedure}",
        )


def _write_report(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("surgery_anesthesia", animal, width=desk.habit("width", (84, 98)))
    _print_start(desk, sheet, animal, desk.habit("title", desk.pool["titles"]["surgery"]))
    if desk.chance(0.5):
        print_section(desk, sheet, "assessment", f"{desk.problem(animal)}.")
    if desk.chance(0.7):
        print_section(desk, sheet, "anesthesia", desk.say("anesthesia", 1, 4))
    print_section(desk, sheet, "procedure", desk.say("surgery", 3, 8))
    if desk.chance(0.4):
        print_section(desk, sheet, "medications", f"{desk.medicate(animal).line}.")
    if desk.chance(0.6):
        print_section(desk, sheet, "plan", desk.say("discharge", 1, 3))
    if desk.habit("signs", (True, False)):
        print_signature(desk, sheet, animal)
    if desk.chance(0.1):
        sheet.prose(desk.say("amendment"))
    return sheet


def _write_sheet(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("surgery_anesthesia", animal)
    sheet.head(desk.habit("sheet title", desk.pool["titles"]["anesthesia"]))
    sheet.add(f"{print_patient_line(desk, animal)}   {desk.show_date(desk.today)}")
    sheet.add(f"{desk.label('weight')} {desk.weight(animal)}   ASA {desk.random.randint(1, 3)}")
    hour, minute = desk.random.randint(8, 15), 0
    for step in range(desk.random.randint(5, 24)):
        at = minute + 5 * step
        pulse, breath, oxygen = (desk.random.randint(*ends) for ends in ((60, 140), (6, 24), (94, 100)))
        pressure = f"{desk.random.randint(70, 130)}/{desk.random.randint(30, 80)}"
        gas = desk.show_number(desk.random.uniform(1, 2.5))
        sheet.add(f"{hour + at // 60:02}:{at % 60:02}   {pulse:>4}  {breath:>3}  {oxygen} %  {pressure}  iso {gas}")
    sheet.prose(desk.say("anesthesia", 1, 2))
    return sheet
