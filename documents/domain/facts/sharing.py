"""Which patient each observation is of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from documents.domain.facts.adoptions import OF_OWNER, list_former
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.directory import Directory, Sighting
from documents.domain.facts.naming import Naming
from documents.domain.facts.observed import Observation
from documents.domain.facts.outliers import find_outliers
from documents.domain.findings import FACT_FIELDS, HOUSEHOLD_FIELDS
from patients.domain import identity

_OF_ANIMAL = frozenset(FACT_FIELDS) - HOUSEHOLD_FIELDS
Shares = Mapping[int | None, Sequence[Observation]]  # by position of a patient; None: nobody's


def share_out(
    *,
    observations: Sequence[Observation],
    directory: Directory,
    fuller: Mapping[str, Observation],
    lines: Sequence[str],
) -> Shares:
    """Each patient's observations; those of nobody under None. An owner's belong to all patients of the document.

    `fuller` are owners, telephones and addresses by a form as printed that leaves something out. What is more likely
    another animal's than its patient's is nobody's (`outliers`).
    """
    shares: defaultdict[int | None, list[Observation]] = defaultdict(list)
    strangers = _list_strangers(observations, directory)
    for observation in observations:
        told = observation
        if (observation.claim.line, observation.claim.quote) in strangers and observation.value.field in _OF_ANIMAL:
            continue  # of "Maple (Golden, FS), Gus (DMH, MN)" Gus alone is said to be a DMH
        if observation.value.field == "name":
            told = _with_own_name(observation, directory.naming)
        elif observation.value.field == "owner":
            told = fuller.get(str(observation.value.value), observation)
            if len(identity.owner_parts(str(told.value.value), initials=True)) < 2:
                continue  # a surname alone tells apart, and says too little of who it is
        elif observation.value.field in ("owner_phone", "owner_address"):
            told = fuller.get(str(observation.value.value), observation)
        for owner in _find_owners(observation, directory, lines):
            shares[owner].append(told)
    for index, name in enumerate(directory.names):
        former = list_former(observations=shares[index], surrenders=directory.surrenders)
        shares[index] = [one for one in shares[index] if one.claim not in former]
        strange = find_outliers(name=name, observations=shares[index], lines=lines)
        shares[None] += [one for one in shares[index] if one.claim in strange]
        shares[index] = [one for one in shares[index] if one.claim not in strange]
    return shares


def _list_strangers(observations: Iterable[Observation], directory: Directory) -> frozenset[tuple[int, str]]:
    """Lines and quotes that name an animal that is only mentioned."""
    names = (one for one in observations if one.value.field == "name")
    return frozenset((one.claim.line, one.claim.quote) for one in names if directory.is_stranger(one))


def _find_owners(observation: Observation, directory: Directory, lines: Sequence[str]) -> Sequence[int | None]:
    field, claim = observation.value.field, observation.claim
    sighting = Sighting(
        document=observation.document,
        line=claim.line,
        quote="" if field == "color" else claim.quote,  # cinnamon is a coat, though Cinnamon is an animal
        ahead="" if field == "color" else _ahead_of(claim, lines),
        is_signature=field == "veterinarian" and claim.quote == claim.raw,
        is_row=field == "vaccine",
    )
    if field == "name":
        return (directory.patient_named_by(observation),)
    if field in HOUSEHOLD_FIELDS:
        found = directory.patients_of(sighting)
        if field in OF_OWNER and len(found) > 1:
            found = directory.keep_household(found, document=observation.document)
        return found or (None,)
    if field == "microchip" and not observation.value.flags:
        return (directory.patient_of_code(str(observation.value.value), sighting),)
    return (directory.patient_at(sighting),)


def _ahead_of(claim: LocatedClaim, lines: Sequence[str]) -> str:
    line = lines[claim.line - 1]
    return line[: max(line.find(claim.quote), 0)]


def _with_own_name(observation: Observation, naming: Naming) -> Observation:
    """The observation with the animal's own name of "Tansy Ellacott", where Ellacott is somebody's surname."""
    own = naming.own_name(observation)
    is_own = own == observation.value.value
    return observation if is_own else replace(observation, value=replace(observation.value, value=own))
