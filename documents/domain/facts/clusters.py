"""Which of the identities that documents state are one animal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from patients.domain import identity

MOST_NAMESAKES = 200  # animals of one name, or of one birth date, that another is compared with


@dataclass(kw_only=True)
class Identity:
    """What one document, or several that belong together, say of one animal."""

    names: Counter[str] = field(default_factory=Counter)  # as printed, without an owner's surname
    chips: set[str] = field(default_factory=set)
    species: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    births: set[str] = field(default_factory=set)
    places: set[tuple[int | None, str]] = field(default_factory=set)  # document and scanned name
    first_line: int = 0

    @property
    def scanned(self) -> set[str]:
        return {identity.fold_scanned(name) for name in self.names}

    def absorb(self, other: "Identity") -> None:
        self.names += other.names
        self.first_line = min(self.first_line, other.first_line)
        for mine, theirs in (
            (self.chips, other.chips),
            (self.species, other.species),
            (self.owners, other.owners),
            (self.births, other.births),
        ):
            mine |= theirs
        self.places |= other.places


def cluster(identities: Iterable[Identity]) -> tuple[list[Identity], list[Identity]]:
    """Identities joined to animals, and those that fit several animals equally well.

    The best known come first, so that what is known little is measured against all that is known well. 1. A shared chip
    joins. 2. The same name joins where neither chip nor kind nor owner contradicts. 3. A likely slip of a name joins
    where the birth date is shared as well.
    """
    ordered = sorted(identities, key=lambda one: (-_knowledge(one), one.first_line, sorted(one.names)))
    known = _Clusters()
    unclear: list[Identity] = []
    for one in ordered:
        fitting = [other for other in known.of_chips(one) if not _are_strangers(one, other)]
        fitting = fitting or [other for other in known.of_names(one) if _agree(one, other)]
        fitting = fitting or [other for other in known.of_births(one) if _is_slip(one, other) and _agree(one, other)]
        if len(fitting) == 1:
            known.join(fitting[0], one)
        elif not fitting:
            known.add(one)
        else:
            unclear.append(one)
    return known.all, unclear


class _Clusters:
    """Animals, and where they are found again: each is compared with those alone that it may be."""

    def __init__(self) -> None:
        self.all: list[Identity] = []
        self._chips: defaultdict[str, list[Identity]] = defaultdict(list)
        self._names: defaultdict[str, list[Identity]] = defaultdict(list)
        self._births: defaultdict[str, list[Identity]] = defaultdict(list)

    def add(self, one: Identity) -> None:
        self.all.append(one)
        self._enter(one, one)

    def join(self, cluster: Identity, one: Identity) -> None:
        cluster.absorb(one)
        self._enter(cluster, one)

    def of_chips(self, one: Identity) -> list[Identity]:
        return _gather_once(self._chips, one.chips)

    def of_names(self, one: Identity) -> list[Identity]:
        return _gather_once(self._names, one.scanned)

    def of_births(self, one: Identity) -> list[Identity]:
        return _gather_once(self._births, one.births)

    def _enter(self, cluster: Identity, one: Identity) -> None:
        for table, keys in ((self._chips, one.chips), (self._names, one.scanned), (self._births, one.births)):
            for key in keys:
                entered = table[key]
                if len(entered) < MOST_NAMESAKES and not any(each is cluster for each in entered):
                    entered.append(cluster)


def _gather_once(table: Mapping[str, list[Identity]], keys: Iterable[str]) -> list[Identity]:
    found = {id(each): each for key in sorted(keys) for each in table.get(key, ())}
    return list(found.values())


def _knowledge(one: Identity) -> int:
    return 8 * bool(one.chips) + 4 * bool(one.species) + 2 * bool(one.owners) + bool(one.births)


def _agree(one: Identity, other: Identity) -> bool:
    if one.chips and other.chips and not one.chips & other.chips:
        return False
    if one.species and other.species and not one.species & other.species:
        return False
    if one.births & other.births or not one.owners or not other.owners:
        return True
    return any(identity.is_same_owner(mine, theirs) for mine in one.owners for theirs in other.owners)


def _are_strangers(one: Identity, other: Identity) -> bool:
    """Whether two are of different names and kinds: then a chip in both was read for one that it is not of."""
    return bool(one.species and other.species) and not (one.species & other.species or one.scanned & other.scanned)


def _is_slip(one: Identity, other: Identity) -> bool:
    return bool(one.births & other.births) and any(identity.is_slip_of(a, b) for a in one.names for b in other.names)
