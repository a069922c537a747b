"""A practice system's time line: small entries of all kinds, each with day, time and kind in its heading."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_bill, print_vitals
from tests.records.layouts.registry import layout
from tests.records.layouts.running import page_as_print
from tests.records.sheets import Sheet

_KINDS = {  # the pool's title: type of document
    "consult": "consult_note",
    "lab": "lab_report",
    "phone": "communication",
    "prescription": "prescription",
    "invoice": "financial",
    "imaging": "imaging",
}
_HEADINGS = (
    "{day} {time} | {kind} | {by}",
    "{kind} - {day} {time} - {by}",
    "[{kind}] {day} {by}",
    "{day}   {kind}",
    "\uf017 {day} {time}\u00a0 {kind} ({by})",
    "=== {kind} {day} ===",
    "{day} {time} {by} >> {kind}",
)


@layout("chart_timeline", languages=("en", "es", "fr", "de"), separators=("none", "none", "one", "mixed"), copies=False)
def write(desk: Desk) -> Iterator[Sheet]:
    """Entries by date, of one animal for a while; newest first in some."""
    if desk.habit("paged", (True, False)):
        desk.paging = page_as_print(desk, title=desk.pick(desk.pool["titles"]["export"]))
    while True:
        animal = desk.draw_animal(same_owner=0.4)
        for _ in desk.list_days(desk.random.randint(12, 70), 0, 50):
            yield _write_entry(desk, animal, desk.pick(tuple(_KINDS)))


def _write_entry(desk: Desk, animal: Animal, kind: str) -> Sheet:
    sheet = desk.open_sheet(_KINDS[kind], animal, width=desk.habit("width", (80, 100)))
    title = desk.habit(f"kind {kind}", desk.pool["titles"][kind])
    heading = desk.habit("heading", _HEADINGS)
    words = {"day": desk.show_date(desk.today), "time": desk.show_time(), "kind": title, "by": desk.vet(animal)}
    sheet.head(title, shown=heading.format(**words))
    if desk.habit("named", (True, False, False)):
        sheet.add(f"{desk.name(animal)} / {desk.fact(animal, 'owner')}")
    if kind == "consult":
        if desk.chance(0.6):
            print_vitals(desk, sheet, animal)
        sheet.prose(f"{desk.complain()} {desk.say('normal', 1, 4)} {desk.theme('exam')}")
        sheet.prose(f"{desk.label('assessment')}: {desk.problem(animal)}. {desk.theme('plan')}")
    elif kind == "lab":
        for row in desk.lab_rows(animal, 2, 8):
            sheet.add(f"{row.analyte} {row.value} {row.unit} ({row.low} - {row.high}) {row.flag}".rstrip())
    elif kind == "phone":
        sheet.prose(desk.say("phone", 1, 2))
    elif kind == "prescription":
        sheet.prose(desk.medicate(animal).line)
    elif kind == "invoice":
        print_bill(desk, sheet, most=5)
    else:
        sheet.prose(f"{desk.say('imaging', 2, 5)} {desk.say('imaging_conclusion')}")
    return sheet
