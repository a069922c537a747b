"""An account with notes: each visit a heading, then lines with codes and prices, then what was written that day."""

import re
from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_vitals
from tests.records.layouts.registry import layout
from tests.records.layouts.running import page_as_print
from tests.records.sheets import Sheet

# Vaccines and drugs stand in the notes: among the charges they would be given in some eyes, and only billed in others.
_NOT_CHARGED = re.compile(r"vac|mpfung|carprofen|wurmkur|vermifuge|desparasit", re.IGNORECASE)


@layout("export_ledger", languages=("en", "es", "fr", "de"), separators=("none", "none", "one"), copies=False)
def write(desk: Desk) -> Iterator[Sheet]:
    """Visits by date."""
    if desk.habit("paged", (True, True, False)):
        desk.paging = page_as_print(desk, title=desk.pick(desk.pool["titles"]["export"]))
    while True:
        animal = desk.draw_animal(same_owner=0.4)
        for _ in desk.list_days(desk.random.randint(10, 45), 2, 120):
            yield _write_visit(desk, animal)


def _write_visit(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=92, confident=False)
    day, reason, vet = desk.show_date(desk.today), desk.pick(desk.pool["titles"]["reasons"]), desk.vet(animal)
    style = desk.habit("heading", ("wide", "number", "name", "two"))
    if style == "wide":
        sheet.head(reason, shown=f"{day}    {vet}    {reason}")
    elif style == "number":
        sheet.head(reason, shown=f"{desk.random.randint(10**4, 10**6)}  {day}  {reason}")
    elif style == "name":
        sheet.head(reason, shown=f"{desk.name(animal)}  {day}  {reason}  ({vet})")
    else:
        sheet.add(f"{day} {desk.show_time()}")
        sheet.head(reason, shown=f"  {reason} / {vet}")
    services = [service for service in desk.pool["rows"]["services"] if not _NOT_CHARGED.search(service[0])]
    for name, price in desk.random.sample(services, desk.random.randint(1, 5)):
        code = f"{desk.pick('ABCDEKLMV')}{desk.random.randint(10, 999):03}"
        sheet.add(f"  {code}  {name:<36}{desk.pick((1, 1, 2)):>4}{desk.show_number(price, 2):>12}")
    if desk.chance(0.5):
        print_vitals(desk, sheet, animal)
    if desk.chance(0.7):
        indent = desk.habit("indent", ("", "      "))
        sheet.prose(f"{desk.complain()} {desk.say('normal', 1, 3)} {desk.theme('exam')}", indent=indent)
        sheet.prose(f"{desk.theme('plan')} {desk.say('advice')}", indent=indent)
    return sheet
