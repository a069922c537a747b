"""Dental charts: a row a tooth, a scheme of numbers, what was done."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import SHORT, print_patient, print_section, print_signature
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import add_after_signature
from tests.records.sheets import Sheet

_TEETH = [f"{quadrant}{tooth:02}" for quadrant in (1, 2, 3, 4) for tooth in range(1, 12)]


@layout("dental_charts", languages=("en", "es", "fr", "de"), separators=("one", "two", "none", "feed", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """A chart of each animal or two, years apart."""
    while True:
        animal = desk.draw_animal(kinds=("dog", "cat"), same_owner=0.2)
        for _ in range(desk.pick((1, 1, 2))):
            desk.pass_days(3, 300)
            yield _write_chart(desk, animal)


def _write_chart(desk: Desk, animal: Animal) -> Sheet:
    words = desk.pool["dental"]
    sheet = desk.open_sheet("dental", animal, width=86)
    title = desk.habit("title", desk.pool["titles"]["dental"])
    if desk.habit("dated title", (True, False)):
        sheet.head(title, shown=f"{title}   {desk.show_date(desk.today)}")
    else:
        sheet.head(title)
        sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}")
    print_patient(desk, sheet, animal, SHORT)
    if desk.habit("scheme", (True, False)):
        sheet.add(
            "", "  ".join(_TEETH[:11]), "  ".join(_TEETH[11:22]), "  ".join(_TEETH[22:33]), "  ".join(_TEETH[33:]), ""
        )
    sheet.add(
        f"{words['calculus']}: {desk.random.randint(0, 3)}/3   {words['gingivitis']}: {desk.random.randint(0, 3)}/3"
    )
    for tooth in sorted(desk.random.sample(_TEETH, desk.random.randint(4, 18))):
        finding = desk.fill(desk.pick(words["findings"]))
        sheet.add(f"{tooth}   {finding:<34}{desk.pick(words['done'])}")
    print_section(desk, sheet, "anesthesia", desk.say("anesthesia", 1, 3))
    print_section(desk, sheet, "plan", f"{desk.medicate(animal).line}. {desk.say('discharge', 1, 2)}")
    print_signature(desk, sheet, animal)
    add_after_signature(desk, sheet)
    return sheet
