"""Which lines state a fact of the truth, and the words they state it with."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from documents.domain.lines import fold

_LABELS: Mapping[str, tuple[str, ...]] = {  # folded
    "species": ("species", "especie", "espèce", "tierart", "spezies", "signalment"),
    "sex": ("sex", "gender", "sexo", "sexe", "geschlecht", "signalment"),
    "neutered": ("sex", "gender", "neuter", "spay", "altered", "esteriliz", "castrad", "geschlecht", "kastriert"),
}
_SYNONYMS: Mapping[str, Sequence[str]] = {
    "dog": ("dog", "canine", "canino", "canina", "perro", "perra", "chien", "hund", "k9"),
    "cat": ("cat", "feline", "felino", "felina", "gato", "gata", "chat", "katze", "dsh", "dlh"),
    "rabbit": ("rabbit", "lagomorph", "conejo", "lapin", "kaninchen"),
    "horse": ("horse", "equine", "caballo", "cheval", "pferd"),
    "bird": ("bird", "avian", "ave", "oiseau", "vogel"),
    "reptile": ("reptile", "reptil"),
    "female": ("female", "fs", "sf", "hembra", "femelle", "weiblich", "f"),
    "male": ("male", "mn", "cm", "macho", "mâle", "männlich", "m"),
    "True": (
        "spayed",
        "neutered",
        "castrated",
        "altered",
        "fs",
        "mn",
        "sf",
        "cm",
        "esterilizada",
        "esterilizado",
        "castrado",
        "castrada",
    ),
    "False": ("intact", "entire", "unaltered", "entero", "entera", "fértil", "no esterilizado"),
}
_SEX_STATES = {True: ("neutered", "spayed", "castrated"), False: ("entire", "intact")}
_DATE_FORMATS = (
    "%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y", "%d/%m/%y", "%B %d, %Y",
    "%d %B %Y", "%b %d, %Y", "%d %b %Y", "%d-%b-%Y",
)  # fmt: skip
_VERBATIM = ("name", "breed", "color", "microchip", "owner", "owner_phone", "owner_email", "owner_address")

_NAMED_BY = {"problem": "problem", "allergy": "substance", "vaccine": "product", "medication": "drug"}

Finder = Callable[[str], str | None]  # a line to the words in it that state the fact


@dataclass(frozen=True, kw_only=True)
class _Fact:
    field: str
    hints: tuple[str, ...]  # folded; one of them stands in every line that states the fact: quick to look for
    find: Finder


def find_facts(*, patients: Sequence[Mapping[str, Any]], lines: Sequence[str]) -> dict[int, list[tuple[str, str]]]:
    """By line, from 1: field and raw words of each fact of `patients` that it states, weights included."""
    facts = [fact for patient in patients for fact in _facts_of(patient)]
    hints = dict.fromkeys(hint for fact in facts for hint in fact.hints)
    stated: dict[int, list[tuple[str, str]]] = {}
    for number, text in enumerate(lines, start=1):
        folded = fold(text)
        present = {hint for hint in hints if hint in folded}
        found: dict[str, str] = {}
        for fact in facts if present else ():
            if fact.field not in found and not present.isdisjoint(fact.hints):
                raw = fact.find(text)
                if raw is not None:
                    found[fact.field] = raw
        if found:
            stated[number] = list(found.items())
    for number, raw in _find_weights(patients, lines=lines):
        stated.setdefault(number, []).append(("weight", raw))
    return stated


def find_clinical(
    *, clinical: Sequence[Mapping[str, Any]], lines: Sequence[str]
) -> Iterator[tuple[int, tuple[str, str]]]:
    """Line, and field with raw words, of the clinical facts that are asked for: those that are no rows of numbers.

    The raw words run from what the fact is about to the line's end, as far as a sentence goes.
    """
    for label in clinical:
        name = str(label.get(_NAMED_BY.get(label["kind"], ""), ""))
        line = lines[label["line"] - 1]
        if name and name in line:
            raw = line[line.index(name) :] if label["kind"] in ("medication", "vaccine") else name
            yield label["line"], (label["kind"], re.split(r"(?<=[a-z)])\.\s|\s{3,}[A-Z]", raw)[0].strip(" .;"))


def _find_weights(patients: Sequence[Mapping[str, Any]], *, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    for weight in (weight for patient in patients for weight in patient.get("weights") or ()):
        whole, _, cents = f"{weight['value']:g}".partition(".")
        number = rf"{whole}[.,]{cents}0*" if cents else rf"{whole}(?:[.,]0+)?"
        found = re.search(rf"(?<![\d.,]){number}(?!\d)\s*(?:[a-z]+)?", lines[weight["line"] - 1], re.IGNORECASE)
        if found:
            yield weight["line"], found.group().strip()


def _facts_of(patient: Mapping[str, Any]) -> Iterator[_Fact]:
    for field in _VERBATIM:
        if isinstance(patient.get(field), str):
            yield _Fact(field=field, hints=(_hint(patient[field]),), find=_any_words([patient[field]]))
    if isinstance(patient.get("date_of_birth"), str):
        printed = _printed_dates(patient["date_of_birth"])
        yield _Fact(field="date_of_birth", hints=(patient["date_of_birth"][2:4],), find=_any_words(printed))
    for field, labels in _LABELS.items():
        if patient.get(field) is not None:
            values = _SYNONYMS.get(str(patient[field]), (str(patient[field]),))
            yield _Fact(field=field, hints=labels, find=_labelled(labels, values))
    sex, neutered = patient.get("sex"), patient.get("neutered")
    if sex is not None and neutered is not None:
        phrases = [f"{sex}{comma} {state}" for comma in ("", ",") for state in _SEX_STATES[bool(neutered)]]
        for field in ("sex", "neutered"):
            yield _Fact(field=field, hints=(str(sex),), find=_any_words(phrases))


def _hint(value: str) -> str:
    return fold(value.split()[0]) if value.split() else fold(value)


def _any_words(values: Sequence[str]) -> Finder:
    spaced = "|".join(r"\s+".join(map(re.escape, value.split())) for value in sorted(values, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?:{spaced})(?!\w)", re.IGNORECASE)

    def find(line: str) -> str | None:
        found = pattern.search(line)
        return found.group() if found else None

    return find


def _labelled(labels: Sequence[str], values: Sequence[str]) -> Finder:
    """A value counts only behind its label: "M" or "cat" elsewhere may mean anything."""
    labelled = re.compile(rf"(?<!\w)(?:{'|'.join(labels)})\w*(?:\s*[:/=|-]|\s{{2,}})", re.IGNORECASE)
    find_value = _any_words(values)

    def find(line: str) -> str | None:
        found = labelled.search(line)
        return find_value(line[found.end() :]) if found else None

    return find


def _printed_dates(value: str) -> list[str]:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return [value]
    plain = [day.strftime(pattern) for pattern in _DATE_FORMATS]
    return list(dict.fromkeys([*plain, *(re.sub(r"(?<!\d)0(\d)", r"\1", words) for words in plain)]))
