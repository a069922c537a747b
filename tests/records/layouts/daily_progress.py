"""Progress notes of a hospital, one for each day of a stay: the next day is the next document."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_patient_line, print_section, print_signature, print_vitals
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import add_after_signature
from tests.records.sheets import Sheet


@layout("daily_progress", languages=("en", "es", "fr", "de"), separators=("none", "one", "two", "mixed"), copies=False)
def write(desk: Desk) -> Iterator[Sheet]:
    """Stays of some days."""
    while True:
        animal = desk.draw_animal(same_owner=0.1)
        desk.pass_days(3, 60)
        for number in range(1, desk.random.randint(3, 9)):
            desk.pass_days(1, 1)
            yield _write_day(desk, animal, number)


def _write_day(desk: Desk, animal: Animal, number: int) -> Sheet:
    sheet = desk.open_sheet("hospital_record", animal, width=desk.habit("width", (80, 94)), confident=False)
    words, day = desk.pool["hospital"], desk.show_date(desk.today)
    title = desk.habit("title", desk.pool["titles"]["hospital"])
    style = desk.habit("heading", ("title", "day", "date", "patient"))
    if style == "title":
        sheet.head(title, shown=f"{title} - {day} - {words['day']} {number}")
    elif style == "day":
        sheet.add(f"{words['day']} {number}, {day}")
    elif style == "date":
        sheet.add(f"{day} {desk.show_time()}")
    else:
        sheet.add(f"{print_patient_line(desk, animal)}   {day}")
    if desk.chance(0.8):
        print_vitals(desk, sheet, animal)
    print_section(desk, sheet, "history", desk.say("hospital", 2, 4))
    print_section(desk, sheet, "exam", desk.say("normal", 2, 4))
    if desk.chance(0.4):
        for row in desk.lab_rows(animal, 2, 5):
            sheet.add(f"{row.analyte}: {row.value} {row.unit} ({row.low} - {row.high}) {row.flag}".rstrip())
    print_section(desk, sheet, "assessment", f"{desk.problem(animal)}.")
    print_section(desk, sheet, "plan", f"{desk.theme('plan', 1, 2)}")
    if desk.habit("signs", (True, False)):
        print_signature(desk, sheet, animal)
        add_after_signature(desk, sheet)
    return sheet
