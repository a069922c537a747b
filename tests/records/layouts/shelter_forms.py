"""A shelter's intake and medical forms with a running header on every page."""

from collections.abc import Iterator
from datetime import timedelta

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_vitals
from tests.records.layouts.registry import layout
from tests.records.sheets import Paging, Sheet

_FORMS = (
    "INTAKE FORM",
    "Intake Exam",
    "VACCINATION / TREATMENT RECORD",
    "Behavior Assessment",
    "Spay/Neuter Surgery Record",
    "Foster Agreement",
    "Medical Exam Form",
    "Adoption Summary",
    "Kennel Observation Sheet",
)


@layout("shelter_forms", separators=("none", "one", "mixed", "feed"))
def write(desk: Desk) -> Iterator[Sheet]:
    """The forms of one animal after the other."""
    shelter = desk.casting.draw_clinic(kind="shelters", vets=3)
    desk.clinic = shelter
    stamp = desk.show_date(desk.today)
    style = desk.habit("running", ("name", "number", "both", "foot"))

    def head(page: int, pages: int, sheet: Sheet) -> list[str]:
        animal = desk.animals[sheet.animal] if sheet.animal is not None else None
        code = f"A{70_000 + 31 * (animal.number if animal else 0)}"
        if style == "name":
            return [f"{shelter.name}      Animal: {animal.name if animal else ''}      Page {page} of {pages}", ""]
        if style == "number":
            return [f"{shelter.name} - Animal ID {code} - printed {stamp}", "-" * 78]
        if style == "both":
            return [
                shelter.name,
                f"{shelter.address}  {shelter.phone}",
                f"ID# {code}   {animal.name if animal else ''}",
            ]
        return [shelter.name.upper()]

    def foot(page: int, pages: int, sheet: Sheet) -> list[str]:
        return [f"Form rev. 4/17         {page}/{pages}"] if style in ("foot", "both") else []

    length = desk.habit("length", (26, 34, 42, 54))
    desk.paging = Paging(length=length, header=head, footer=foot, feed=desk.habit("feed", (True, False)))
    while True:
        animal = desk.draw_animal(kinds=("dog", "cat"), same_owner=0.0)
        for form in _FORMS[: desk.random.randint(3, 9)]:
            desk.pass_days(0, 9)
            yield _write_form(desk, animal, form)


def _write_form(desk: Desk, animal: Animal, form: str) -> Sheet:
    types = {"INTAKE FORM": "registration", "Foster Agreement": "consent_legal", "Adoption Summary": "other"}
    types |= {
        "VACCINATION / TREATMENT RECORD": "vaccination_certificate",
        "Spay/Neuter Surgery Record": "surgery_anesthesia",
    }
    sheet = desk.open_sheet(types.get(form, "consult_note"), animal, width=78)
    sheet.confident = form in ("INTAKE FORM", "Foster Agreement", "Spay/Neuter Surgery Record")
    if desk.habit("centered", (True, False)):
        sheet.center(form)
        sheet.title = form
    else:
        sheet.head(form)
    sheet.add(f"Date: {desk.show_date(desk.today)}    Staff: {desk.pick(desk.pool['names']['first'])}")
    sheet.add(
        f"Name: {desk.name(animal)}    Species: {desk.fact(animal, 'species')}    Sex: {desk.fact(animal, 'sex')}"
    )
    if form == "INTAKE FORM":
        _print_intake(desk, sheet, animal)
    elif "VACC" in form:
        _print_treatments(desk, sheet, animal)
    elif form == "Spay/Neuter Surgery Record":
        sheet.add(f"Weight {desk.weight(animal)}   ASA 1 2 3   Surgeon {desk.vet(animal)}")
        sheet.prose(f"{desk.say('anesthesia', 1, 3)} {desk.say('surgery', 2, 5)}")
        sheet.add("[x] tattoo  [ ] cryptorchid  [ ] pregnant  [x] pain injection given")
    elif form == "Foster Agreement":
        for number, clause in enumerate(desk.sentences("legal", 3, 6), start=1):
            sheet.prose(f"{number}. {clause}", indent="   ", first="")
        sheet.add("", "Foster signature: ______________________   Date: __________")
    elif form in ("Behavior Assessment", "Kennel Observation Sheet"):
        for sentence in desk.sentences("behavior", 3, 8):
            sheet.prose(f"- {sentence}")
        sheet.add("Score: 1 2 3 (4) 5", "OVERALL: " + desk.pick(("PASS", "RECHECK IN 3 DAYS", "STAFF ONLY")))
    else:
        print_vitals(desk, sheet, animal)
        for system in desk.sentences("system", 5, 12):
            sheet.add(f"[x] NORMAL [ ] ABN   {system}")
        sheet.prose(f"Notes: {desk.theme('exam', 1, 2)} {desk.theme('plan', 1, 2)}")
        sheet.add(f"Examiner: {desk.vet(animal)}")
    if desk.chance(0.4):
        sheet.skip()
        sheet.prose(f"COMMENTS: {desk.say('followup', 1, 2)}")
    return sheet


def _print_intake(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    sheet.add(f"Breed: {desk.fact(animal, 'breed')}    Color: {desk.fact(animal, 'color')}")
    sheet.add("INTAKE TYPE:  [x] Stray  [ ] Owner surrender  [ ] Transfer  [ ] Seized")
    sheet.add(f"Microchip scanned:  [x] yes  [ ] no    Chip No.: {desk.fact(animal, 'chip')}")
    sheet.add(f"Where found: {desk.pick(desk.pool['names']['streets'])}, {desk.pick(desk.pool['names']['towns'])}")
    sheet.add(
        "Bite history:  [ ] yes  [x] no  [ ] unknown", "PREVIOUS OWNER", "Name: ______________   Phone: ______________"
    )
    sheet.prose(f"Remarks: {desk.say('chat', 1, 3)}")


def _print_treatments(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    sheet.add("DATE          PRODUCT                 LOT        DUE           BY")
    for _ in range(desk.random.randint(2, 8)):
        due = desk.today + timedelta(days=desk.pick((14, 21, 365)))
        product = desk.vaccine(animal, due=due)
        initials = f"{desk.pick('abcdkmr')}{desk.pick('lstw')}"
        lot = desk.random.randint(1000, 99999)
        sheet.add(f"{desk.show_date(desk.today):<14}{product}   {lot}   {desk.show_date(due)}   {initials}")
