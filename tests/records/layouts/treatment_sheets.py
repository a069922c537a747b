"""Sheets of inpatients over several days: a block a day, a row an hour. Each stay is one document."""

from collections.abc import Iterator
from datetime import timedelta

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.ink import pad
from tests.records.layouts.blocks import print_patient_line
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet, cut_into_pages


@layout("treatment_sheets", languages=("en", "es", "fr", "de"), separators=("one", "two", "none", "feed", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Stays of one animal after the other; a long one now and then where the record is long."""
    while True:
        animal = desk.draw_animal(same_owner=0.1)
        for _ in range(desk.pick((1, 1, 2))):
            desk.pass_days(2, 90)
            long = desk.lines > 4_000 and desk.chance(0.05)
            yield _write_stay(desk, animal, days=desk.random.randint(12, 40) if long else desk.random.randint(1, 4))


def _write_stay(desk: Desk, animal: Animal, *, days: int) -> Sheet:
    words = desk.pool["hospital"]
    sheet = desk.open_sheet("hospital_record", animal, width=96)
    title = desk.habit("title", desk.pool["titles"]["hospital"])
    sheet.head(title)
    sheet.add(print_patient_line(desk, animal))
    sheet.add(
        f"{words['admitted']}: {desk.show_date(desk.today)} {desk.show_time()}"
        f"   {desk.label('weight')}: {desk.weight(animal)}"
    )
    sheet.add(f"{desk.label('problems')}: {desk.problem(animal)}", f"{desk.label('allergies')}: {desk.allergy(animal)}")
    style = desk.habit("row", ("columns", "bars", "labels"))
    for number in range(1, days + 1):
        day = desk.show_date(desk.today + timedelta(days=number - 1))
        sheet.skip(desk.habit("airy", (0, 1)))
        sheet.add(
            desk.habit("day", ("{word} {number}  {day}", "{day}", "{day} ({word} {number})")).format(
                word=words["day"], number=number, day=day
            )
        )
        if style == "columns":
            sheet.add(words["head"])
        for hour in range(8, desk.random.randint(12, 24), desk.habit("step", (1, 2, 4))):
            sheet.add(_write_row(desk, animal, style, hour))
        sheet.prose(desk.say("hospital", 2, 4))
        if desk.chance(0.5):
            sheet.prose(f"{desk.medicate(animal).line}.")
    if desk.chance(0.6):
        sheet.add(f"{words['discharged']}: {desk.show_date(desk.today + timedelta(days=days))} {desk.vet(animal)}")
    name, page = animal.name, desk.pool["table"]
    if desk.habit("paged", (True, False)):
        cut_into_pages(
            sheet,
            length=desk.habit("page", (20, 32)),
            header=lambda number, pages: [f"{title}   {name}   {page['page']} {number}/{pages}"],
            first_too=False,
            feed=desk.habit("page feed", (True, False)),
        )
    return sheet


def _write_row(desk: Desk, animal: Animal, style: str, hour: int) -> str:
    """Rows under a head, or with letters, state what they measure; bare bars state nothing."""
    pain, rate = desk.random.randint(0, 3), desk.random.randint(10, 90)
    if style == "bars":
        degrees = desk.show_number(desk.random.uniform(37.6, 39.9))
        numbers = f"{desk.random.randint(70, 170):>3} | {desk.random.randint(14, 44):>2}"
        return f"| {hour:02}:00 | {degrees} | {numbers} | {pain}/4 | {rate} ml/h |"
    names = ("temperature", "heart_rate", "respiratory_rate")
    temperature, pulse, breath = (desk.vital(animal, name, bare=True) for name in names)
    if style == "columns":
        cells = f"{pad(temperature, 8)}{pad(pulse, 6)}{pad(breath, 7)}"
        return f"{hour:02}:00     {cells}{pain}     {desk.say('hospital')}"
    return f"{hour:02}h T {temperature} P {pulse} R {breath} {desk.say('hospital')}"
