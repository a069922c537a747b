"""A practice system's export of many visits, one after the other: headings with private-use glyphs, no separators."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import FULL, print_patient, print_section, print_vitals
from tests.records.layouts.registry import layout
from tests.records.layouts.running import page_as_print
from tests.records.layouts.traps import set_trap
from tests.records.sheets import Sheet

_GLYPHS = ("\ue0b7 ", "\uf073\u00a0", "\u00a0\u00a0", "\uf0f1 ", "\ue801\u00a0", "\u00a0", "", "• ", "> ")
_HEADINGS: tuple[tuple[str, ...], ...] = (  # the lines of a visit's heading
    ("{glyph}{day} - {reason}",),
    ("{glyph}{day} - {reason}",),
    ("{glyph}{day} – {reason}  {vet}",),
    ("{glyph}{day}  {reason}  {vet}",),  # the dash was lost
    ("{glyph}{day}. {reason}. {vet}",),
    ("{glyph}{day}{reason}",),
    ("{glyph}{reason} {day}",),
    ("{glyph}{reason}", "{day} {time}  {vet}"),
    ("{glyph}{day} {time}", "{reason} ({vet})"),
    ("{glyph}{day}", "{reason}"),
    ("{glyph}[{day} {time}] {reason}",),
    ("{glyph}{weekday}, {day}, {time}: {reason}",),
    ("{glyph}{word} {number}   {day}   {reason}",),
    ("{glyph}{word} {day}, {vet}: {reason}",),
    ("{glyph}{word}: {day}   {complaint}: {reason}   {by}: {vet}",),
    ("{date}: {day}", "{complaint}: {reason}", "{by}: {vet}"),
    ("{glyph}{day:<22}{time:<12}{reason:<28}{vet}",),
)


@layout("practice_export", languages=("en", "es", "fr", "de"), separators=("none", "none", "none", "one"), copies=False)
def write(desk: Desk) -> Iterator[Sheet]:
    """One client's sheet, then visits by date; another animal after a while in a long one."""
    if desk.habit("paged", (True, False, False)):
        desk.paging = page_as_print(desk, title=desk.pick(desk.pool["titles"]["export"]))
    while True:
        animal = desk.draw_animal(kinds=("dog", "cat", "rabbit") if "rabbit" in desk.pool["breeds"] else ("dog", "cat"))
        if desk.habit("has sheet", (True, True, False)):
            yield _write_client_sheet(desk, animal)
        for visit, _ in enumerate(desk.list_days(desk.random.randint(25, 60), 3, 120)):
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
    set_trap(desk, sheet, animal, share=0.06, dated=False)
    _print_items(desk, sheet, animal)
    return sheet


def _print_heading(desk: Desk, sheet: Sheet, animal: Animal, reason: str, *, with_name: bool) -> None:
    words = {
        "glyph": desk.habit("glyph", _GLYPHS),
        "day": desk.show_date(desk.today),
        "time": desk.show_time(),
        "reason": reason,
        "vet": desk.vet(animal),
        "weekday": desk.pick(desk.pool["words"]["weekday"]),
        "number": desk.random.randint(1_000, 99_999),
        "word": desk.label("visit"),
        "complaint": desk.label("complaint"),
        "by": desk.label("vet"),
        "date": desk.label("date"),
    }
    sheet.title = reason
    sheet.add(*(line.format(**words) for line in desk.habit("heading", _HEADINGS)))
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
