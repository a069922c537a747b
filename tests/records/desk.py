"""What a layout writes with: words, dates and numbers in the record's habits, facts and findings with their marks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from tests.records.cast import Animal, Casting, Clinic, Person
from tests.records.ink import GLUE, PATIENT, Ink
from tests.records.phrasing import fill, read_pool
from tests.records.sheets import ORNAMENTS, Paging, Sheet
from tests.records.slots import look_up

T = TypeVar("T")

_DATES = {
    "en": (
        "%m/%d/%Y",
        "%m/%d/%Y",
        "%m/%d/%y",
        "{month} {day}, {year}",
        "%d-{abbr}-%Y",
        "%Y-%m-%d",
        "%m-%d-%Y",
        "%d/%m/%Y",
    ),
    "es": ("%d/%m/%Y", "%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%Y", "{day} de {month} de {year}"),
    "fr": ("%d/%m/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d/%m/%y", "{day} {month} {year}", "%d-%m-%Y"),
    "de": ("%d.%m.%Y", "%d.%m.%Y", "%d.%m.%y", "{day}. {month} {year}", "%d.%m.%Y"),
}
_INTACT = (
    "intact",
    "entire",
    "enter",
    "entier",
    "entièr",
    "intakt",
    "unkastriert",
    "no castrado",
    "no esteril",
    "fértil",
)
_TYPING = ("plain",) * 8 + ("lower", "semicolons", "dots", "slashes", "open end")
SMALL = ("dog", "cat")


@dataclass(frozen=True, kw_only=True, slots=True)
class Medication:
    """A drug as one prescription prints it. `drug` holds the mark."""

    drug: str
    strength: str
    dose: str
    directions: str

    @property
    def line(self) -> str:
        return f"{self.drug} {self.strength}, {self.dose} {self.directions}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LabRow:
    """A row of a result table. `analyte` holds the mark; `flag` is "" where the value is in the range."""

    analyte: str
    value: str
    unit: str
    low: str
    high: str
    flag: str


@dataclass(kw_only=True, slots=True)
class Desk:
    """One layout's writing desk in one record. What is chosen once stays so: see `habit`."""

    random: Random
    language: str
    casting: Casting
    ink: Ink
    animals: list[Animal]  # of the whole record
    today: date = date(2015, 3, 2)
    lines: int = 0  # how long the record is to be; 0: as it comes
    words: str = "all"  # which half of the sentences, see phrasing.py
    clinic: Clinic = field(init=False)
    paging: Paging | None = None  # of the whole record, where the layout prints it so
    pool: dict[str, Any] = field(init=False)
    _habits: dict[str, Any] = field(default_factory=dict)
    _theme: dict[str, Any] = field(default_factory=dict)
    _animal: Animal | None = None

    def __post_init__(self) -> None:
        self.pool = read_pool(self.language, self.words)
        self.clinic = self.casting.draw_clinic()

    # Choices

    def pick(self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def habit(self, name: str, choices: Sequence[T]) -> T:
        """One of `choices`, the same each time that it is asked for by this name."""
        if name not in self._habits:
            self._habits[name] = self.random.choice(choices)
        chosen: T = self._habits[name]
        return chosen

    def label(self, name: str) -> str:
        """The words that this layout prints for a thing, from the pool's labels."""
        word: str = self.habit(f"label {name}", self.pool["labels"][name])
        return word

    # Days

    def pass_days(self, least: int, most: int) -> date:
        """Turn the calendar on by some days; after 2025 it begins anew, so that long records stay in their years."""
        self.today += timedelta(days=self.random.randint(least, most))
        if self.today.year > 2025:
            self.today = date(2013, 1, 7) + timedelta(days=self.random.randrange(400))
        return self.today

    def list_days(self, count: int, least: int, most: int) -> Iterator[date]:
        """`count` days, some apart, each becoming today; the newest first where that is the habit."""
        days = [self.pass_days(least, most) for _ in range(count)]
        if self.habit("newest first", (False, False, True)):
            days.sort(reverse=True)
        last = max(days)
        for day in days:
            self.today = day
            yield day
        self.today = last

    def show_date(self, day: date, *, style: str | None = None) -> str:
        """`day` as this layout writes dates, or in a style of strftime with {month}, {abbr}, {day}, {year}."""
        style = style or self.habit("date", _DATES[self.language])
        if "{" in style:
            months = self.pool["calendar"]["months"]
            style = style.format(
                month=months[day.month - 1], abbr=months[day.month - 1][:3], day=day.day, year=day.year
            )
        return day.strftime(style) if "%" in style else style

    def show_time(self) -> str:
        hour, minute = self.random.randint(7, 19), self.random.randint(0, 59)
        if self.language == "en" and self.habit("clock", (True, False)):
            return f"{(hour - 1) % 12 + 1}:{minute:02} {'AM' if hour < 12 else 'PM'}"
        return f"{hour:02}:{minute:02}"

    def show_number(self, value: float, digits: int = 1) -> str:
        text = f"{value:.{digits}f}"
        return text if self.language == "en" else text.replace(".", ",")

    # Animals and their facts

    def turn_to(self, animal: Animal) -> None:
        """Sentences are about this animal and one complaint of its from here on."""
        self._animal = animal
        themes = [theme for theme in self.pool["theme"] if animal.kind in theme.get("species", SMALL)]
        self._theme = self.pick(themes or self.pool["theme"])

    def draw_animal(self, *, kinds: Sequence[str] = (), same_owner: float = 0.0, owner: Person | None = None) -> Animal:
        """A new patient of the record, of `owner`, or perhaps of one that is known."""
        if owner is None and self.animals and self.chance(same_owner):
            owner = self.pick(self.animals[-5:]).owner
        animal = self.casting.draw_animal(number=len(self.animals), today=self.today, kinds=kinds, owner=owner)
        self.animals.append(animal)
        return animal

    def get_animals(self, *, least: int = 1, most: int = 1, kinds: Sequence[str] = ()) -> list[Animal]:
        """The patients of this layout: those of the record, filled up to a number between `least` and `most`."""
        usable = [animal for animal in self.animals if not kinds or animal.kind in kinds]
        for _ in range(self.random.randint(least, most) - len(usable)):
            usable.append(self.draw_animal(kinds=kinds, same_owner=0.4))
        return usable

    def fact(self, animal: Animal, name: str, *, shown: str | None = None) -> str:
        """A patient's value with its mark. `shown` is another print of the same value."""
        words, values = self._state(animal, name)
        return self.ink.write(shown or words, kind=PATIENT, animal=animal.number, **values)

    def _state(self, animal: Animal, name: str) -> tuple[str, dict[str, Any]]:
        owner = animal.owner
        if name == "sex":
            stated: dict[str, Any] = {"sex": "female" if animal.female else "male"}
            if animal.neutered or any(word in animal.sex.casefold() for word in _INTACT):
                stated["neutered"] = animal.neutered
            return animal.sex, stated
        if name == "born":
            return self.show_date(animal.born), {"date_of_birth": animal.born.isoformat()}
        plain = {
            "name": ("name", animal.name),
            "breed": ("breed", animal.breed),
            "color": ("color", animal.color),
            "chip": ("microchip", animal.chip),
            "owner": ("owner", owner.name),
            "phone": ("owner_phone", owner.phone),
            "email": ("owner_email", owner.email),
            "address": ("owner_address", owner.address),
        }
        if name == "species":
            return animal.species, {"species": animal.kind}
        field_name, value = plain[name]
        return value, {field_name: value}

    def name(self, animal: Animal) -> str:
        return self.fact(animal, "name")

    def vet(self, animal: Animal, *, clinic: Clinic | None = None, who: str | None = None) -> str:
        """A vet's name, marked as a veterinarian of the animal."""
        who = who or self.pick((clinic or self.clinic).vets)
        return self.ink.write(who, kind=PATIENT, animal=animal.number, veterinarian=who)

    def clinic_name(self, animal: Animal, *, clinic: Clinic | None = None, upper: bool = False) -> str:
        name = (clinic or self.clinic).name
        return self.ink.write(name.upper() if upper else name, kind=PATIENT, animal=animal.number, clinic=name)

    def weight(self, animal: Animal) -> str:
        """Today's weight, marked."""
        kilograms = animal.kilograms * self.random.uniform(0.93, 1.07)
        pounds = self.language == "en" and self.habit("pounds", (True, True, False))
        if kilograms < 1.0 and not pounds:
            value, unit, digits = kilograms * 1000, "g", 0
        else:
            digits = 0 if kilograms > 200 else 1 if kilograms > 3 else 2
            value, unit = (kilograms / 0.4536, "lb") if pounds else (kilograms, "kg")
        printed = f"{value:.{digits}f}"
        word = self.habit("unit lb", ("lb", "lbs")) if unit == "lb" else unit
        shown = f"{self.show_number(value, digits)}{self.habit('weight gap', (' ', ' ', ''))}{word}"
        number = float(printed) if digits else int(printed)
        return self.ink.write(
            shown, kind="weight", animal=animal.number, date=self.today.isoformat(), value=number, unit=unit
        )

    def age(self, animal: Animal) -> int:
        return max(1, (self.today - animal.born).days // 365)

    # Clinical findings

    def problem(self, animal: Animal) -> str:
        words = self.fill(self.pick(self._theme["dx"]))
        if words in self.pool["rows"]["healthy"]:
            return words.replace(" ", GLUE)
        return self._clinical(animal, words, kind="problem", problem=words)

    def conclude(self, animal: Animal, least: int = 1, most: int = 1) -> str:
        """What an image shows in the end. A sentence that states a problem is marked as one."""
        known = self.pool["sentences"]["imaging_conclusion"]
        told = self.random.sample(known, min(len(known), self.random.randint(least, most)))
        return " ".join(self._mark_conclusion(animal, sentence) for sentence in told)

    def _mark_conclusion(self, animal: Animal, template: str) -> str:
        text = self.fill(template)
        if template in self.pool["rows"]["no_problem"]:
            return text
        problem = text.removesuffix(".")
        return f"{self.ink.mark(kind='problem', animal=animal.number, problem=problem)}{text}"

    def allergy(self, animal: Animal) -> str:
        """What the animal must not have, or that nothing is known."""
        if self.chance(0.5):
            none: str = self.pick(self.pool["rows"]["no_allergies"])
            return none
        words = self.habit(f"allergy {animal.number}", self.pool["rows"]["allergens"])
        return self._clinical(animal, words, kind="allergy", substance=words)

    def vaccine(
        self, animal: Animal, *, due: date | None = None, given: date | None = None, product: str | None = None
    ) -> str:
        """A product, drawn for the animal's kind unless named, marked as given today or on `given`."""
        rows = self.pool["rows"]
        product = product or self.pick(rows.get(f"vaccines_{animal.kind}", rows["vaccines"]))
        return self.ink.write(
            product,
            kind="vaccine",
            animal=animal.number,
            date=None if given else self.today.isoformat(),
            product=product,
            given=given.isoformat() if given else None,
            due=due.isoformat() if due else None,
        )

    def medicate(self, animal: Animal) -> Medication:
        drug, strength, dose, directions = (self.fill(part) for part in self.pick(self._theme["drugs"]))
        values = {"drug": drug, "strength": strength, "dose": dose, "directions": directions}
        return Medication(
            drug=self._clinical(animal, drug, kind="medication", **values),
            strength=strength,
            dose=dose,
            directions=directions,
        )

    def vital(self, animal: Animal, name: str, *, bare: bool = False) -> str:
        """`temperature`, `heart_rate`, `respiratory_rate` or `body_condition`, marked; `bare` has no unit."""
        if name == "temperature":
            fahrenheit = self.language == "en" and self.habit("fahrenheit", (True, True, False))
            value = round(self.random.uniform(37.6, 39.6) * (1.8 if fahrenheit else 1) + (32 if fahrenheit else 0), 1)
            unit = "F" if fahrenheit else "C"
            degree = "" if bare else self.habit("degree", ("", f" {unit}", f"°{unit}", f" °{unit}"))
            shown = self.show_number(value) + degree
            return self._clinical(animal, shown, kind="vital", vital=name, value=value, unit=unit)
        if name == "body_condition":
            denominator = self.habit("condition", (9, 9, 5))
            score = self.random.randint(2, denominator - 1)
            shown = f"{score}/{denominator}"
            return self._clinical(animal, shown, kind="vital", vital=name, value=score, denominator=denominator)
        low, high = (60, 180) if name == "heart_rate" else (14, 44)
        if animal.kind in ("horse", "cattle"):
            low, high = (28, 64) if name == "heart_rate" else (8, 28)
        rate = self.random.randint(low, high)
        shown = str(rate) + ("" if bare else self.habit(name, ("", "", " bpm", "/min")))
        return self._clinical(animal, shown, kind="vital", vital=name, value=rate, unit="/min")

    def lab_rows(self, animal: Animal, least: int, most: int) -> list[LabRow]:
        analytes = self.pool["rows"]["analytes"]
        count = min(len(analytes), self.random.randint(least, most))
        return [self._lab_row(animal, analyte) for analyte in self.random.sample(analytes, count)]

    def _lab_row(self, animal: Animal, analyte: Sequence[Any]) -> LabRow:
        name, low, high, unit = analyte
        digits = 0 if high >= 100 else 1 if high >= 5 else 2
        value = self.random.uniform(low * 0.85, high * 1.12)
        flag = "H" if value > high else "L" if value < low else ""
        shown, least, most = (self.show_number(number, digits) for number in (value, low, high))
        mark = self._clinical(
            animal,
            name,
            kind="lab",
            analyte=name,
            value=float(f"{value:.{digits}f}"),
            unit=unit,
            range=f"{least} - {most}",
            flag=flag or None,
        )
        return LabRow(analyte=mark, value=shown, unit=unit, low=least, high=most, flag=flag)

    def _clinical(self, animal: Animal, shown: str, *, kind: str, **values: Any) -> str:
        return self.ink.write(shown, kind=kind, animal=animal.number, **values)

    # Words

    def say(self, subject: str, least: int = 1, most: int | None = None, *, joint: str = " ") -> str:
        """Between `least` and `most` different sentences of the pool's `subject`."""
        return joint.join(self.sentences(subject, least, most))

    def sentences(self, subject: str, least: int = 1, most: int | None = None) -> list[str]:
        known: Sequence[str] = self.pool["sentences"][subject]
        count = min(len(known), self.random.randint(least, most or least))
        return [self.fill(sentence) for sentence in self.random.sample(known, count)]

    def theme(self, part: str, least: int = 1, most: int | None = None) -> str:
        """Sentences of the complaint at hand: `complaint`, `exam`, `plan`."""
        known: Sequence[str] = self._theme[part]
        count = min(len(known), self.random.randint(least, most or least))
        return " ".join(self.fill(sentence) for sentence in self.random.sample(known, count))

    def complain(self) -> str:
        """A sentence that says why the animal is here."""
        text = f"{self.fill(self.pick(self.pool['sentences']['reporter']))} {self.theme('complaint')}"
        if self.chance(0.8):
            text += f" {self.fill(self.pick(self.pool['sentences']['since']))}"
        if self.language == "fr":
            text = text.replace("que il", "qu'il").replace("que elle", "qu'elle")
        return text + "."

    def fill(self, template: str) -> str:
        return fill(template, random=self.random, look_up=self._look_up) if "{" in template else template

    def _look_up(self, name: str) -> str:
        return look_up(self, name)

    @property
    def animal(self) -> Animal:
        assert self._animal is not None, "turn_to() an animal first"
        return self._animal

    def open_sheet(self, type: str, animal: Animal | None = None, **options: Any) -> Sheet:
        """A new document of today about an animal, to which the sentences turn."""
        if animal is not None:
            self.turn_to(animal)
        typing = self.habit("typing", _TYPING)
        ornament = self.habit("ornament", ("", "", "", "", *ORNAMENTS))
        number = animal.number if animal else None
        return Sheet(type=type, date=self.today, animal=number, typing=typing, ornament=ornament, **options)
