"""Claim forms: boxes of owner, animal and vet, a table of conditions, invoices behind them as their own papers."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import FULL, print_bill, print_letterhead, print_patient
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet, cut_into_pages


@layout("insurance_claims", languages=("en", "es", "fr", "de"), separators=("feed", "one", "two", "none"))
def write(desk: Desk) -> Iterator[Sheet]:
    """A claim, then mostly the invoice it is about."""
    while True:
        animal = desk.draw_animal(kinds=("dog", "cat"), same_owner=0.2)
        for _ in range(desk.random.randint(1, 4)):
            desk.pass_days(10, 200)
            yield _write_claim(desk, animal)
            if desk.chance(0.6):
                yield _write_invoice(desk, animal)


def _write_claim(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("financial", animal, width=84)
    sheet.confident = False
    words = desk.pool["insurance"]
    title = desk.habit("title", desk.pool["titles"]["insurance"])
    if desk.habit("company", (True, False)):
        sheet.add(desk.habit("name", words["companies"]))
    sheet.head(title)
    style = desk.habit("parts", ("letters", "numbers", "plain"))
    for number, part in enumerate(words["parts"]):
        mark = {"letters": f"{'ABCD'[number]}. ", "numbers": f"{number + 1} ", "plain": ""}[style]
        sheet.skip(desk.habit("airy", (0, 1)))
        sheet.add(f"{mark}{part.upper() if desk.habit('loud', (True, False)) else part}")
        if number == 0:
            print_patient(desk, sheet, animal, FULL)
        elif number == 1:
            sheet.add(
                f"{desk.label('date')}: {desk.show_date(desk.today)}"
                f"   {words['policy']}: {desk.random.randint(10**6, 10**8)}"
            )
            sheet.add(f"{desk.label('assessment')}: {desk.problem(animal)}")
            sheet.prose(f"{desk.label('history')}: {desk.complain()} {desk.say('chat', 0, 2)}")
        else:
            sheet.add(f"{desk.clinic_name(animal)}   {desk.vet(animal)}")
            sheet.add("________________________        ____ / ____ / ______")
    page = desk.pool["table"]
    if desk.habit("paged", (True, False)):
        cut_into_pages(
            sheet,
            length=desk.habit("page", (14, 22)),
            header=lambda number, pages: [],
            footer=lambda number, pages: [f"{words['form']}      {page['page']} {number} {page['of']} {pages}"],
            feed=True,
        )
    return sheet


def _write_invoice(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("financial", animal, width=78)
    print_letterhead(desk, sheet, desk.clinic, animal)
    sheet.head(desk.habit("bill", desk.pool["titles"]["invoice"]))
    sheet.add(f"{desk.fact(animal, 'owner')}   {desk.name(animal)}   {desk.show_date(desk.today)}")
    print_bill(desk, sheet)
    return sheet
