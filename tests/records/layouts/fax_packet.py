"""A fax: cover, then papers of two patients, the machine's line at the top of every page, also inside documents."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import (
    FULL,
    USUAL,
    print_bill,
    print_lab_table,
    print_letterhead,
    print_patient,
    print_section,
    print_signature,
    print_vitals,
)
from tests.records.layouts.registry import layout
from tests.records.layouts.running import page_as_fax
from tests.records.sheets import Sheet


@layout("fax_packet", languages=("en", "es", "fr", "de"), separators=("one", "two", "blank_feed", "feed", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Papers of the one patient, then of the other, or by turns."""
    desk.paging = page_as_fax(desk)
    by_turns = desk.chance(0.3)
    while True:
        animals = [desk.draw_animal(same_owner=0.3), desk.draw_animal(same_owner=0.3)]
        if desk.chance(0.75):
            yield _write_cover(desk, animals)
        for index in range(desk.random.randint(8, 16)):
            animal = animals[index % 2 if by_turns else index // 8 % 2]
            desk.pass_days(0, 60)
            yield desk.pick((_write_visit, _write_visit, _write_lab, _write_letter, _write_invoice, _write_form))(
                desk, animal
            )
            if desk.chance(0.04):
                yield Sheet(
                    reason="separator_page",
                    lines=["\f" + desk.pick(desk.pool["fax"]["blanks"])],
                )


def _write_cover(desk: Desk, animals: list[Animal]) -> Sheet:
    sheet = Sheet(reason="fax_cover")
    words, mail, names = desk.pool["fax"], desk.pool["mail"], " / ".join(animal.name for animal in animals)
    receiver = desk.casting.draw_clinic(vets=0).name
    sheet.center(desk.clinic.name)
    sheet.add("", desk.pick(words["titles"]), "")
    sheet.add(f"{mail['to'].upper()}: {receiver}", f"{mail['from'].upper()}: {desk.clinic.name}")
    sent = desk.habit("fax day", (desk.today,))
    sheet.add(f"{desk.label('date').upper()}: {desk.show_date(sent)}", f"{mail['subject'].upper()}: {names}")
    sheet.add(f"{words['pages'].upper()}: {desk.random.randint(6, 40)}", "")
    sheet.prose(words["confidential"])
    return sheet


def _write_visit(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=84)
    if desk.chance(0.5):
        print_letterhead(desk, sheet, desk.clinic, animal)
    if desk.habit("titled", (True, True, False)):
        sheet.head(desk.habit("title", desk.pool["titles"]["consult"]))
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}   {desk.label('vet')}: {desk.vet(animal)}")
    print_patient(desk, sheet, animal, USUAL)
    if desk.chance(0.4):
        sheet.skip()
    print_vitals(desk, sheet, animal, weight=False)
    for label, text in (
        ("complaint", desk.complain()),
        ("history", desk.say("chat", 1, 5)),
        ("exam", f"{desk.say('normal', 3, 8)} {desk.theme('exam')}"),
        ("assessment", f"{desk.problem(animal)}."),
        ("plan", f"{desk.theme('plan', 1, 3)} {desk.say('advice', 1, 3)}"),
    ):
        print_section(desk, sheet, label, text)
    if desk.chance(0.5):
        print_signature(desk, sheet, animal)
    return sheet


def _write_lab(desk: Desk, animal: Animal) -> Sheet:
    lab = desk.casting.draw_clinic(kind="labs", vets=0)
    words = desk.pool["table"]
    sheet = desk.open_sheet("lab_report", animal, width=84)
    sheet.add(lab.name.upper(), f"{lab.address}   {lab.phone}")
    sheet.head(desk.pick(desk.pool["titles"]["lab"]))
    about = f"{desk.label('patient')}: {desk.name(animal)}   {desk.label('owner')}: {desk.fact(animal, 'owner')}"
    sheet.add(f"{about}   {words['accession']}: {desk.random.randint(10**6, 10**7)}")
    sheet.add(f"{words['received']}: {desk.show_date(desk.today)}")
    print_lab_table(desk, sheet, animal, least=8, most=26)
    sheet.prose(f"{desk.label('comments')}: {desk.say('advice')}")
    return sheet


def _write_letter(desk: Desk, animal: Animal) -> Sheet:
    hospital = desk.casting.draw_clinic(kind="hospitals", vets=1)
    sheet = desk.open_sheet("referral", animal, width=84)
    print_letterhead(desk, sheet, hospital, animal)
    sheet.add("", desk.show_date(desk.today), "", f"{desk.pool['mail']['greeting'][1]} {desk.vet(animal)},")
    about = ", ".join(desk.fact(animal, name) for name in ("name", "species", "breed"))
    sheet.add(f"{desk.pool['mail']['subject']}: {about}", "")
    for subject, least, most in (("referral_open", 1, 1), ("chat", 2, 5), ("normal", 2, 6), ("imaging", 1, 4)):
        sheet.prose(desk.say(subject, least, most))
        sheet.skip()
    sheet.prose(f"{desk.theme('plan', 1, 2)} {desk.say('referral_close')}")
    print_signature(desk, sheet, animal, clinic=hospital)
    return sheet


def _write_invoice(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("financial", animal, width=84)
    print_letterhead(desk, sheet, desk.clinic, animal)
    sheet.head(desk.pick(desk.pool["titles"]["invoice"]), shown=None)
    about = f"{desk.label('owner')}: {desk.fact(animal, 'owner')}  {desk.label('patient')}: {desk.name(animal)}"
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}  {about}")
    print_bill(desk, sheet)
    return sheet


def _write_form(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("registration", animal, width=84)
    sheet.head(desk.pick(desk.pool["titles"]["registration"]))
    print_patient(desk, sheet, animal, FULL)
    for question in desk.sentences("questions", 2, 5):
        sheet.add(f"{question}  {desk.pick(('[ ] [x]', '[x] [ ]', '( ) (x)', '______'))}")
    sheet.add(f"____________________   {desk.label('date')}: {desk.show_date(desk.today)}")
    return sheet
