"""Prescriptions and the labels of dispensed drugs."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import SHORT, print_letterhead, print_patient, print_patient_line
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout(
    "prescriptions", languages=("en", "es", "fr", "de"), separators=("none", "one", "two", "ruler", "feed", "mixed")
)
def write(desk: Desk) -> Iterator[Sheet]:
    """Of a few animals by turns."""
    animals = desk.get_animals(least=1, most=3)
    label = desk.habit("labels", (0.0, 0.5, 1.0))
    while True:
        if desk.chance(0.1):
            animals = [*animals[-2:], desk.draw_animal()]
        desk.pass_days(1, 60)
        animal = desk.pick(animals)
        yield _write_label(desk, animal) if desk.chance(label) else _write_prescription(desk, animal)


def _write_prescription(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("prescription", animal, width=76)
    print_letterhead(desk, sheet, desk.clinic, animal)
    if desk.habit("titled", (True, True, False)):
        sheet.head(desk.habit("title", desk.pool["titles"]["prescription"]))
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}")
    print_patient(desk, sheet, animal, SHORT)
    words = desk.pool["prescription"]
    for number in range(1, desk.random.randint(2, 4)):
        drug = desk.medicate(animal)
        sheet.skip(desk.habit("airy", (0, 1)))
        sheet.add(f"{number}) {drug.drug} {drug.strength}")
        sheet.add(
            f"   {words['quantity']}: {desk.random.randint(1, 60)}   {words['refills']}: {desk.random.randint(0, 3)}"
        )
        sheet.prose(f"{words['directions']}: {drug.dose} {drug.directions}", indent="   ")
    sheet.add("", f"{desk.vet(animal)}   {words['licence']} {desk.random.randint(1000, 9999)}")
    return sheet


def _write_label(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("prescription", animal, width=60)
    drug, words = desk.medicate(animal), desk.pool["prescription"]
    clinic = desk.clinic_name(animal)
    lines = [
        [f"{clinic}  {desk.clinic.phone}", print_patient_line(desk, animal)],
        [f"{drug.drug} {drug.strength}   # {desk.random.randint(1, 90)}"],
        [f"{desk.show_date(desk.today)}   {desk.vet(animal)}   {words['refills']}: {desk.random.randint(0, 3)}"],
    ]
    order = desk.habit("order", ((0, 1, 2), (2, 0, 1), (0, 2, 1)))
    for place in order:
        sheet.add(*lines[place])
        if place == 1:
            sheet.prose(
                f"{drug.dose} {drug.directions}.".upper()
                if desk.habit("loud", (True, False))
                else f"{drug.dose} {drug.directions}."
            )
    sheet.prose(words["keep"])
    return sheet
