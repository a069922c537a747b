"""Notes in plain prose: no title, mostly no date, a few paragraphs each, by several hands."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import set_trap
from tests.records.sheets import Sheet


@layout("prose_notes", languages=("en", "es", "fr", "de"), separators=("none", "one", "two", "two", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Notes about many animals, now and then two about the same."""
    dated = desk.habit("dated", (0.0, 0.2, 0.6))
    while True:
        animal = desk.draw_animal(same_owner=0.05)
        for _ in range(desk.pick((1, 1, 2))):
            desk.pass_days(1, 30)
            yield _write_note(desk, animal, dated=desk.chance(dated))


def _write_note(desk: Desk, animal: Animal, *, dated: bool) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=desk.habit("width", (72, 88, 100)), confident=False)
    opening = desk.pick(desk.pool["sentences"]["note_open"])
    words = {"breed": desk.fact(animal, "breed"), "age": str(desk.age(animal)), "owner": desk.fact(animal, "owner")}
    for key, value in words.items():
        opening = opening.replace("{" + key + "}", value)
    start = f"{desk.show_date(desk.today)}{desk.pick((' ', ': ', '. '))}" if dated else ""
    if not dated:
        sheet.date = None
    sheet.prose(f"{start}{desk.fill(opening)} {desk.complain()} {desk.say('chat', 1, 4)}")
    airy = desk.habit("airy", (True, False))
    for paragraph in (
        f"{desk.say('normal', 2, 6)} {desk.theme('exam', 1, 2)}",
        f"{desk.theme('plan', 1, 2)} {desk.say('advice', 1, 3)}",
    ):
        if desk.chance(0.85):
            if airy:
                sheet.skip()
            sheet.prose(paragraph)
    set_trap(desk, sheet, animal, share=0.1, dated=False)
    if desk.habit("initials", (True, False)):
        first, last = desk.pick(desk.pool["names"]["first"])[0], desk.pick(desk.pool["names"]["last"])[0]
        sheet.add(desk.pick((f"{first}{last}", f"/{first.lower()}{last.lower()}", f"-- {first}.{last}.")))
    return sheet
