"""Who a record is about: animals with their owners, clinics with their vets. All invented, from the pools."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.records.phrasing import read_pool


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """An owner, with everything that a form may ask."""

    first: str
    last: str
    phone: str
    email: str
    address: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(kw_only=True, slots=True)
class Animal:
    """One patient. Words are as this record prints them."""

    number: int  # among the record's animals
    name: str
    kind: str  # as FACT values spell it: dog, cat, horse, ...
    species: str
    breed: str
    female: bool
    neutered: bool
    sex: str
    born: date
    color: str
    chip: str
    owner: Person
    kilograms: float  # about which it weighs


@dataclass(frozen=True, kw_only=True, slots=True)
class Clinic:
    """A practice, hospital, shelter or laboratory with its vets."""

    name: str
    address: str
    phone: str
    email: str
    vets: Sequence[str]  # in the one form in which this record prints them


_KINDS = (("dog", 50), ("cat", 34), ("rabbit", 6), ("guinea_pig", 2), ("ferret", 2), ("bird", 3), ("reptile", 3))


class Casting:
    """Draws people, animals and clinics; names are not drawn twice in a record while there are others."""

    def __init__(self, *, random: Random, language: str, words: str = "all") -> None:
        self._random = random
        self._pool = read_pool(language, words)
        self._language = language
        self._used: set[str] = set()

    def draw_person(self) -> Person:
        random, names = self._random, self._pool["names"]
        first, last = random.choice(names["first"]), self._draw_unused(names["last"])
        digits = f"01{random.randrange(100):02}"
        phone = random.choice(("555-{0}", "(555) 555-{0}", "555.555.{0}", "555 {0}", "+1 555 555 {0}")).format(digits)
        plain = f"{first}.{last}".lower().translate(_PLAIN).replace(" ", "")
        return Person(
            first=first,
            last=last,
            phone=phone,
            email=f"{plain}@example.{random.choice(('com', 'org', 'net'))}",
            address=self._draw_address(),
        )

    def draw_animal(
        self, *, number: int, today: date, kinds: Sequence[str] = (), owner: Person | None = None
    ) -> Animal:
        """An animal of one of `kinds`, eight weeks to fifteen years old on `today`."""
        random, pool = self._random, self._pool
        known = [(kind, weight) for kind, weight in _KINDS if kind in pool["breeds"]]
        kind = (
            random.choice(kinds)
            if kinds
            else random.choices([k for k, _ in known], weights=[weight for _, weight in known])[0]
        )
        breed, kilograms = random.choice(pool["breeds"][kind])
        female, neutered = random.random() < 0.5, random.random() < (0.75 if kind in ("dog", "cat") else 0.3)
        state = ("female" if female else "male") + ("_neutered" if neutered else "")
        return Animal(
            number=number,
            name=self._draw_unused(pool["names"]["pets"]),
            kind=kind,
            species=random.choice(pool["species"][kind]),
            breed=breed,
            female=female,
            neutered=neutered,
            sex=random.choice(pool["sexes"][state]),
            born=today - timedelta(days=random.randint(56, 5_400)),
            color=random.choice(pool["colors"].get(kind, pool["colors"]["other"])),
            chip=f"{random.choice(('985', '981', '900', '956', '941', '276', '250'))}{random.randrange(10**12):012}",
            owner=owner or self.draw_person(),
            kilograms=kilograms * random.uniform(0.8, 1.2),
        )

    def draw_clinic(self, *, kind: str = "clinics", vets: int = 3) -> Clinic:
        random, names = self._random, self._pool["names"]
        name = random.choice(names[kind]).replace("{town}", random.choice(names["towns"]))
        while "{last}" in name:
            name = name.replace("{last}", random.choice(names["last"]), 1)
        form = random.choice(names["vet_forms"])
        people = [
            form.format(first=random.choice(names["first"]), last=self._draw_unused(names["last"])) for _ in range(vets)
        ]
        plain = "".join(letter for letter in name.lower().translate(_PLAIN) if letter.isalnum())[:18]
        return Clinic(
            name=name,
            address=self._draw_address(),
            phone=f"555-01{random.randrange(100):02}",
            email=f"info@{plain}.example.com",
            vets=tuple(people),
        )

    def _draw_address(self) -> str:
        random, names = self._random, self._pool["names"]
        number, street, town = random.randint(2, 980), random.choice(names["streets"]), random.choice(names["towns"])
        return f"{number} {street}, {town}" if self._language in ("en", "fr") else f"{street} {number}, {town}"

    def _draw_unused(self, names: Sequence[str]) -> str:
        free = [name for name in names if name not in self._used] or list(names)
        name = self._random.choice(free)
        self._used.add(name)
        return name


_PLAIN: dict[int, Any] = str.maketrans(
    {"á": "a", "é": "e", "í": "i", "ó": "o", "ú": "u", "ñ": "n", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "è": "e"}
    | {"ç": "c", "ê": "e", "ë": "e", "ï": "i", "ô": "o", "â": "a", "à": "a", "û": "u", "'": "", "’": ""}
)
