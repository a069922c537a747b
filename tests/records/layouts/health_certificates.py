"""Certificates of health for travel and sale: numbered parts, declarations, stamps; several pages each."""

from collections.abc import Iterator
from datetime import timedelta

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import FULL, print_patient, print_signature, print_vitals
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet, cut_into_pages


@layout("health_certificates", languages=("en", "es", "fr", "de"), separators=("feed", "one", "two", "none"))
def write(desk: Desk) -> Iterator[Sheet]:
    """One for each journey."""
    while True:
        animal = desk.draw_animal(same_owner=0.3)
        for _ in range(desk.pick((1, 1, 2))):
            desk.pass_days(20, 300)
            yield _write_certificate(desk, animal)


def _write_certificate(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consent_legal", animal, width=84, confident=False)
    words = desk.pool["logs"]
    title = desk.habit("title", words["certificate"])
    number = f"{desk.pick('ABHKT')}-{desk.random.randint(10**5, 10**6)}"
    if desk.habit("number first", (True, False)):
        sheet.add(f"No. {number}")
    sheet.head(title)
    for part, heading in enumerate(words["parts"], start=1):
        sheet.skip(desk.habit("airy", (0, 1)))
        sheet.add(f"{part}. {heading.upper() if desk.habit('loud', (True, False)) else heading}")
        if part == 1:
            print_patient(desk, sheet, animal, FULL)
        elif part == 2:
            due = desk.today + timedelta(days=365)
            product = desk.vaccine(animal, due=due)
            sheet.add(f"{product}   {desk.show_date(desk.today)} - {desk.show_date(due)}")
            print_vitals(desk, sheet, animal, weight=False)
            sheet.prose(desk.say("normal", 1, 3))
        else:
            for clause in desk.sentences("legal", 1, 3):
                sheet.prose(f"- {clause}", indent="  ", first="")
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}")
    print_signature(desk, sheet, animal)
    page = desk.pool["table"]
    if desk.habit("paged", (True, False)):
        cut_into_pages(
            sheet,
            length=desk.habit("page", (12, 18)),
            header=lambda at, pages: [f"{number}   {page['page']} {at}/{pages}"],
            first_too=desk.habit("first too", (True, False)),
            feed=desk.habit("page feed", (True, False)),
        )
    return sheet
