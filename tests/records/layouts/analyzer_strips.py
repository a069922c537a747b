"""Printouts of the analyser in the house: narrow strips, a head of machine and sample, then the values."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.ink import pad
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet

_MACHINES = ("VetScanner 3", "HemoLine V5", "ChemStation DX", "ProLyte Vet")


@layout("analyzer_strips", languages=("en", "es", "fr", "de"), separators=("none", "none", "one", "ruler", "mixed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Samples of a few animals by turns."""
    animals = desk.get_animals(least=1, most=4)
    while True:
        if desk.chance(0.1):
            animals = [*animals[-3:], desk.draw_animal()]
        desk.pass_days(0, 25)
        yield _write_strip(desk, desk.pick(animals))


def _write_strip(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("lab_report", animal, width=48)
    words, panel = desk.pool["table"], desk.pick(desk.pool["rows"]["panels"])
    machine = desk.pick(_MACHINES)
    top = [
        f"{desk.label('patient')}: {desk.name(animal)}",
        f"{desk.label('owner')}: {desk.fact(animal, 'owner')}",
        f"{desk.label('species')}: {desk.fact(animal, 'species')}",
        f"{desk.label('date')}: {desk.show_date(desk.today)} {desk.show_time()}",
    ]
    style = desk.habit("top", ("machine", "panel", "sample", "plain"))
    if style == "machine":
        sheet.head(machine)
        sheet.add(*top, panel)
    elif style == "panel":
        sheet.head(panel, shown=f"** {panel} **")
        sheet.add(*top)
    elif style == "sample":
        sample = f"{words['accession']} {desk.random.randint(1, 9999):04}"
        sheet.add(f"{sample}   {desk.show_date(desk.today)} {desk.show_time()}")
        sheet.add(*top[:3])
    else:
        sheet.add(*top)
    for row in desk.lab_rows(animal, 4, 18):
        cells = f"{pad(row.analyte, 20)}{row.value:>8} {row.unit:<9}"
        sheet.add(f"{cells}{row.low}-{row.high} {row.flag}".rstrip())
    if desk.habit("quality", (True, False)):
        sheet.add("HEM 0  LIP 0  ICT 0", f"S/N {desk.habit('serial', ('00417', '22318', '90551'))}")
    return sheet
