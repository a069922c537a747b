"""Which of the identities that documents state are one animal."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from patients.domain import identity


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
    clusters: list[Identity] = []
    unclear: list[Identity] = []
    for one in ordered:
        fitting = [other for other in clusters if one.chips & other.chips and not _are_strangers(one, other)]
        fitting = fitting or [other for other in clusters if one.scanned & other.scanned and _agree(one, other)]
        fitting = fitting or [other for other in clusters if _is_slip(one, other) and _agree(one, other)]
        if len(fitting) == 1:
            fitting[0].absorb(one)
        elif not fitting:
            clusters.append(one)
        else:
            unclear.append(one)
    return clusters, unclear


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
