"""An exotics practice: long husbandry forms, then examination, for birds, reptiles and small mammals."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import USUAL, print_patient, print_section, print_signature
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet, cut_into_pages

_HUSBANDRY = (
    ("Enclosure", ("glass tank, 36 x 18 in", "wire cage", "free in one room", "wooden hutch with run")),
    ("Substrate", ("paper", "tile", "aspen", "fleece", "coconut husk")),
    ("Heat source", ("ceramic emitter", "none", "halogen 75 W", "heat mat on thermostat")),
    ("UVB", ("T5 tube, 5 months old", "none", "compact bulb, age unknown")),
    ("Diet", ("pellets and greens", "seed mix", "crickets, calcium dust", "hay ad lib, few pellets")),
    ("Supplements", ("calcium twice a week", "none", "vitamin powder")),
    ("Water", ("bottle", "bowl, changed daily", "misting")),
    ("Other animals", ("one of the same kind", "none", "two cats in the house")),
)


@layout("exotics_exams", separators=("one", "two", "none", "mixed", "feed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """A husbandry form with examination, then rechecks."""
    while True:
        animal = desk.draw_animal(kinds=("bird", "reptile", "rabbit", "guinea_pig", "ferret"), same_owner=0.2)
        desk.pass_days(1, 40)
        yield _write_first(desk, animal)
        for _ in range(desk.random.randint(0, 3)):
            desk.pass_days(5, 60)
            yield _write_recheck(desk, animal)


def _write_first(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=82)
    title = desk.habit("title", ("EXOTIC PET EXAMINATION", "Avian & Exotic Medical Form", "Exotics Intake and Exam"))
    sheet.head(title)
    sheet.add(f"{desk.label('date')}: {desk.show_date(desk.today)}   {desk.label('vet')}: {desk.vet(animal)}")
    print_patient(desk, sheet, animal, USUAL)
    sheet.skip(desk.habit("airy", (0, 1)))
    sheet.add(desk.habit("husbandry", ("HUSBANDRY", "Husbandry history:", "PART B - HUSBANDRY")))
    leader = desk.habit("leader", (": ", " ..... ", " - "))
    for name, answers in desk.random.sample(_HUSBANDRY, desk.random.randint(4, 8)):
        sheet.add(f"{name}{leader}{desk.pick(answers)}")
    sheet.skip(desk.habit("airy", (0,)))
    for label, text in (
        ("complaint", desk.complain()),
        ("exam", f"{desk.theme('exam', 1, 3)} {desk.say('normal', 1, 2)}"),
        ("assessment", f"{desk.problem(animal)}."),
        ("plan", f"{desk.theme('plan', 1, 3)} {desk.say('advice')}"),
    ):
        print_section(desk, sheet, label, text)
    print_signature(desk, sheet, animal)
    name = animal.name
    if desk.habit("paged", (True, False)):
        cut_into_pages(
            sheet,
            length=desk.habit("page", (16, 24)),
            header=lambda page, pages: [f"{title} / {name}", f"page {page} of {pages}"],
            first_too=False,
            feed=desk.habit("page feed", (True, False)),
        )
    return sheet


def _write_recheck(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=82)
    day, weight = desk.show_date(desk.today), desk.weight(animal)
    style = desk.habit("recheck", ("title", "date", "name"))
    if style == "title":
        sheet.head("Recheck", shown=f"Recheck {day}  {desk.name(animal)}  {desk.label('weight')}: {weight}")
    elif style == "date":
        sheet.add(f"{day} {desk.label('weight')}: {weight}")
    else:
        sheet.add(f"{desk.name(animal)}, {day}", f"{desk.label('weight')}: {weight}")
    sheet.prose(f"{desk.say('followup', 1, 2)} {desk.theme('exam')} {desk.theme('plan')}")
    return sheet
