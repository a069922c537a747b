"""Species and breeds as data: words of four languages to one value, printed breeds to their usual name."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from rapidfuzz import fuzz, process

SURE_OF_BREED = 88.0  # rapidfuzz ratio from which a printed breed is taken for a known one, misspelt

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Breed:
    name: str  # the usual English name
    species: str


@cache
def _table(subject: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(f"{subject}.toml").read_text(encoding="utf-8"))


@cache
def _species_of_word() -> dict[str, str]:
    return {word: species for species, entry in _table("species").items() for word in entry["words"]}


@cache
def _breed_of_alias() -> dict[str, Breed]:
    breeds: dict[str, Breed] = {}
    for entry in _table("breeds")["breeds"]:
        breed = Breed(name=entry["name"], species=entry["species"])
        breeds.update(dict.fromkeys((entry["name"].casefold(), *entry["aliases"]), breed))
    return breeds


def find_species(raw: str) -> str | None:
    """The one species that `raw` names, in any of the four languages; None where it names none, or two."""
    words = [match[0].casefold() for match in _WORD.finditer(raw)]
    known, found, place = _species_of_word(), set[str](), 0
    while place < len(words):
        for length in (3, 2, 1):
            species = known.get(" ".join(words[place : place + length]))
            if species is not None and place + length <= len(words):
                found.add(species)
                place += length - 1
                break
        place += 1
    return found.pop() if len(found) == 1 else None


def is_species(raw: str) -> bool:
    """Whether `raw` is one word for a kind of animal, and nothing else."""
    return " ".join(raw.casefold().split()) in _species_of_word()


def find_breed(raw: str) -> Breed | None:
    """The breed that `raw` names exactly, by a known alias, or with short forms of its words: "Eng. Bulldog"."""
    words = raw.casefold().split()
    exact = _breed_of_alias().get(" ".join(words))
    if exact is not None or len(words) < 2:
        return exact
    short = _table("breeds")["abbreviations"]
    plain = [word.rstrip(".") for word in words]
    if short.keys().isdisjoint(plain):
        return None
    return _breed_of_alias().get(" ".join(short.get(word, word) for word in plain))


def list_aliases(breed: str) -> tuple[str, ...]:
    """All names, folded, of the breed that a text names; none where it names none."""
    known = find_breed(breed)
    return tuple(alias for alias, named in _breed_of_alias().items() if known is not None and named == known)


def is_abbreviation(word: str) -> bool:
    """Whether a word is a short form of one in the name of a breed, which may end in a point."""
    return word.casefold().rstrip(".") in _table("breeds")["abbreviations"]


@lru_cache(maxsize=4096)
def suggest_breed(raw: str) -> Breed | None:
    """The breed that `raw` most likely means: an alias first, then a near spelling. For show, not for `raw`."""
    exact = find_breed(raw)
    if exact is not None or len(raw) < 5:
        return exact
    names = [name for name in _breed_of_alias() if len(name) > 4]
    best = process.extractOne(" ".join(raw.casefold().split()), names, scorer=fuzz.ratio, score_cutoff=SURE_OF_BREED)
    return _breed_of_alias()[best[0]] if best else None


def implied_species(raw: str) -> str | None:
    """The species that a breed's printed abbreviation tells by itself: DSH is a cat."""
    folded = " ".join(re.sub(r"[^\w\s-]", " ", raw.casefold()).split())
    if folded in _table("breeds")["implies_species"]:
        return "cat"
    return None


def species_of_breed(raw: str) -> str | None:
    """The species that a breed tells by itself: by its abbreviation, or by its name with or without a cross."""
    known = implied_species(raw)
    if known is not None:
        return known
    words = " ".join(_WORD.findall(raw.casefold())).split()
    for end in range(len(words), 0, -1):
        for start in range(end):
            breed = _breed_of_alias().get(" ".join(words[start:end]))
            if breed is not None:
                return breed.species
    return None


def is_plausible_weight(*, species: str, kg: float) -> bool:
    """Whether an animal of that species may weigh `kg`, newborn to giant. An unknown species may weigh anything."""
    entry = _table("species").get(species)
    return entry is None or entry["weight_kg"][0] <= kg <= entry["weight_kg"][1]


def list_words() -> frozenset[str]:
    """Every word for a kind of animal and every name of a breed, folded."""
    return frozenset(_species_of_word()) | frozenset(_breed_of_alias())


def list_species() -> tuple[str, ...]:
    """The values that a species has."""
    return tuple(_table("species"))
