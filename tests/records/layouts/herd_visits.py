"""Farm visits: a report a visit with rows of animals by tag, treatments with withdrawal times, notes on single ones."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.ink import pad
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("herd_visits", separators=("none", "one", "two", "feed", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Visits by date at one farm, and a letter about a single animal now and then."""
    herd = [desk.draw_animal(kinds=("cattle", "goat"), same_owner=1.0) for _ in range(desk.random.randint(3, 8))]
    while True:
        desk.pass_days(3, 30)
        yield _write_single(desk, desk.pick(herd)) if desk.chance(0.3) else _write_visit(desk, herd)


def _print_head(desk: Desk, sheet: Sheet, title: str, who: str) -> None:
    style, day = desk.habit("head", ("title", "date", "labels")), desk.show_date(desk.today)
    if style == "title":
        sheet.head(title, shown=f"{title}  {day}")
        sheet.add(who)
    elif style == "date":
        sheet.add(f"{day}  {who}")
    else:
        sheet.head(title)
        sheet.add(f"Date: {day}   Farm call", who)


def _write_visit(desk: Desk, herd: list[Animal]) -> Sheet:
    sheet = desk.open_sheet("consult_note", herd[0], width=90, confident=False)
    sheet.animal = None
    _print_head(
        desk,
        sheet,
        desk.habit("title", ("HERD HEALTH VISIT", "Farm Visit Report", "Herd check")),
        f"Client: {desk.fact(herd[0], 'owner')}",
    )
    if desk.habit("table", (True, True, False)):
        sheet.add("Tag    Name            DIM   Finding")
    for animal in desk.random.sample(herd, desk.random.randint(2, len(herd))):
        desk.turn_to(animal)
        row = f"{100 + 7 * animal.number:<7}{pad(desk.name(animal), 16)}{desk.random.randint(1, 300):<6}"
        sheet.add(f"{row}{desk.problem(animal)}")
        if desk.chance(0.4):
            sheet.prose(desk.medicate(animal).line, indent="       ")
    sheet.prose(f"General: {desk.theme('exam', 1, 2)} {desk.theme('plan')}")
    checked, empty = desk.random.randint(4, 40), desk.random.randint(0, 9)
    sheet.add(f"Preg checks: {checked}, open: {empty}. Next visit {desk.fill('{next_date}')}.")
    sheet.add(desk.vet(herd[0]))
    return sheet


def _write_single(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("consult_note", animal, width=90)
    _print_head(
        desk,
        sheet,
        desk.habit("single", ("Individual animal note", "TREATMENT NOTE", "Sick animal exam")),
        f"Animal: {desk.name(animal)} ({desk.fact(animal, 'breed')})   Client: {desk.fact(animal, 'owner')}",
    )
    sheet.prose(f"{desk.complain()} {desk.theme('exam', 1, 3)}")
    names = ("temperature", "heart_rate", "respiratory_rate")
    sheet.add("  ".join(f"{letter} {desk.vital(animal, name)}" for letter, name in zip("TPR", names, strict=True)))
    sheet.prose(f"{desk.problem(animal)}. {desk.theme('plan', 1, 2)}")
    return sheet
