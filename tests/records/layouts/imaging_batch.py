"""A teleradiology service's reports, one of each of several patients, with blank pages between them."""

from collections.abc import Iterator

from tests.records.cast import Animal, Clinic
from tests.records.desk import Desk
from tests.records.layouts.blocks import SHORT, print_letterhead, print_patient, print_section
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet, cut_into_pages


@layout("imaging_batch", languages=("en", "es", "fr", "de"), separators=("feed", "one", "two", "none", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Reports; in some records an empty page with nothing but its number behind one."""
    service = desk.casting.draw_clinic(kind="hospitals", vets=4)
    blank = desk.habit("blank pages", (0.0, 0.3, 0.6))
    while True:
        animal = desk.draw_animal(same_owner=0.1)
        for _ in range(desk.pick((1, 1, 2))):
            desk.pass_days(0, 20)
            yield _write_report(desk, animal, service)
            if desk.chance(blank):
                yield Sheet(reason="blank", lines=["\f", *[""] * desk.random.randint(1, 6), _number(desk, 2, 2), ""])


def _number(desk: Desk, page: int, pages: int) -> str:
    words = desk.pool["table"]
    return f"{words['page']} {page} {words['of']} {pages}" if desk.habit("of", (True, False)) else f"- {page} -"


def _write_report(desk: Desk, animal: Animal, service: Clinic) -> Sheet:
    sheet = desk.open_sheet("imaging", animal, width=desk.habit("width", (80, 96)))
    titled = desk.habit("titled", (True, True, True, False))
    if desk.habit("head", (True, False)):
        print_letterhead(desk, sheet, service, animal)
    if titled:
        sheet.head(desk.habit("title", desk.pool["titles"]["imaging"]))
    print_patient(desk, sheet, animal, SHORT)
    sheet.add(
        f"{desk.label('date')}: {desk.show_date(desk.today)}    {desk.label('clinic')}: {desk.clinic_name(animal)}"
    )
    if desk.habit("airy", (True, False)):
        sheet.skip()
    print_section(desk, sheet, "history", desk.complain())
    findings = desk.sentences("imaging", 4, 10)
    if desk.habit("paragraphs", (True, False)):
        print_section(desk, sheet, "exam", " ".join(findings[:3]))
        sheet.skip()
        sheet.prose(" ".join(findings[3:]))
    else:
        print_section(desk, sheet, "exam", " ".join(findings))
    print_section(desk, sheet, "assessment", desk.conclude(animal, 1, 2))
    if desk.chance(0.5):
        print_section(desk, sheet, "comments", desk.say("advice", 1, 2))
    sheet.add(desk.vet(animal, who=desk.pick(service.vets)))
    if desk.chance(0.12):
        sheet.skip()
        sheet.prose(desk.say("amendment"))
    if desk.habit("paged", (True, False)):
        name = animal.name
        cut_into_pages(
            sheet,
            length=desk.habit("page", (14, 20, 28)),
            header=lambda page, pages: [f"{name}   {_number(desk, page, pages)}"],
            first_too=False,
            feed=desk.habit("page feed", (True, False)),
        )
    return sheet
