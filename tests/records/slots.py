"""What a word in braces stands for in the sentences of a pool."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.records.desk import Desk

_PRONOUNS = {  # (of a male, of a female)
    "en": {"he": ("he", "she"), "his": ("his", "her"), "him": ("him", "her")},
    "es": {"o": ("o", "a"), "el": ("el", "la"), "lo": ("lo", "la")},
    "fr": {"il": ("il", "elle"), "e": ("", "e"), "le": ("le", "la")},
    "de": {"er": ("er", "sie"), "ihn": ("ihn", "sie"), "sein": ("sein", "ihr")},
}


def look_up(desk: "Desk", name: str) -> str:
    """A pronoun of the animal at hand, something known or drawn, else one of the pool's words or sentences.

    A pronoun with a capital gives one. Raises KeyError for a word that nothing stands for.
    """
    lower = name.lower()
    pair = _PRONOUNS[desk.language].get(lower)
    if pair is not None:
        word = pair[desk.animal.female]
        return word[:1].upper() + word[1:] if name != lower else word
    special = _SPECIAL.get(name)
    if special is not None:
        return special(desk)
    words = desk.pool["words"].get(name) or desk.pool["sentences"].get(name)
    if words is None:
        raise KeyError(f"the pool has no {name}")
    chosen: str = desk.pick(words)
    return chosen


def _say_vaccine(desk: "Desk") -> str:
    return desk.vaccine(desk.animal)


def _say_medication(desk: "Desk") -> str:
    return f"{desk.pick(desk.pool['words']['start'])} {desk.medicate(desk.animal).line}"


def _say_other(desk: "Desk") -> str:
    """Some other animal's name, of none of the patients at hand."""
    taken = {animal.name for animal in desk.animals[-8:]} | {desk.animal.name}
    while (other := desk.pick(desk.pool["names"]["pets"])) in taken:
        pass
    chosen: str = other
    return chosen


_SPECIAL: dict[str, Callable[["Desk"], str]] = {
    "name": lambda desk: desk.name(desk.animal),
    "other": _say_other,
    "owner_first": lambda desk: desk.animal.owner.first,
    "owner_last": lambda desk: desk.animal.owner.last,
    "past_date": lambda desk: desk.show_date(desk.today - timedelta(days=desk.random.randint(2, 300))),
    "next_date": lambda desk: desk.show_date(desk.today + timedelta(days=desk.random.randint(7, 400))),
    "doc_date": lambda desk: desk.show_date(desk.today),
    "time": lambda desk: desk.show_time(),
    "town": lambda desk: desk.pick(desk.pool["names"]["towns"]),
    "first": lambda desk: desk.pick(desk.pool["names"]["first"]),
    "last": lambda desk: desk.pick(desk.pool["names"]["last"]),
    "other_clinic": lambda desk: desk.pick(desk.pool["names"]["clinics"]),
    "med": _say_medication,
    "vac": _say_vaccine,
}
