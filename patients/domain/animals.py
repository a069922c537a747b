"""An animal as somebody tells of it, a file or the register, and whether two tellings are of the same one. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from patients.domain import identity

Contradiction = Literal["microchip", "species", "name"]

_Item = TypeVar("_Item")


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerTold:
    """A person as somebody tells of them; empty where nothing is said. The first phone and e-mail are the best."""

    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnimalTold:
    """An animal as somebody tells of it; empty where nothing is said. Values are normalised."""

    name: str = ""
    species: str = ""
    breed: str = ""
    sex: str = ""  # male, female
    neutered: bool | None = None
    date_of_birth: str = ""  # ISO 8601: a day, a month or a year
    color: str = ""
    microchip: str = ""  # the one that counts
    chips: frozenset[str] = frozenset()  # all that are told, for papers contradict themselves
    owner: OwnerTold | None = None


def list_contradictions(*, told: AnimalTold, known: AnimalTold) -> tuple[Contradiction, ...]:
    """The fields in which two tellings cannot be of one animal. What is not told contradicts nothing."""
    found: list[Contradiction] = []
    if told.chips and known.chips and not told.chips & known.chips:
        found.append("microchip")
    if told.species and known.species and told.species != known.species:
        found.append("species")
    if told.name and known.name and not is_same_name(told, known):
        found.append("name")
    return tuple(found)


def is_same_name(one: AnimalTold, other: AnimalTold) -> bool:
    """Whether two names may be one: alike but for a scanner's slip, or one with the owner's surname behind it."""
    first, second = _own_name(one), _own_name(other)
    if identity.fold_scanned(first) == identity.fold_scanned(second) or identity.is_slip_of(first, second):
        return True
    left, right = set(identity.fold_name(one.name).split()), set(identity.fold_name(other.name).split())
    return bool(left and right) and (left <= right or right <= left)


def _own_name(animal: AnimalTold) -> str:
    return identity.drop_surname(animal.name, owners=frozenset({animal.owner.name} if animal.owner else ()))


def fits(*, told: AnimalTold, known: AnimalTold) -> bool:
    """Whether two tellings agree so far that they are taken for one animal: the same chip, else name and species."""
    if told.chips & known.chips:
        return True
    is_named_alike = bool(told.name and known.name) and not list_contradictions(told=told, known=known)
    return is_named_alike and bool(told.species) and told.species == known.species


def is_same_owner(*, told: AnimalTold, known: AnimalTold) -> bool:
    """Whether both name an owner, and the same one. Silence is no agreement."""
    if told.owner is None or known.owner is None:
        return False
    if not identity.owner_parts(told.owner.name) or not identity.owner_parts(known.owner.name):
        return False
    return identity.is_same_owner(told.owner.name, known.owner.name)


def find_again(*, told: AnimalTold, among: Sequence[_Item], telling: Callable[[_Item], AnimalTold]) -> _Item | None:
    """Of an earlier reading of the same file the animal that `told` is: the same chip, else the same name.

    Of two by one name the one of the same species comes first.
    """
    for one in among:
        if told.chips & telling(one).chips:
            return one
    name = identity.fold_scanned(told.name)
    named = [one for one in among if identity.fold_scanned(telling(one).name) == name]
    named = [one for one in named if not (told.chips and telling(one).chips)]
    named.sort(key=lambda one: telling(one).species != told.species)
    return named[0] if named else None


def is_same_person(*, told: OwnerTold, known: OwnerTold) -> bool:
    """Whether an owner of the register is certainly the person told of: the same name, and a phone or e-mail shared."""
    if identity.fold_name(told.name) != identity.fold_name(known.name):
        return False
    phones = {identity.phone_digits(phone) for phone in told.phones} - {""}
    emails = {email.casefold() for email in told.emails}
    return bool(
        phones & {identity.phone_digits(phone) for phone in known.phones}
        or emails & {email.casefold() for email in known.emails}
    )
