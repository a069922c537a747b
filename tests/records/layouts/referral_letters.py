"""Letters between vets: the letterhead changes with who writes; some have no title, only a salutation."""

from collections.abc import Iterator

from tests.records.cast import Animal, Clinic
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_patient_line, print_section, print_vitals
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import add_after_signature, set_trap
from tests.records.sheets import Sheet, cut_into_pages


@layout("referral_letters", languages=("en", "es", "fr", "de"), separators=("one", "two", "mixed", "feed", "none"))
def write(desk: Desk) -> Iterator[Sheet]:
    """There and back, of a few patients."""
    hospitals = [desk.casting.draw_clinic(kind="hospitals", vets=2) for _ in range(3)]
    styles = {
        clinic.name: desk.pick(("center", "block", "ruler", "right", "foot")) for clinic in [*hospitals, desk.clinic]
    }
    while True:
        animal = desk.draw_animal(same_owner=0.2)
        for turn in range(desk.random.randint(1, 5)):
            desk.pass_days(2, 40)
            sender = desk.clinic if turn % 2 == 0 else desk.pick(hospitals)
            receiver = desk.pick(hospitals) if turn % 2 == 0 else desk.clinic
            yield _write_letter(desk, animal, sender, receiver, styles[sender.name])


def _print_sender(desk: Desk, sheet: Sheet, animal: Animal, sender: Clinic, style: str) -> None:
    name = desk.clinic_name(animal, clinic=sender)
    if style == "center":
        sheet.center(name, sender.address, sender.phone)
    elif style == "block":
        sheet.add(name, sender.address, sender.phone, sender.email)
    elif style == "ruler":
        sheet.add(f"{name}   {sender.phone}", "_" * sheet.width)
    elif style == "right":
        sheet.add(*(" " * 46 + text for text in (name, sender.address, sender.phone)))
    if style != "foot":
        sheet.skip(desk.pick((0, 1, 1)))


def _write_letter(desk: Desk, animal: Animal, sender: Clinic, receiver: Clinic, style: str) -> Sheet:
    sheet = desk.open_sheet("referral", animal, width=desk.habit("width", (78, 90)))
    _print_sender(desk, sheet, animal, sender, style)
    day = desk.show_date(desk.today)
    place = desk.habit("place", (True, False))
    opening = [f"{sender.address.rsplit(', ')[-1]}, {day}"] if place else [day]
    if desk.chance(0.5):
        opening += [desk.clinic_name(animal, clinic=receiver), receiver.address]
    if desk.chance(0.5):
        opening.reverse()
    sheet.add(*opening)
    if desk.chance(desk.habit("titled", (0.0, 0.5, 1.0))):
        titles = desk.pool["titles"]["referral"]
        sheet.head(desk.pick(titles))
        sheet.confident = sheet.title == titles[0]  # the others name a report as well as a letter
    else:
        sheet.confident = False
    sheet.add(f"{desk.pool['mail']['subject']}: {print_patient_line(desk, animal)}")
    sheet.skip()
    sheet.add(f"{desk.pool['mail']['greeting'][1]} {desk.vet(animal, clinic=receiver)},")
    sheet.prose(f"{desk.say('referral_open')} {desk.complain()} {desk.say('chat', 1, 3)}")
    if desk.chance(0.5):
        sheet.skip()
        print_vitals(desk, sheet, animal)
    for label, text in (
        ("exam", f"{desk.say('normal', 2, 5)} {desk.theme('exam', 1, 2)}"),
        ("comments", desk.say("imaging", 2, 5)),
        ("assessment", f"{desk.problem(animal)}."),
        ("plan", f"{desk.theme('plan', 1, 2)} {desk.say('advice', 1, 2)}"),
    ):
        sheet.skip()
        if desk.habit("headed", (True, False)):
            print_section(desk, sheet, label, text)
        else:
            sheet.prose(text)
    set_trap(desk, sheet, animal, share=0.25)
    sheet.skip()
    sheet.add(desk.say("referral_close"))
    sheet.skip(desk.pick((0, 1, 2)))
    sheet.add(desk.vet(animal, clinic=sender))
    if style == "foot":
        sheet.add(sender.name, f"{sender.address} - {sender.phone}")
    add_after_signature(desk, sheet)
    if desk.habit("continues", (False, True)):
        name = animal.name
        cut_into_pages(
            sheet,
            length=desk.habit("page", (24, 34)),
            header=lambda page, pages: [f"{name} - {day} - {page}/{pages}", ""],
            first_too=False,
            feed=desk.habit("page feed", (True, False)),
        )
    return sheet
