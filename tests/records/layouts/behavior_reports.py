"""Consultations about behaviour: questionnaires with answers, and long reports to the owner."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import SHORT, print_patient, print_section, print_signature
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import set_trap
from tests.records.sheets import Sheet


@layout("behavior_reports", languages=("en", "es", "fr", "de"), separators=("one", "two", "mixed", "feed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """A questionnaire, a report, follow-ups."""
    while True:
        animal = desk.draw_animal(kinds=("dog", "cat"), same_owner=0.1)
        for part in range(desk.random.randint(1, 4)):
            desk.pass_days(3, 40)
            yield _write_questions(desk, animal) if part == 0 else _write_report(desk, animal, again=part > 1)


def _write_questions(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=84, confident=False)
    sheet.head(desk.habit("title", desk.pool["titles"]["behavior"]))
    print_patient(desk, sheet, animal, SHORT)
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}")
    questions = desk.sentences("questions", 3, 6)
    for number, question in enumerate(questions, start=1):
        sheet.skip(desk.habit("airy", (0, 1)))
        sheet.add(f"{number}. {question}")
        sheet.prose(desk.say("behavior", 1, 3), indent=desk.habit("indent", ("", "   ")))
    return sheet


def _write_report(desk: Desk, animal: Animal, *, again: bool) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=84)
    if desk.habit("report titled", (True, False)):
        sheet.head(desk.pick(desk.pool["titles"]["behavior"]))
    sheet.add(
        f"{desk.show_date(desk.today)}   "
        f"{desk.name(animal)}, {desk.fact(animal, 'breed')}, {desk.fact(animal, 'owner')}"
    )
    sheet.skip()
    print_section(
        desk, sheet, "history", f"{desk.say('followup') if again else desk.say('chat')} {desk.say('behavior', 2, 4)}"
    )
    sheet.skip()
    print_section(desk, sheet, "exam", f"{desk.say('normal', 1, 3)} {desk.say('behavior', 1, 3)}")
    set_trap(desk, sheet, animal, share=0.3)
    sheet.skip()
    print_section(
        desk, sheet, "plan", f"{desk.say('behavior', 1, 3)} {desk.medicate(animal).line}. {desk.say('advice', 1, 2)}"
    )
    print_signature(desk, sheet, animal)
    return sheet
