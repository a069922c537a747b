"""Each animal that a segmentation tells of, with what it tells."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from documents.domain.findings import FactField
from documents.models import Fact, Subject
from patients.domain import identity
from patients.domain.animals import AnimalTold, OwnerTold

_TELLING: tuple[FactField, ...] = (
    "name",
    "species",
    "breed",
    "sex",
    "neutered",
    "date_of_birth",
    "color",
    "microchip",
    "owner",
    "owner_phone",
    "owner_email",
    "owner_address",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """A subject, and what the facts of its file tell of it."""

    subject: Subject
    told: AnimalTold
    lines: Mapping[str, int]  # field to the line of its current value
    is_chip_certain: bool  # one chip is told, and no other

    @property
    def is_named(self) -> bool:
        """Whether it is an animal; else it stands for facts that belong to no known one."""
        return bool(self.subject.name)


def read_sightings(*, subjects: QuerySet[Subject]) -> list[Sighting]:
    """These subjects, the newest segmentation's first, each in its order; two queries, whatever their number."""
    facts: defaultdict[UUID, list[Fact]] = defaultdict(list)
    rows = Fact.objects.filter(subject__in=subjects, field__in=_TELLING, retracted_at=None)
    for fact in rows.order_by("subject_id", "position"):
        facts[fact.subject_id].append(fact)
    ordered = subjects.select_related("patient").order_by("-segmentation", "position")
    return [describe_subject(subject=subject, facts=facts[subject.pk]) for subject in ordered]


def describe_subject(*, subject: Subject, facts: Sequence[Fact]) -> Sighting:
    """`subject` by its facts, in their order: a field's current value first."""
    current = {fact.field: fact for fact in facts if fact.is_current}
    values = {field: str(fact.value) for field, fact in current.items()}
    chips = {identity.normalise_chip(str(fact.value)) for fact in facts if fact.field == "microchip"}
    neutered = current["neutered"].value if "neutered" in current else None
    told = AnimalTold(
        name=subject.name,
        species=values.get("species", ""),
        breed=values.get("breed", ""),
        sex=values.get("sex", ""),
        neutered=neutered if isinstance(neutered, bool) else None,
        date_of_birth=values.get("date_of_birth", ""),
        color=values.get("color", ""),
        microchip=identity.normalise_chip(values.get("microchip", "")) or "",
        chips=frozenset(chip for chip in chips if chip),
        owner=_describe_owner(values.get("owner", ""), values.get("owner_address", ""), facts),
    )
    lines = {field: fact.line for field, fact in current.items()}
    return Sighting(subject=subject, told=told, lines=lines, is_chip_certain=len(chips) == 1)


def _describe_owner(name: str, address: str, facts: Sequence[Fact]) -> OwnerTold | None:
    if not name:
        return None
    return OwnerTold(
        name=name,
        phones=tuple(str(fact.value) for fact in facts if fact.field == "owner_phone"),
        emails=tuple(str(fact.value) for fact in facts if fact.field == "owner_email"),
        address=address,
    )
