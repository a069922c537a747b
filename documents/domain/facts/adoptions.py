"""Who owns an animal that a shelter gave to somebody: who adopted it, not who gave it up."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from documents.domain.facts import labels
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.marks import find_marks, split_cells
from documents.domain.facts.observed import Observation
from documents.domain.findings import HOUSEHOLD_FIELDS
from patients.domain import identity

HEAD_LINES = 6  # lines at a document's top in which its title stands
OF_OWNER = frozenset({"owner", "owner_phone", "owner_email", "owner_address"}) & HOUSEHOLD_FIELDS


def is_of_adopter(observation: Observation) -> bool:
    """Whether an owner's name stands behind a label of one who takes an animal over."""
    return observation.value.field == "owner" and _is_behind_adopter(observation.claim.quote)


@lru_cache(maxsize=1024)  # a file's owners stand in few lines, which are asked about again and again
def _is_behind_adopter(quote: str) -> bool:
    keys = {mark.key for mark in find_marks(quote)} | {labels.canonical(cell) for _, cell in split_cells(quote)[:1]}
    return not keys.isdisjoint(labels.ADOPTERS)


def changes_hands(observation: Observation, *, surrenders: frozenset[int]) -> bool:
    """Whether an owner gives an animal up or takes it over: then another owner tells of no other animal."""
    return observation.value.field == "owner" and (observation.document in surrenders or is_of_adopter(observation))


def find_surrenders(*, lines: Sequence[str], ranges: Sequence[tuple[int, int]]) -> frozenset[int]:
    """The documents, by position, whose heads say that somebody gives an animal up."""
    return frozenset(
        position
        for position, (first, last) in enumerate(ranges)
        if labels.is_surrender("\n".join(lines[first - 1 : min(last, first - 1 + HEAD_LINES)]))
    )


def list_former(*, observations: Iterable[Observation], surrenders: frozenset[int]) -> frozenset[LocatedClaim]:
    """The claims, among those of one patient, of owners who are so no more.

    Whoever is named in a paper by which an animal is given up; and, where somebody adopted it, everybody else, with the
    telephones and addresses in documents that name one of them and no adopter.
    """
    own = [one for one in observations if one.value.field in OF_OWNER]
    adopters = _list_latest([one for one in own if is_of_adopter(one)])
    owners = [one for one in own if one.value.field == "owner"]
    present = [one for one in owners if any(identity.is_same_owner(str(one.value.value), each) for each in adopters)]
    is_adopted = any(is_of_adopter(one) for one in own)
    gone: set[int | None] = set(surrenders)
    if is_adopted:
        gone |= {one.document for one in owners} - {one.document for one in present} - {None}
    return frozenset(
        one.claim
        for one in own
        if (one.document in gone and one not in present)
        or (is_adopted and one.value.field == "owner" and one not in present)
    )


def _list_latest(adopters: Sequence[Observation]) -> list[str]:
    """The names of the last adopter: an animal that is brought back is adopted again. None where days do not tell."""
    names = [str(one.value.value) for one in adopters]
    if all(identity.is_same_owner(names[0], name) for name in names[1:]):
        return names
    days = [one.date or "" for one in adopters]
    last = [name for name, day in zip(names, days, strict=True) if day == max(days)]
    return last if all(days) and all(identity.is_same_owner(last[0], name) for name in last) else []
