"""Letters of owners and answers of the practice, reminders and condolences: salutation and greeting, hardly a title."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_letterhead
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("owner_letters", languages=("en", "es", "fr", "de"), separators=("one", "two", "feed", "mixed", "none"))
def write(desk: Desk) -> Iterator[Sheet]:
    """By turns of owners and practice."""
    while True:
        animal = desk.draw_animal(same_owner=0.1)
        for turn in range(desk.random.randint(1, 3)):
            desk.pass_days(2, 60)
            yield _write_letter(desk, animal, from_owner=turn % 2 == 0)


def _write_letter(desk: Desk, animal: Animal, *, from_owner: bool) -> Sheet:
    sheet = desk.open_sheet("communication", animal, width=desk.habit("width", (70, 82)))
    words, owner, day = desk.pool["mail"], animal.owner, desk.show_date(desk.today)
    if from_owner:
        sheet.add(desk.fact(animal, "owner"), desk.fact(animal, "address"))
        if desk.chance(0.5):
            sheet.add(desk.fact(animal, "phone"))
    else:
        print_letterhead(desk, sheet, desk.clinic, animal)
    sheet.skip(desk.pick((0, 1)))
    sheet.add(" " * desk.habit("date at", (0, 48)) + day)
    sheet.skip(desk.pick((0, 1)))
    if desk.chance(desk.habit("subject", (0.0, 0.6))):
        subject = desk.pick(words["subjects"])
        sheet.head(f"{subject} {animal.name}", shown=f"{subject} {desk.name(animal)}")
        sheet.skip(desk.pick((0, 1)))
    name = desk.vet(animal) if from_owner else owner.name
    sheet.add(f"{words['greeting'][1]} {name},")
    for _ in range(desk.random.randint(1, 3)):
        sheet.prose(desk.say("mail" if from_owner else "mail_reply", 2, 4))
        sheet.skip(desk.habit("airy", (0, 1)))
    sheet.prose(desk.fill("{name}. ") + desk.say("followup"))
    sheet.add(desk.pick(words["bye"]), owner.name if from_owner else desk.vet(animal))
    if desk.chance(0.15):
        sheet.prose(f"P.S. {desk.say('mail')}")
    return sheet
