"""A horse practice's papers: field call notes, pre-purchase examinations, Coggins forms, dictated on the road."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_letterhead, print_patient, print_section, print_signature, print_vitals
from tests.records.layouts.registry import layout
from tests.records.layouts.traps import add_after_signature, set_trap
from tests.records.sheets import Sheet

_COGGINS = "EIA (Coggins, AGID)"
_FIELDS = ("name", "species", "breed", "sex", "born", "color", "chip", "owner", "phone")


@layout("equine_field", languages=("en", "es", "fr", "de"), separators=("none", "one", "two", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Of a stable's horses by turns."""
    horses = [desk.draw_animal(kinds=("horse",), same_owner=0.4) for _ in range(desk.random.randint(1, 4))]
    while True:
        if desk.chance(0.07):
            horses = [*horses[-3:], desk.draw_animal(kinds=("horse",), same_owner=0.4)]
        desk.pass_days(1, 60)
        share = desk.random.random()
        write = _write_call if share < 0.7 else _write_purchase if share < 0.85 else _write_test
        yield write(desk, desk.pick(horses))


def _write_call(desk: Desk, horse: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", horse, width=desk.habit("width", (82, 98)), confident=False)
    day = desk.show_date(desk.today)
    style = desk.habit("call", ("run in", "line", "name first", "title"))
    start = ""
    if style == "run in":
        start = f"{day}. {desk.name(horse)}, {desk.fact(horse, 'breed')}, {desk.fact(horse, 'owner')}. "
    elif style == "line":
        sheet.add(f"{day}  {desk.name(horse)}  {desk.fact(horse, 'owner')}")
    elif style == "name first":
        sheet.add(f"{desk.name(horse).upper()} - {day}" if desk.chance(0.5) else f"{desk.name(horse)} - {day}")
    else:
        title = desk.pick(desk.pool["titles"]["reasons"])
        sheet.head(title, shown=f"{title}, {day}, {desk.name(horse)}")
    sheet.prose(f"{start}{desk.complain()} {desk.say('chat', 0, 2)}".rstrip())
    if desk.chance(0.6):
        print_vitals(desk, sheet, horse, weight=desk.chance(0.4))
    sheet.prose(f"{desk.theme('exam', 1, 3)} {desk.theme('plan', 1, 2)}")
    set_trap(desk, sheet, horse, share=0.12, dated=False)
    if desk.habit("signs", (True, False)):
        print_signature(desk, sheet, horse)
        add_after_signature(desk, sheet)
    return sheet


def _write_purchase(desk: Desk, horse: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", horse, width=88, confident=False)
    print_letterhead(desk, sheet, desk.clinic, horse)
    sheet.head(desk.habit("exam title", desk.pool["titles"]["consult"]))
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}")
    print_patient(desk, sheet, horse, _FIELDS)
    parts = {
        "history": desk.say("chat", 1, 3),
        "exam": f"{desk.theme('exam')} {desk.say('normal', 1, 3)}",
        "comments": desk.say("imaging", 1, 3),
        "assessment": desk.conclude(horse, 1, 2),
    }
    for number, (label, text) in enumerate(parts.items(), start=1):
        sheet.skip(desk.habit("airy", (0, 1)))
        print_section(desk, sheet, f"{number}. {desk.label(label)}", text)
    print_signature(desk, sheet, horse)
    return sheet


def _write_test(desk: Desk, horse: Animal) -> Sheet:
    lab = desk.casting.draw_clinic(kind="labs", vets=0)
    sheet = desk.open_sheet("lab_report", horse, width=88)
    sheet.add(lab.name)
    sheet.head(desk.habit("test title", desk.pool["titles"]["lab"]))
    print_patient(desk, sheet, horse, _FIELDS[:7])
    words = desk.pool["table"]
    sheet.add(
        f"{words['received']}: {desk.show_date(desk.today)}   {words['accession']}: {desk.random.randint(10**5, 10**6)}"
    )
    result = desk.pick(("NEGATIVE", "neg."))
    test = desk.ink.write(_COGGINS, kind="lab", animal=horse.number, analyte=_COGGINS, value=result)
    sheet.add(f"{test}: {result}", words["end"])
    return sheet
