"""Patients that a file tells of and the register does not know: proposals, until somebody confirms them."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Left, Lower

from patients.domain import identity
from patients.domain.animals import AnimalTold, OwnerTold, is_same_person
from patients.models import Owner, Patient

_BIRTH = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)


def lock_register(*, clinic_id: UUID) -> None:
    """Until the transaction ends nobody else matches animals to this clinic's register, so that two files with the same
    new animal make one patient of it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"patients:register:{clinic_id}"])


def propose_patients(*, clinic_id: UUID, told: Sequence[AnimalTold], now: datetime) -> list[Patient]:
    """A proposed patient for each animal, in that order, written in two INSERTs; the register should be locked.

    Its owner is one of the register only where name and phone or e-mail are the same; else the owner is made, too. What
    is too long for the register is left out: it stays among the facts.
    """
    owners = _choose_owners(clinic_id, told, now)
    return Patient.objects.bulk_create(
        [
            Patient(
                clinic_id=clinic_id,
                owner=owner,
                status=Patient.Status.PROPOSED,
                name=animal.name[:200],
                species=_fit(animal.species, 40),
                breed=_fit(animal.breed, 120),
                sex=animal.sex if animal.sex in Patient.Sex.values else "",
                neutered=animal.neutered,
                date_of_birth=animal.date_of_birth if _BIRTH.fullmatch(animal.date_of_birth) else "",
                color=_fit(animal.color, 80),
                microchip=animal.microchip,
                created_at=now,
                updated_at=now,
            )
            for animal, owner in zip(told, owners, strict=True)
        ]
    )


def _choose_owners(clinic_id: UUID, told: Sequence[AnimalTold], now: datetime) -> list[Owner | None]:
    """The owner of each animal. Two animals of one file by one owner's name are one household."""
    named = {identity.fold_name(animal.owner.name): animal.owner for animal in told if animal.owner}
    candidates = list(_find_reachable(clinic_id, list(named.values()))) if named else []
    chosen: dict[str, Owner] = {}
    made: list[Owner] = []
    for folded, owner in named.items():
        known = next((one for one in candidates if is_same_person(told=owner, known=describe_owner(one))), None)
        if known is None:
            known = Owner(
                clinic_id=clinic_id,
                name=owner.name[:200],
                phone=_fit(next(iter(owner.phones), ""), 50),
                email=_fit(next(iter(owner.emails), ""), 254),
                address=_fit(owner.address, 500),
                created_at=now,
                updated_at=now,
            )
            made.append(known)
        chosen[folded] = known
    Owner.objects.bulk_create(made)
    return [chosen[identity.fold_name(animal.owner.name)] if animal.owner else None for animal in told]


def _find_reachable(clinic_id: UUID, told: Collection[OwnerTold]) -> QuerySet[Owner]:
    """Owners of the register by any of these phones or e-mails."""
    emails = {email.lower() for owner in told for email in owner.emails}
    phones = {phone for owner in told for phone in map(identity.phone_digits, owner.phones) if phone}
    lengths = sorted({len(phone) for phone in phones})
    digits = Func(F("phone"), Value(r"\D"), Value(""), Value("g"), function="regexp_replace")
    reached = Q(folded_email__in=emails)
    # By lists, one for each length (an extension may follow): each phone by itself would be looked for in each row.
    for length in lengths:
        reached |= Q(**{f"first_{length}__in": {phone for phone in phones if len(phone) == length}})
    owners = Owner.objects.filter(clinic_id=clinic_id, archived_at=None)
    told_by = owners.annotate(digits=digits, folded_email=Lower("email"))
    firsts = {f"first_{length}": Left("digits", length) for length in lengths}
    return told_by.annotate(**firsts).filter(reached).order_by("id")


def describe_owner(owner: Owner) -> OwnerTold:
    """What the register tells of an owner."""
    return OwnerTold(
        name=owner.name,
        phones=(owner.phone,) if owner.phone else (),
        emails=(owner.email,) if owner.email else (),
        address=owner.address,
    )


def describe_patient(patient: Patient) -> AnimalTold:
    """What the register tells of a patient; its owner should be loaded."""
    chip = identity.normalise_chip(patient.microchip) or ""
    return AnimalTold(
        name=patient.name,
        species=patient.species,
        breed=patient.breed,
        sex=patient.sex,
        neutered=patient.neutered,
        date_of_birth=patient.date_of_birth,
        color=patient.color,
        microchip=chip,
        chips=frozenset({chip} if chip else ()),
        owner=describe_owner(patient.owner) if patient.owner else None,
    )


def _fit(text: str, most: int) -> str:
    return text if len(text) <= most else ""
