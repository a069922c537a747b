"""A card index typed off: the day begins the line, the entry goes on behind it, one to four lines each."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import USUAL, print_patient
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("card_index", languages=("en", "es", "fr", "de"), separators=("none", "none", "one"), copies=False)
def write(desk: Desk) -> Iterator[Sheet]:
    """A card's head, then its entries; then the next card."""
    while True:
        animal = desk.draw_animal(same_owner=0.3)
        if desk.habit("has head", (True, True, False)):
            yield _write_head(desk, animal)
        for _ in range(desk.random.randint(6, 30)):
            desk.pass_days(1, 150)
            yield _write_entry(desk, animal)


def _write_head(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("registration", animal, confident=False)
    sheet.date = None
    if desk.habit("titled", (True, False)):
        sheet.head(desk.habit("title", desk.pool["titles"]["export"]))
    print_patient(desk, sheet, animal, USUAL[:6] + USUAL[-1:])
    return sheet


def _write_entry(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=desk.habit("width", (70, 86, 104)), confident=False)
    day = desk.show_date(desk.today)
    gap = desk.habit("behind", ("  ", " ", ": ", "   ", "\t", " - "))
    hang = desk.habit("hang", ("", " " * 12))
    temperature = f"{desk.label('temperature')} {desk.vital(animal, 'temperature')}"
    entry = desk.pick(
        (
            lambda: f"{desk.label('weight')} {desk.weight(animal)}. {desk.theme('exam')} {desk.theme('plan')}",
            lambda: f"{desk.complain()} {temperature}. {desk.theme('plan')}",
            lambda: f"{desk.pool['table']['vaccine']}: {desk.vaccine(animal)}. {desk.say('normal', 1, 2)}",
            lambda: f"{desk.say('followup')} {desk.say('advice')}",
            lambda: f"{desk.problem(animal)}. {desk.medicate(animal).line}.",
            lambda: desk.say("phone", 1, 2),
        )
    )()
    sheet.prose(entry, first=f"{day}{gap}", indent=hang)
    if desk.chance(0.2):
        sheet.prose(desk.say("chat"), indent=hang)
    return sheet
