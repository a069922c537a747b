"""Passports for pets, section by section with roman numbers: one document of several pages each."""

from collections.abc import Iterator
from datetime import timedelta

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.ink import pad
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet, cut_into_pages


@layout("pet_passports", languages=("en", "es", "fr", "de"), separators=("feed", "one", "two", "none"))
def write(desk: Desk) -> Iterator[Sheet]:
    """A passport an animal."""
    while True:
        animal = desk.draw_animal(kinds=("dog", "cat"), same_owner=0.4)
        desk.pass_days(20, 200)
        yield _write_passport(desk, animal)


def _write_passport(desk: Desk, animal: Animal) -> Sheet:
    words = desk.pool["passport"]
    sheet = desk.open_sheet("vaccination_certificate", animal, width=80, confident=False)
    number = f"{desk.language.upper()}-{desk.random.randint(10**5, 10**7)}"
    title = desk.habit("title", desk.pool["titles"]["passport"])
    sheet.head(title, shown=title if desk.habit("plain", (True, False)) else f"{title}   {number}")
    facts = [
        ["owner", "address", "phone"],
        ["name", "species", "breed", "sex", "born", "color"],
        ["chip"],
    ]
    for index, section in enumerate(words["sections"]):
        sheet.skip(desk.habit("airy", (0, 1)))
        sheet.add(f"{('I', 'II', 'III', 'IV', 'V', 'VI')[index]}. {section}")
        if index < len(facts):
            for place, name in enumerate(facts[index], start=1):
                label = desk.label("patient" if name == "name" else name)
                prefix = f"{place}. " if desk.habit("numbered", (True, False)) else ""
                sheet.add(f"{prefix}{label}: {desk.fact(animal, name)}")
        elif index == 3:
            sheet.add(
                f"{desk.vet(animal)}", f"{desk.clinic_name(animal)}, {desk.clinic.address}", desk.show_date(desk.today)
            )
        else:
            _print_doses(desk, sheet, animal, rabies=index == 4)
    page = desk.pool["table"]
    if desk.habit("paged", (True, False)):
        cut_into_pages(
            sheet,
            length=desk.habit("page", (8, 13)),
            header=lambda at, pages: [],
            footer=lambda at, pages: [f"{number}    {page['page']} {at} {page['of']} {pages}"],
            feed=desk.habit("page feed", (True, False)),
        )
    return sheet


def _print_doses(desk: Desk, sheet: Sheet, animal: Animal, *, rabies: bool) -> None:
    day = desk.today - timedelta(days=desk.random.randint(0, 900))
    for _ in range(desk.random.randint(2, 5)):
        due = day + timedelta(days=365)
        product = desk.vaccine(animal, due=due, given=day, product=desk.pool["passport"]["rabies"] if rabies else None)
        dates = f"{pad(desk.show_date(day), 20)}{pad(desk.show_date(due), 20)}"
        sheet.add(f"{pad(product, 26)}{dates}{desk.vet(animal)}")
        day += timedelta(days=desk.random.randint(200, 380))
