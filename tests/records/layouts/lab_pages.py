"""A reference laboratory's reports: tables over several pages, the header again on each, amended ones among them."""

from collections.abc import Iterator

from tests.records.cast import Animal, Clinic
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_lab_table, print_patient
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet, cut_into_pages


@layout("lab_pages", languages=("en", "es", "fr", "de"), separators=("feed", "blank_feed", "one", "two", "none"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Reports by date; every tenth comes again, amended."""
    lab = desk.casting.draw_clinic(kind="labs", vets=2)
    animals = desk.get_animals(most=3)
    while True:
        if desk.chance(0.1):
            animals = [*animals[-2:], desk.draw_animal()]
        animal = desk.pick(animals)
        desk.pass_days(1, 90)
        sheet = _write_report(desk, animal, lab, amended=False)
        yield sheet
        if desk.chance(0.1):
            desk.pass_days(1, 3)
            again = _write_report(desk, animal, lab, amended=True)
            again.amends = sheet
            yield again


def _write_report(desk: Desk, animal: Animal, lab: Clinic, *, amended: bool) -> Sheet:
    words = desk.pool["table"]
    sheet = desk.open_sheet("lab_report", animal)
    title = desk.pick(desk.pool["titles"]["lab"])
    accession = desk.random.randint(10**6, 10**7)
    style = desk.habit("top", ("lab first", "title first", "table only"))
    if style != "title first":
        sheet.add(lab.name, f"{lab.address}   {lab.phone}")
    if style != "table only":
        sheet.head(title, shown=f"{title} - {words['amended']}" if amended else None)
        if amended:
            sheet.title = f"{title} - {words['amended']}"
    print_patient(desk, sheet, animal, ("name", "owner", "species", "breed", "sex", "born"))
    sheet.add(
        f"{words['received']}: {desk.show_date(desk.today)}   {words['accession']}: {accession}"
        f"   {desk.label('vet')}: {desk.vet(animal)}"
    )
    for panel in desk.random.sample(desk.pool["rows"]["panels"], desk.random.randint(1, 3)):
        if desk.habit("airy", (True, False)):
            sheet.skip()
        sheet.add(panel.upper() if desk.habit("upper", (True, False)) else panel)
        print_lab_table(desk, sheet, animal, least=6, most=20)
    sheet.prose(f"{desk.label('comments')}: {desk.say('imaging_conclusion')}")
    sheet.add(words["end"])
    name, owner = animal.name, animal.owner.last
    day = desk.show_date(desk.today)
    cut_into_pages(
        sheet,
        length=desk.habit("page", (22, 30, 40)),
        header=lambda page, pages: [
            f"{lab.name}   {name} ({owner})   {accession}",
            f"{day}    {words['page']} {page} {words['of']} {pages}",
        ],
        footer=lambda page, pages: [f"{words['page']} {page}/{pages}"] if desk.habit("foot", (True, False)) else [],
        first_too=desk.habit("first too", (True, False)),
        feed=desk.habit("page feed", (True, False)),
    )
    return sheet
