"""What many papers have, each in several prints: letterhead, patient's block, vital signs, sections, tables."""

from collections.abc import Sequence

from tests.records.cast import Animal, Clinic
from tests.records.desk import Desk
from tests.records.ink import measure, pad
from tests.records.sheets import Sheet

FULL = ("name", "species", "breed", "sex", "born", "color", "weight", "chip", "owner", "phone", "address", "email")
USUAL = ("name", "species", "breed", "sex", "born", "weight", "owner", "phone")
SHORT = ("name", "owner", "species", "breed", "sex")
_LABELS = {"name": "patient"}  # where the label has another name than the fact


def print_letterhead(desk: Desk, sheet: Sheet, clinic: Clinic, animal: Animal | None = None) -> None:
    """Name, address and telephone of who writes."""
    style = desk.habit("letterhead", ("center", "left", "upper", "line", "boxed", "name"))
    name = desk.clinic_name(animal, clinic=clinic, upper=style == "upper") if animal else clinic.name
    contact = f"{desk.habit('tel', desk.pool['labels']['phone'][:3])} {clinic.phone}"
    if style == "center":
        sheet.center(name, clinic.address, f"{contact}   {clinic.email}")
    elif style == "line":
        sheet.add(f"{name}  |  {clinic.address}  |  {contact}")
    elif style == "boxed":
        sheet.add("=" * sheet.width, name, f"{clinic.address}   {contact}", "=" * sheet.width)
    elif style == "name":
        sheet.add(name)
    else:
        sheet.add(name, clinic.address, contact)
        if style == "upper":
            sheet.add("-" * measure(name))


def state(desk: Desk, animal: Animal, name: str) -> str:
    """The value of a field as it is printed, marked."""
    if name == "weight":
        return desk.weight(animal)
    if name == "vet":
        return desk.vet(animal)
    if name == "clinic":
        return desk.clinic_name(animal)
    return desk.fact(animal, name)


def print_patient(desk: Desk, sheet: Sheet, animal: Animal, fields: Sequence[str] = USUAL) -> None:
    """Labelled facts of an animal and its owner; a few may be left out."""
    styles = ("lines", "aligned", "columns", "columns", "bars", "leaders", "rows", "tabs")
    style = desk.habit("patient", styles)
    left_out = desk.habit("left out", (0, 0, 1, 2))
    kept = [name for index, name in enumerate(fields) if index == 0 or (index + left_out) % 5 or not left_out]
    cells = [(desk.label(_LABELS.get(name, name)), state(desk, animal, name)) for name in kept]
    if style == "lines":
        sheet.add(*(f"{label}: {value}" for label, value in cells))
    elif style == "aligned":
        sheet.add(*(f"{pad(label + ':', 20)}{value}" for label, value in cells))
    elif style == "leaders":
        sheet.add(*(f"{label} {'.' * max(3, 24 - len(label))} {value}" for label, value in cells))
    elif style == "bars":
        for at in range(0, len(cells), 4):
            sheet.add(" | ".join(f"{label}: {value}" for label, value in cells[at : at + 4]))
    elif style == "tabs":
        for at in range(0, len(cells), 2):
            sheet.add("\t".join(f"{label}:\t{value}" for label, value in cells[at : at + 2]))
    elif style == "rows":
        for at in range(0, len(cells), 4):
            row = cells[at : at + 4]
            widths = [max(len(label), measure(value)) + 4 for label, value in row]
            sheet.add("".join(pad(label, width) for (label, _), width in zip(row, widths, strict=True)))
            sheet.add("".join(pad(value, width) for (_, value), width in zip(row, widths, strict=True)))
    else:
        for at in range(0, len(cells), 2):
            sheet.add("".join(pad(f"{label}: {value}", 48) for label, value in cells[at : at + 2]))


def print_patient_line(desk: Desk, animal: Animal) -> str:
    """The signalment in one line."""
    style = desk.habit("patient line", ("comma", "slash", "owner", "labels", "brackets"))
    name, owner = desk.name(animal), desk.fact(animal, "owner")
    species, breed, sex = (desk.fact(animal, field) for field in ("species", "breed", "sex"))
    if style == "comma":
        return f"{name}, {species}, {breed}, {sex}, {desk.label('owner')}: {owner}"
    if style == "slash":
        return f"{desk.label('patient')}: {name}   {species} / {breed}   {sex}   {desk.label('owner')}: {owner}"
    if style == "owner":
        return f"{desk.label('owner')}: {owner}    {desk.label('patient')}: {name}    {desk.label('breed')}: {breed}"
    if style == "labels":
        return "   ".join(
            f"{desk.label(_LABELS.get(field, field))}: {desk.fact(animal, field)}"
            for field in ("name", "species", "sex", "born")
        )
    return f"{name} ({owner})  {species} {breed} {sex}"


