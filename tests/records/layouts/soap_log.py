"""A typed log of SOAP notes: every entry starts with its date alone or with date and initials."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_patient_line, print_vitals
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet

_LETTERS = {"en": "SOAP", "es": "SOAP", "fr": "SOAP", "de": "SOBP"}


@layout("soap_log", languages=("en", "es", "fr", "de"), separators=("none", "one", "mixed"), copies=False)
def write(desk: Desk) -> Iterator[Sheet]:
    """Entries by date."""
    animals = desk.get_animals(most=2)
    while True:
        if desk.chance(0.02):
            animals = [desk.draw_animal()]
        animal = desk.pick(animals)
        desk.pass_days(1, 60)
        kind = desk.random.random()
        yield _write_note(desk, animal) if kind < 0.7 else _write_remark(desk, animal)


def _open(desk: Desk, animal: Animal, type: str) -> Sheet:
    sheet = desk.open_sheet(type, animal, width=desk.habit("width", (76, 90, 104)))
    day = desk.show_date(desk.today)
    style = desk.habit("opening", ("date", "date colon", "initials", "time", "name"))
    if style == "date":
        sheet.add(day)
    elif style == "date colon":
        sheet.add(f"{day}:")
    elif style == "initials":
        sheet.add(f"{day} {desk.pick(desk.pool['names']['first'])[0]}{desk.pick(desk.pool['names']['last'])[0]}")
    elif style == "time":
        sheet.add(f"{day} {desk.show_time()}")
    else:
        sheet.add(f"{day} {desk.name(animal)}")
    if desk.chance(0.12):
        sheet.add(print_patient_line(desk, animal))
    return sheet


def _write_note(desk: Desk, animal: Animal) -> Sheet:
    sheet = _open(desk, animal, "consult_note")
    joint = desk.habit("joint", (": ", ") ", " - ", "\n"))
    parts = (
        f"{desk.complain()} {desk.say('chat', 0, 3)}",
        f"{desk.theme('exam', 1, 2)} {desk.say('normal', 2, 5)}",
        f"{desk.problem(animal)}.",
        f"{desk.theme('plan', 1, 3)} {desk.say('advice', 1, 2)}",
    )
    for letter, text in zip(_LETTERS[desk.language], parts, strict=True):
        if letter == "O" and desk.chance(0.8):
            print_vitals(desk, sheet, animal)
        if joint == "\n":
            sheet.add(letter)
            sheet.prose(text)
        else:
            sheet.prose(f"{letter}{joint}{text}")
        if desk.habit("airy", (False, False, True)) and letter != _LETTERS[desk.language][-1]:
            sheet.skip()
    return sheet


def _write_remark(desk: Desk, animal: Animal) -> Sheet:
    sheet = _open(desk, animal, "communication")
    sheet.confident = False
    sheet.prose(f"{desk.say('phone', 1, 2)} {desk.say('followup', 0, 1)}".strip())
    return sheet
