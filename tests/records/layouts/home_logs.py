"""Lists with a date on every row that are one document each: owners' diaries, weight charts, reminders, summaries."""

from collections.abc import Iterator
from datetime import timedelta

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.ink import pad
from tests.records.layouts.blocks import print_letterhead, print_patient_line
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("home_logs", languages=("en", "es", "fr", "de"), separators=("one", "two", "feed", "mixed", "ruler"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Of a few animals by turns."""
    animals = desk.get_animals(least=1, most=3)
    while True:
        if desk.chance(0.15):
            animals = [*animals[-2:], desk.draw_animal()]
        desk.pass_days(10, 120)
        yield desk.pick((_write_diary, _write_summary, _write_weights))(desk, desk.pick(animals))


def _open(desk: Desk, sheet: Sheet, animal: Animal, title: str) -> None:
    if desk.habit("head", (False, True)):
        print_letterhead(desk, sheet, desk.clinic, animal)
    sheet.head(title)
    sheet.add(f"{print_patient_line(desk, animal)}   {desk.show_date(desk.today)}")
    sheet.skip(desk.habit("airy", (0, 1)))


def _write_diary(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("other", animal, width=84, confident=False)
    _open(desk, sheet, animal, desk.habit("diary", desk.pool["logs"]["diary"]))
    day = desk.today - timedelta(days=30)
    head, marks = desk.pool["logs"]["diary_head"], desk.pool["logs"]["diary_marks"]
    sheet.add("".join(pad(word, 20) for word in head))
    for _ in range(desk.random.randint(5, 24)):
        cells = (desk.show_date(day), desk.show_time(), desk.pick(marks), str(desk.random.randint(0, 5)))
        sheet.add("".join(pad(cell, 20) for cell in cells).rstrip())
        day += timedelta(days=1)
    return sheet


def _write_summary(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("other", animal, width=84, confident=False)
    _open(desk, sheet, animal, desk.habit("summary", desk.pool["logs"]["summary"]))
    day = desk.today - timedelta(days=900)
    for _ in range(desk.random.randint(6, 30)):
        reason, vet = desk.pick(desk.pool["titles"]["reasons"]), desk.vet(animal)
        sheet.add(f"{pad(desk.show_date(day), 22)}{pad(reason, 28)}{vet}")
        day += timedelta(days=desk.random.randint(3, 60))
    return sheet


def _write_weights(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("other", animal, width=84, confident=False)
    _open(desk, sheet, animal, desk.habit("weights", desk.pool["logs"]["weights"]))
    sheet.add(f"{pad(desk.label('date'), 22)}{desk.label('weight')}")
    last, day = desk.today, desk.today - timedelta(days=700)
    for _ in range(desk.random.randint(4, 14)):
        desk.today = day
        sheet.add(f"{pad(desk.show_date(day), 22)}{desk.weight(animal)}")
        day += timedelta(days=desk.random.randint(10, 50))
    desk.today = last
    return sheet
