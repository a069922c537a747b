"""A practice system's export of many visits, one after the other: headings with private-use glyphs, no separators."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import FULL, print_patient, print_section, print_vitals
from tests.records.layouts.registry import layout
from tests.records.layouts.running import page_as_print
from tests.records.sheets import Sheet

_GLYPHS = ("\ue0b7 ", "\uf073\u00a0", "\u00a0\u00a0", "\uf0f1 ", "\ue801\u00a0", "\u00a0", "", "• ", "> ")
_HEADINGS = ("dash", "lost dash", "two lines", "reason first", "date alone", "labels", "brackets", "vet", "columns")


@layout("practice_export", languages=("en", "es", "fr", "de"), separators=("none", "none", "none", "one"), copies=False)
def write(desk: Desk) -> Iterator[Sheet]:
    """One client's sheet, then visits by date; another animal after a while in a long one."""
    if desk.habit("paged", (True, False, False)):
        desk.paging = page_as_print(desk, title=desk.pick(desk.pool["titles"]["export"]))
    while True:
        animal = desk.draw_animal(kinds=("dog", "cat", "rabbit") if "rabbit" in desk.pool["breeds"] else ("dog", "cat"))
        if desk.habit("has sheet", (True, True, False)):
            yield _write_client_sheet(desk, animal)
        for visit in range(desk.random.randint(25, 60)):
            desk.pass_days(3, 120)
            yield _write_visit(desk, animal, first=visit == 0)


def _write_client_sheet(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("registration", animal, confident=False)
    sheet.head(desk.pick(desk.pool["titles"]["export"]))
    sheet.add(desk.clinic_name(animal))
    print_patient(desk, sheet, animal, FULL)
    sheet.date = None
    sheet.add(f"{desk.label('allergies')}: {desk.allergy(animal)}")
    return sheet


def _write_visit(desk: Desk, animal: Animal, *, first: bool) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=desk.habit("width", (88, 100, 112)))
    reason = desk.pick(desk.pool["titles"]["reasons"])
    _print_heading(desk, sheet, animal, reason, with_name=first and not desk.habit("has sheet", (True,)))
    shape = desk.habit("body", ("sections", "notes", "mixed", "short"))
    if shape == "mixed":
        shape = desk.pick(("sections", "notes", "short"))
    if desk.chance(0.6):
        print_vitals(desk, sheet, animal)
    if shape == "sections":
        print_section(desk, sheet, "history", f"{desk.complain()} {desk.say('chat', 0, 2)}".strip())
        print_section(desk, sheet, "exam", f"{desk.theme('exam')} {desk.say('normal', 1, 4)}")
        print_section(desk, sheet, "assessment", desk.problem(animal) + ".")
        print_section(desk, sheet, "plan", f"{desk.theme('plan', 1, 2)} {desk.say('advice', 0, 2)}".strip())
    elif shape == "notes":
        sheet.prose(f"{desk.complain()} {desk.theme('exam')} {desk.say('normal', 0, 3)}")
        sheet.prose(f"{desk.theme('plan', 1, 2)} {desk.say('advice', 0, 1)}")
    else:
        sheet.prose(desk.say("followup"))
        if desk.chance(0.5):
            sheet.prose(desk.say("advice"))
    _print_items(desk, sheet, animal)
    return sheet


def _print_heading(desk: Desk, sheet: Sheet, animal: Animal, reason: str, *, with_name: bool) -> None:
    glyph, style = desk.habit("glyph", _GLYPHS), desk.habit("heading", _HEADINGS)
    day, time, vet = desk.show_date(desk.today), desk.show_time(), desk.vet(animal)
    word = desk.label("visit")
    sheet.title = reason
    if style == "dash":
        sheet.add(f"{glyph}{day} - {reason}")
    elif style == "lost dash":
        sheet.add(f"{glyph}{day}  {reason}  {vet}" if desk.chance(0.5) else f"{glyph}{day} – {reason}  {vet}")
    elif style == "two lines":
        sheet.add(f"{glyph}{day} {time}", f"{reason} ({vet})")
    elif style == "reason first":
        sheet.add(f"{glyph}{reason} {day}")
    elif style == "date alone":
        sheet.add(f"{glyph}{day}", reason)
    elif style == "labels":
        sheet.add(f"{glyph}{word}: {day}   {desk.label('complaint')}: {reason}   {desk.label('vet')}: {vet}")
    elif style == "brackets":
        sheet.add(f"{glyph}[{day} {time}] {reason}")
    elif style == "columns":
        sheet.add(f"{glyph}{day:<22}{time:<12}{reason:<28}{vet}")
    else:
        sheet.add(f"{glyph}{word} {day}, {vet}: {reason}")
    if with_name:
        sheet.add(f"{desk.label('patient')}: {desk.name(animal)}")


def _print_items(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    if desk.chance(0.25):
        medication = desk.medicate(animal)
        sheet.add(f"{desk.label('medications')}: {medication.line}")
    if desk.chance(0.15):
        sheet.add(f"{desk.pool['table']['vaccine']}: {desk.vaccine(animal)}")
    if desk.chance(0.1):
        for row in desk.lab_rows(animal, 2, 6):
            sheet.add(f"  {row.analyte} {row.value} {row.unit} ({row.low} - {row.high}) {row.flag}".rstrip())
