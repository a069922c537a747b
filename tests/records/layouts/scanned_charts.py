"""A paper chart that was scanned: papers of many hands and kinds, one to four pages each, their own page counters."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import (
    USUAL,
    print_bill,
    print_lab_table,
    print_letterhead,
    print_patient,
    print_patient_line,
    print_section,
    print_signature,
    print_vitals,
)
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import add_after_signature, set_trap
from tests.records.sheets import Sheet, cut_into_pages

_KINDS = {
    "consult": "consult_note",
    "lab": "lab_report",
    "imaging": "imaging",
    "surgery": "surgery_anesthesia",
    "invoice": "financial",
    "consent": "consent_legal",
    "discharge": "discharge",
    "pathology": "pathology",
}


@layout("scanned_charts", languages=("en", "es", "fr", "de"), separators=("feed", "blank_feed", "one", "none", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Papers by date, a blank back of a page now and then."""
    blank = desk.habit("blank", (0.0, 0.1, 0.25))
    while True:
        animal = desk.draw_animal(same_owner=0.3)
        for _ in range(desk.random.randint(5, 25)):
            desk.pass_days(0, 60)
            yield _write_paper(desk, animal, desk.pick(tuple(_KINDS)))
            if desk.chance(blank):
                yield Sheet(reason="blank", lines=["\f", desk.pick((".", "'  .", "-")), ""])


def _write_paper(desk: Desk, animal: Animal, kind: str) -> Sheet:
    sheet = desk.open_sheet(_KINDS[kind], animal, width=desk.pick((76, 88)))
    if desk.chance(0.5):
        sender = desk.clinic if desk.chance(0.6) else desk.casting.draw_clinic(kind=desk.pick(("clinics", "hospitals")))
        print_letterhead(desk, sheet, sender, animal)
        sheet.skip(desk.pick((0, 1)))
    title = desk.pick(desk.pool["titles"][kind])
    sheet.head(title, shown=desk.pick((None, title.upper() if title.isupper() else None)))
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}" if desk.chance(0.6) else desk.show_date(desk.today))
    if desk.chance(0.6):
        print_patient(desk, sheet, animal, USUAL)
    else:
        sheet.add(print_patient_line(desk, animal))
    _print_body(desk, sheet, animal, kind)
    if kind not in ("invoice", "lab"):
        print_signature(desk, sheet, animal)
        add_after_signature(desk, sheet)
    _count_pages(desk, sheet, animal, title)
    return sheet


def _print_body(desk: Desk, sheet: Sheet, animal: Animal, kind: str) -> None:
    if kind == "lab":
        print_lab_table(desk, sheet, animal, least=10, most=28)
    elif kind == "invoice":
        print_bill(desk, sheet, most=11)
    elif kind == "consent":
        for number, clause in enumerate(desk.sentences("legal", 3, 6), start=1):
            sheet.prose(f"{number}. {clause}")
    else:
        if kind == "consult":
            print_vitals(desk, sheet, animal, weight=False)
        subject = kind if kind in ("imaging", "surgery", "pathology", "discharge") else "normal"
        print_section(desk, sheet, "history", f"{desk.complain()} {desk.say('chat', 2, 6)}")
        sheet.skip(desk.pick((0, 1)))
        print_section(desk, sheet, "exam", desk.say(subject, 3, 10))
        set_trap(desk, sheet, animal, share=0.3)
        print_section(desk, sheet, "assessment", f"{desk.problem(animal)}.")
        sheet.skip(desk.pick((0, 1)))
        print_section(desk, sheet, "plan", f"{desk.theme('plan', 1, 3)} {desk.say('advice', 1, 4)}")


def _count_pages(desk: Desk, sheet: Sheet, animal: Animal, title: str) -> None:
    words, name = desk.pool["table"], animal.name
    style = desk.pick(("none", "foot", "head", "both"))
    if style == "none":
        return

    def head(page: int, pages: int) -> list[str]:
        return [f"{name}   {title}   {words['page']} {page} {words['of']} {pages}"] if style != "foot" else []

    def foot(page: int, pages: int) -> list[str]:
        return [f"{words['page']} {page} {words['of']} {pages}"] if style != "head" else []

    cut_into_pages(
        sheet,
        length=desk.pick((14, 22, 30)),
        header=head,
        footer=foot,
        feed=desk.chance(0.6),
        first_too=desk.chance(0.3),
    )
