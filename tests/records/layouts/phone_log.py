"""A book of telephone calls: an entry a call, of many clients by turns."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("phone_log", languages=("en", "es", "fr", "de"), separators=("none", "one", "none", "ruler", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Calls by date."""
    animals = [desk.draw_animal(same_owner=0.2) for _ in range(desk.random.randint(1, 5))]
    while True:
        if desk.chance(0.05):
            animals = [*animals[-4:], desk.draw_animal()]
        desk.pass_days(0, 6)
        yield _write_call(desk, desk.pick(animals))


def _write_call(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("communication", animal, width=desk.habit("width", (74, 96)))
    day, time = desk.show_date(desk.today), desk.show_time()
    who = f"{desk.pick(desk.pool['names']['first'])}"
    style = desk.habit("entry", ("title", "date time", "labels", "columns", "bracket"))
    name, owner, phone = desk.name(animal), desk.fact(animal, "owner"), desk.fact(animal, "phone")
    title = desk.habit("title", desk.pool["titles"]["phone"])
    if style == "title":
        sheet.head(title, shown=f"{title} {day} {time}")
        sheet.add(f"{owner} / {name}   {phone}")
    elif style == "date time":
        sheet.add(f"{day} {time} {who}: {owner} ({name}) {phone}")
    elif style == "labels":
        sheet.head(title)
        sheet.add(
            f"{desk.label('date')}: {day}  {time}", f"{desk.label('owner')}: {owner}   {desk.label('phone')}: {phone}"
        )
        sheet.add(f"{desk.label('patient')}: {name}")
    elif style == "columns":
        sheet.add(f"{day:<14}{time:<10}{who:<12}{owner}   {name}")
    else:
        sheet.add(f"[{day} {time}] {owner}, {name}")
    sheet.prose(desk.say("phone", 1, 4))
    if desk.chance(0.2):
        sheet.add(f"{desk.show_time()} {desk.say('phone')}"[: sheet.width + 20])
    if desk.chance(0.2):
        sheet.add(f"-> {who}")
    return sheet
