"""E-mail threads printed from a mail program: each message or each thread, with what it quotes and forwards inside."""

from collections.abc import Iterator
from datetime import date, timedelta

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("mail_threads", languages=("en", "es", "fr", "de"), separators=("none", "one", "two", "ruler", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Threads of owners with the clinic."""
    animals = desk.get_animals(most=3)
    while True:
        if desk.chance(0.08):
            animals = [*animals[-2:], desk.draw_animal()]
        desk.pass_days(1, 40)
        yield _write_thread(desk, desk.pick(animals))


def _write_thread(desk: Desk, animal: Animal) -> Sheet:
    words = desk.pool["mail"]
    sheet = desk.open_sheet("communication", animal, width=desk.habit("width", (72, 84)))
    clinic = desk.clinic
    mail = desk.fact(animal, "email")
    shown_owner = f"{desk.fact(animal, 'owner')} <{mail}>"
    subject = f"{desk.pick(words['re'])}{desk.pick(words['subjects'])}"
    from_owner = desk.chance(0.5)
    pair = (shown_owner, f"{clinic.name} <{clinic.email}>")
    first, second = pair if from_owner else pair[::-1]
    header = [
        f"{words['from']}: {first}",
        f"{words['sent']}: {desk.show_date(desk.today)} {desk.show_time()}",
        f"{words['to']}: {second}",
        f"{words['subject']}: {subject} {desk.name(animal)}",
    ]
    if desk.habit("order", (True, False)):
        header = [header[0], header[2], header[1], header[3]]
    if desk.habit("cc", (False, True)):
        header.insert(3, f"Cc: {desk.pick(desk.pool['names']['first']).lower()}@example.net")
    sheet.title = f"{subject} {animal.name}"
    sheet.add(*header)
    sheet.skip(desk.habit("after header", (1, 1, 0, 2)))
    _print_body(desk, sheet, animal, from_owner=from_owner, mark="")
    day = desk.today
    for depth in range(1, desk.pick((1, 1, 2, 3, 4))):
        day -= timedelta(days=desk.random.randint(0, 3))
        from_owner = not from_owner
        sheet.skip()
        _print_quoted(desk, sheet, animal, day, depth, from_owner=from_owner)
    return sheet


def _print_body(desk: Desk, sheet: Sheet, animal: Animal, *, from_owner: bool, mark: str) -> None:
    words = desk.pool["mail"]
    greeting = desk.pick(words["greeting"])
    vet = desk.vet(animal, who=desk.clinic.vets[0])
    name = vet if from_owner else animal.owner.first
    sheet.add(f"{mark}{greeting} {name},")
    text = desk.say("mail" if from_owner else "mail_reply", 1, 4)
    if not from_owner and desk.chance(0.3):
        text += f" {desk.theme('plan')}"
    sheet.prose(text, indent=mark)
    if desk.chance(0.3):
        sheet.add(mark.rstrip())
        sheet.prose(desk.say("mail"), indent=mark)
    sheet.add(f"{mark}{desk.pick(words['bye'])}", f"{mark}{animal.owner.first if from_owner else vet}")


def _print_quoted(desk: Desk, sheet: Sheet, animal: Animal, day: date, depth: int, *, from_owner: bool) -> None:
    words = desk.pool["mail"]
    who = animal.owner.name if from_owner else desk.clinic.name
    style = desk.habit("quoting", ("wrote", "original", "header", "forwarded"))
    mark = "> " * depth if style == "wrote" and desk.habit("marks", (True, True, False)) else ""
    if style == "wrote":
        sheet.add(f"{mark[2:]}{words['wrote'].format(day=desk.show_date(day), time=desk.show_time(), who=who)}")
    else:
        if style == "original":
            sheet.add(words["original"])
        elif style == "forwarded":
            sheet.add(words["forwarded"])
        sheet.add(f"{words['from']}: {who}", f"{words['sent']}: {desk.show_date(day)} {desk.show_time()}")
        sheet.add(f"{words['to']}: {desk.clinic.email if from_owner else animal.owner.name}")
        sheet.add(f"{words['subject']}: {words['re'][0]}{animal.name}", "")
    _print_body(desk, sheet, animal, from_owner=from_owner, mark=mark)
