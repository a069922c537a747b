"""Invoices, estimates, statements and receipts."""

from collections.abc import Iterator
from datetime import timedelta

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_bill, print_letterhead
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet, cut_into_pages


@layout("invoices", languages=("en", "es", "fr", "de"), separators=("none", "one", "two", "feed", "mixed", "ruler"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Of a few owners by turns; some list several visits."""
    animals = desk.get_animals(least=1, most=3)
    number = desk.random.randint(1_000, 90_000)
    while True:
        if desk.chance(0.15):
            animals = [*animals[-2:], desk.draw_animal()]
        desk.pass_days(1, 40)
        number += desk.random.randint(1, 90)
        yield _write_bill(desk, desk.pick(animals), number)


def _write_bill(desk: Desk, animal: Animal, number: int) -> Sheet:
    sheet = desk.open_sheet("financial", animal, width=78)
    kind = desk.pick(("invoice", "invoice", "estimate"))
    title = desk.pick(desk.pool["titles"][kind])
    if desk.habit("head", (True, True, False)):
        print_letterhead(desk, sheet, desk.clinic, animal)
    with_number = desk.habit("number", (True, False))
    sheet.head(title, shown=f"{title}  {number}" if with_number else None)
    owner = desk.fact(animal, "owner")
    style = desk.habit("to", ("labels", "address", "line"))
    if style == "address":
        sheet.add(owner, desk.fact(animal, "address"))
    elif style == "labels":
        sheet.add(f"{desk.label('owner')}: {owner}", f"{desk.label('patient')}: {desk.name(animal)}")
    else:
        sheet.add(f"{desk.label('owner')}: {owner}   {desk.label('patient')}: {desk.name(animal)}")
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}")
    visits = desk.pick((1, 1, 1, 2, 4))
    for visit in range(visits):
        sheet.skip(desk.habit("airy", (0, 1)))
        day = desk.today - timedelta(days=9 * (visits - visit - 1))
        if visits > 1 or desk.habit("dated", (True, False)):
            sheet.add(f"{desk.show_date(day)}  {desk.name(animal)}  {desk.vet(animal)}")
        print_bill(desk, sheet, most=11)
    if desk.chance(0.5):
        sheet.prose(desk.say("advice"))
    words = desk.pool["table"]
    if desk.habit("paged", (True, False, False)):
        cut_into_pages(
            sheet,
            length=desk.habit("page", (12, 20)),
            header=lambda page, pages: [],
            footer=lambda page, pages: [f"{title} {number}   {words['page']} {page} {words['of']} {pages}"],
        )
    return sheet