def print_vitals(desk: Desk, sheet: Sheet, animal: Animal, *, weight: bool = True) -> None:
    """Weight, temperature, pulse, breath, body condition, some of them."""
    names = ["temperature", "heart_rate", "respiratory_rate", "body_condition"]
    names = names[: desk.random.randint(1, 4)] if desk.chance(0.4) else names
    cells = [(desk.label("weight"), desk.weight(animal))] if weight else []
    cells += [(desk.label(name), desk.vital(animal, name)) for name in names]
    style = desk.habit("vitals", ("comma", "lines", "wide", "bars", "plain"))
    if style == "lines":
        sheet.add(*(f"{label}: {value}" for label, value in cells))
    elif style == "plain":
        sheet.prose(", ".join(f"{label} {value}" for label, value in cells) + ".")
    else:
        joint = {"comma": ", ", "wide": "    ", "bars": " | "}[style]
        sheet.prose(joint.join(f"{label}: {value}" for label, value in cells))


def print_section(desk: Desk, sheet: Sheet, label: str, text: str, *, style: str | None = None) -> None:
    """A heading of `label` (a pool's label, or words) and what stands under it."""
    words = desk.label(label) if label in desk.pool["labels"] else label
    style = style or desk.habit(
        "section", ("run in", "upper run in", "own line", "upper own", "dash", "blank after", "spaced")
    )
    if style == "run in":
        sheet.prose(f"{words}: {text}")
    elif style == "upper run in":
        sheet.prose(f"{words.upper()}: {text}")
    elif style == "dash":
        sheet.prose(f"{words} - {text}")
    else:
        if style == "spaced":
            sheet.skip()
        sheet.add(words.upper() if style == "upper own" else f"{words}:")
        if style == "blank after":
            sheet.skip()
        sheet.prose(text)
        if style == "blank after":
            sheet.skip()


def print_signature(desk: Desk, sheet: Sheet, animal: Animal, *, clinic: Clinic | None = None) -> None:
    """Who signs, in the way of the house."""
    who = desk.vet(animal, clinic=clinic)
    style = desk.habit("signature", ("plain", "electronic", "line", "right", "two", "dictated"))
    signed = desk.habit("signed", desk.pool["sentences"]["signed"])
    if style == "plain":
        sheet.add(who)
    elif style == "electronic":
        sheet.add(f"{signed} {who} {desk.show_date(desk.today)} {desk.show_time()}")
    elif style == "line":
        sheet.add("_" * 32, who)
    elif style == "right":
        sheet.add(" " * 56 + who)
    elif style == "two":
        sheet.add(who, (clinic or desk.clinic).name)
    else:
        sheet.add(f"{signed} {who}")


def print_lab_table(desk: Desk, sheet: Sheet, animal: Animal, *, least: int = 5, most: int = 14) -> None:
    """A head and rows of results."""
    words = desk.pool["table"]
    style = desk.habit("lab table", ("wide", "flag last", "brackets", "tabs", "bars"))
    head = {
        "wide": f"{words['test']:<24}{words['result']:>10}  {words['flag']:<6}{words['range']:<20}{words['unit']}",
        "flag last": f"{words['test']:<24}{words['result']:<12}{words['unit']:<10}{words['range']:<20}{words['flag']}",
        "tabs": "\t".join(words[key] for key in ("test", "result", "unit", "range")),
        "bars": f"| {words['test']:<22} | {words['result']:>9} | {words['range']:<17} | {words['unit']:<8} |",
    }.get(style)
    if head:
        sheet.add(head)
    if desk.habit("table ruler", (True, False)):
        sheet.add("-" * 72)
    for row in desk.lab_rows(animal, least, most):
        if style == "wide":
            line = f"{pad(row.analyte, 24)}{row.value:>10}  {row.flag:<6}{row.low + ' - ' + row.high:<20}{row.unit}"
        elif style == "flag last":
            line = f"{pad(row.analyte, 24)}{row.value:<12}{row.unit:<10}{row.low + ' - ' + row.high:<20}{row.flag}"
        elif style == "tabs":
            line = f"{row.analyte}\t{row.value}{' ' + row.flag if row.flag else ''}\t{row.unit}\t{row.low}-{row.high}"
        elif style == "bars":
            between = f"{row.low}-{row.high}"
            line = f"| {pad(row.analyte, 22)} | {row.value + row.flag:>9} | {between:<17} | {row.unit:<8} |"
        else:
            line = f"{row.analyte}: {row.value} {row.unit} [{row.low} - {row.high}] {row.flag}"
        sheet.add(line)


def print_bill(desk: Desk, sheet: Sheet, *, least: int = 2, most: int = 8) -> None:
    """Services with prices and their sum."""
    services = desk.pool["rows"]["services"]
    chosen = desk.random.sample(services, min(len(services), desk.random.randint(least, most)))
    total = 0.0
    for name, price in chosen:
        count = desk.pick((1, 1, 1, 2))
        total += count * price
        sheet.add(f"{count:>4}   {name:<46}{desk.show_number(count * price, 2):>10}")
    sheet.add(f"       {desk.pool['table']['total']:<46}{desk.show_number(total, 2):>10}")
