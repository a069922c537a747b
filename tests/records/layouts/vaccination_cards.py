"""Vaccination certificates, cards with many rows, and reminders."""

from collections.abc import Iterator
from datetime import timedelta

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.ink import pad
from tests.records.layouts.blocks import FULL, USUAL, print_letterhead, print_patient, print_signature
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout(
    "vaccination_cards", languages=("en", "es", "fr", "de"), separators=("one", "two", "feed", "ruler", "mixed", "none")
)
def write(desk: Desk) -> Iterator[Sheet]:
    """By animal."""
    while True:
        animal = desk.draw_animal(kinds=("dog", "cat"), same_owner=0.3)
        for _ in range(desk.random.randint(1, 3)):
            desk.pass_days(20, 400)
            yield desk.pick((_write_certificate, _write_card))(desk, animal)


def _write_certificate(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("vaccination_certificate", animal, width=84)
    if desk.habit("head", (True, False)):
        print_letterhead(desk, sheet, desk.clinic, animal)
    title = desk.pick(desk.pool["titles"]["vaccination"])
    if desk.habit("centered", (True, False)):
        sheet.center(title)
        sheet.title = title
    else:
        sheet.head(title)
    sheet.skip(desk.habit("gap", (0, 1)))
    print_patient(desk, sheet, animal, FULL)
    due = desk.today + timedelta(days=desk.pick((365, 1095)))
    words = desk.pool["vaccination"]
    product, lot = desk.vaccine(animal, due=due), desk.random.randint(10**4, 10**6)
    sheet.add(
        f"{desk.pool['table']['vaccine']}: {product}    {words['lot']}: {lot}",
        f"{words['given']}: {desk.show_date(desk.today)}    {words['due']}: {desk.show_date(due)}",
    )
    if desk.chance(0.5):
        sheet.add(f"{words['tag']}: {desk.random.randint(1000, 99999)}")
    sheet.skip(desk.pick((0, 1)))
    print_signature(desk, sheet, animal)
    return sheet


def _write_card(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("vaccination_certificate", animal, width=84)
    words = desk.pool["vaccination"]
    sheet.head(desk.pick(desk.pool["titles"]["vaccination"]), shown=None)
    print_patient(desk, sheet, animal, USUAL)
    if desk.chance(0.7):
        sheet.add(
            f"{pad(words['given'], 16)}{pad(desk.pool['table']['vaccine'], 24)}{pad(words['due'], 16)}{words['lot']}"
        )
    day = desk.today - timedelta(days=desk.random.randint(400, 2_000))
    for _ in range(desk.random.randint(3, 14)):
        due = day + timedelta(days=desk.pick((21, 28, 365, 1095)))
        product = desk.vaccine(animal, due=due, given=day)
        lot = f"{desk.pick('ABCDR')}{desk.random.randint(1000, 99999)}"
        sheet.add(f"{pad(desk.show_date(day), 16)}{pad(product, 24)}{pad(desk.show_date(due), 16)}{lot}")
        day += timedelta(days=desk.random.randint(20, 400))
    sheet.date = None
    return sheet
