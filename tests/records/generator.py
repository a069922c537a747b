"""Records of any length from a seed, of one layout, with truth by construction: for benchmarks, and for long_export.

Records of many layouts are made by generate.py; this one keeps its bytes, so that figures stay comparable.

`python -m tests.records.generator` rewrites long_export.txt and long_export.truth.json. What is printed is data, in
sources/generated.toml; here it is put in order, filled in and counted.
"""

import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any, TypedDict

from tests.records.assembling import Heading, Layout, Piece, Record, assemble
from tests.records.build import write_record
from tests.records.marking import SOURCES

LINES_PER_PATIENT = 3_000
LINES_OF_CHART = 1_700  # longer than three windows of a question
PATIENTS_PER_CHART = 4  # every fourth patient was an inpatient for weeks, the first among them
_PAGE = Layout(
    length=60,
    header=(
        "Alder Valley Animal Hospital          Medical record, complete copy          Page {page} of {pages}",
        "=" * 98,
        "",
    ),
    footer=("", "Copy made for the owner. Contains information of third parties.                    {page}/{pages}"),
)


class Order(TypedDict):
    """What `generate` takes."""

    seed: int
    lines: int


LONG_EXPORT: Order = {"seed": 2009, "lines": 5_600}


def generate(*, seed: int, lines: int) -> tuple[str, dict[str, Any]]:
    """A record of at least `lines` lines, a document or so more, and its truth. The same for the same arguments.

    Takes time linear in `lines`. One patient for about every 3,000 lines, each with a registration and documents of all
    types in the order of their dates; the first, fifth, ... patient of a long record has a chart of 1,700 lines.
    """
    random = Random(seed)
    left = int(lines * (_PAGE.length or 1) / ((_PAGE.length or 1) + len(_PAGE.header) + len(_PAGE.footer))) + 1
    count = max(1, lines // LINES_PER_PATIENT)
    charts = [_Chart(number=number, random=random) for number in range(count)]
    pieces: list[Piece] = []
    for chart in charts:
        pieces.extend(chart.fill(left // count))
    record = assemble(
        file="generated.txt",
        language="en",
        note=f"Generated: seed {seed}, {lines} lines asked for.",
        pieces=pieces,
        patients=[chart.facts for chart in charts],
        layout=_PAGE,
    )
    return record.text, record.truth


@cache
def _vocabulary() -> dict[str, Any]:
    return tomllib.loads((SOURCES / "generated.toml").read_text(encoding="utf-8"))


@dataclass(kw_only=True, slots=True)
class _Chart:
    """One patient's documents, by date."""

    number: int  # among the patients of the record, from 0
    random: Random
    facts: dict[str, Any] = field(init=False)
    printed: dict[str, str] = field(init=False)  # the words for these facts
    today: date = field(init=False)
    kilograms: float = field(init=False)

    def __post_init__(self) -> None:
        words = _vocabulary()["words"]
        animal = self.random.choice(_vocabulary()["animal"])
        breed, self.kilograms = self.random.choice(animal["breeds"])
        female = self.random.random() < 0.5
        born = date(2006, 1, 1) + timedelta(days=self.random.randrange(3_000))
        again, which = divmod(self.number, len(words["names"]))
        extra = words["second_names"][again % len(words["second_names"])]
        owner = f"{self.random.choice(words['first_names'])} {self.random.choice(words['surnames'])}"
        self.today = born + timedelta(days=700)
        self.facts = {
            "name": words["names"][which] + extra + "'" * (again // len(words["second_names"])),
            "species": animal["species"],
            "breed": breed,
            "sex": "female" if female else "male",
            "neutered": True,
            "date_of_birth": born.isoformat(),
            "color": self.random.choice(animal["colors"]),
            "owner": owner,
            "owner_phone": f"555-01{self.number % 100:02}",
            "owner_email": f"{owner.replace(' ', '.').lower()}@example.com",
            "microchip": f"98510{self.random.randrange(10**10):010}",
        }
        self.printed = {
            "species": animal["printed"],
            "sex": "Female, spayed" if female else "Male, neutered",
            "born": born.strftime("%m/%d/%Y"),
            "address": f"{self.random.randint(2, 980)} {self.random.choice(words['streets'])}",
        }

    def fill(self, lines: int) -> Iterator[Piece]:
        """A registration, then documents until there are `lines` lines."""
        registration, *templates = _vocabulary()["document"]
        written = 0
        has_chart = self.number % PATIENTS_PER_CHART == 0 and lines > LINES_OF_CHART + 600
        for piece in self._write(registration, templates):
            yield piece
            written += len(piece.lines)
            if has_chart and written > 300:
                has_chart = False
                stay = self._write_stay()
                yield stay
                written += len(stay.lines)
            if written >= lines:
                return

    def _write(self, registration: dict[str, Any], templates: list[dict[str, Any]]) -> Iterator[Piece]:
        yield self._write_document(registration)
        while True:
            for template in self.random.sample(templates, len(templates)):
                self.today += timedelta(days=self.random.choice((0, 1, 3, 9, 30)))
                yield self._write_document(template)

    def _write_document(self, template: dict[str, Any]) -> Piece:
        words = self._words()
        lines = [
            part
            for line in template["text"].strip("\n").format_map(words).split("\n")
            for part in (textwrap.wrap(line, 108) if len(line) > 118 else (line,))
        ]
        if template.get("new_page") and self.random.random() < 0.3:
            lines[0] = "\f" + lines[0]
        heading = Heading(
            type=template["type"],
            date=self.today.isoformat(),
            title=template["title"].format_map(words),
            printed=template.get("printed", True),
            confident=template.get("confident", True),
        )
        return Piece(lines=lines + [""] * self.random.choice((0, 1, 1, 2)), heading=heading)

    def _words(self) -> dict[str, str]:
        """What the templates of generated.toml may name, for a document of today."""
        words, random = _vocabulary()["words"], self.random
        return {
            "name": self.facts["name"],
            "owner": self.facts["owner"],
            "phone": self.facts["owner_phone"],
            "email": self.facts["owner_email"],
            "breed": self.facts["breed"],
            "color": self.facts["color"],
            "chip": self.facts["microchip"],
            **self.printed,
            **_print_dates(self.today),
            "time": f"{random.randint(8, 18):02}:{random.randint(0, 59):02}",
            "part_of_day": random.choice(("morning", "afternoon", "evening")),
            "number": str(random.randint(10_000, 99_999)),
            "vet": random.choice(words["vets"]),
            "initials": random.choice(words["initials"]),
            "weight": self._weigh(),
            "temp": f"{random.uniform(99.8, 102.6):.1f}",
            "hr": str(random.randint(70, 180)),
            "hr_small": str(random.randint(3, 24)),
            "rr": str(random.randint(16, 40)),
            **{name: self._say(name, 1, 5) for name in _vocabulary()["sentences"]},
            "advice_short": self._say("advice", 1, 1),
            "comment": self._say("assessment", 1, 1),
            "analytes": self._list_analytes(),
            "services": self._list_services(),
            "observations": "\n".join(self._observe(hour) for hour in range(8, random.randint(12, 18))),
        }

    def _weigh(self) -> str:
        self.kilograms *= self.random.uniform(0.97, 1.032)
        return f"{{{{{self.kilograms:.1f} kg|{self.facts['name']}}}}}"

    def _say(self, subject: str, least: int, most: int) -> str:
        sentences = _vocabulary()["sentences"][subject]
        chosen = self.random.sample(sentences, self.random.randint(least, min(most, len(sentences))))
        return " ".join(chosen).replace("{name}", self.facts["name"])

    def _list_analytes(self) -> str:
        rows = []
        for name, low, high, unit in self.random.sample(_vocabulary()["rows"]["analytes"], self.random.randint(5, 18)):
            value = self.random.uniform(low * 0.9, high * 1.08)
            flag = "H" if value > high else "L" if value < low else " "
            rows.append(f"{name:<22}{value:>8.1f}  {flag}     {low:>8.1f} - {high:<8.1f}    {unit}")
        return "\n".join(rows)

    def _list_services(self) -> str:
        chosen = self.random.sample(_vocabulary()["rows"]["services"], self.random.randint(2, 8))
        rows = [f"   1   {name:<46}{price:>10.2f}" for name, price in chosen]
        return "\n".join([*rows, f"       {'Total':<46}{sum(price for _, price in chosen):>10.2f}"])

    def _observe(self, hour: int) -> str:
        seen = self.random.choice(_vocabulary()["sentences"]["hourly"])
        return (
            f"  {hour % 24:02}:00   T {self.random.uniform(99.5, 103):.1f}   P {self.random.randint(80, 160)}"
            f"   R {self.random.randint(16, 40)}   pain {self.random.randint(0, 3)}/4   {seen}"
        )

    def _write_stay(self) -> Piece:
        """An inpatient chart with hourly observations over many days: one document."""
        first = self.today + timedelta(days=1)
        initials = _vocabulary()["words"]["initials"]
        lines = [
            "INTENSIVE CARE FLOW SHEET",
            f"Patient: {self.facts['name']}     Owner: {self.facts['owner']}     Admitted: {first:%m/%d/%Y}",
            f"Admission weight {self._weigh()}     Code status: full",
        ]
        day = 0
        while len(lines) < LINES_OF_CHART:
            self.today = first + timedelta(days=day)
            lines += ["", f"DAY {day + 1}   {self.today:%m/%d/%Y}   rounds: {self._say('assessment', 1, 1)}"]
            for hour in range(24):
                lines.append(self._observe(hour))
                if hour % 4 == 0:
                    lines.append(
                        f"          fluids in {self.random.randint(20, 90)} ml, urine {self.random.randint(5, 60)} ml"
                    )
                if hour % 8 == 7:
                    lines.append(f"     Shift change, {self.random.choice(initials)} to {self.random.choice(initials)}")
            lines += textwrap.wrap(self._say("plan", 2, 4), 108)
            day += 1
        heading = Heading(type="hospital_record", date=first.isoformat(), title="INTENSIVE CARE FLOW SHEET")
        return Piece(lines=[*lines, ""], heading=heading)


def _print_dates(day: date) -> dict[str, str]:
    return {
        "us": day.strftime("%m/%d/%Y"),
        "long": f"{day:%B} {day.day}, {day.year}",
        "iso": day.isoformat(),
        "dmy": day.strftime("%d-%b-%Y"),
    }


if __name__ == "__main__":
    made, truth = generate(**LONG_EXPORT)
    write_record(record=Record(text=made, truth=truth | {"file": "long_export.txt"}))
