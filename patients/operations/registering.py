"""Entering owners and patients, and changing them: what is entered is checked and normalised here, by whatever road."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db import IntegrityError, transaction

from patients.domain import identity, species
from patients.models import Owner, Patient, Registered
from patients.operations.refusals import (
    ExternalIdTaken,
    FieldRefused,
    RowArchived,
    Stale,
)
from patients.queries import version_of
from pennie.accounts.models import Membership
from pennie.accounts.principal import Principal

_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_EARLIEST_BIRTH = 1900
_ZONES_AHEAD = timedelta(hours=14)  # somewhere it is tomorrow already


class OwnerFields(TypedDict, total=False):
    """What is said of an owner; what is left out stays as it is."""

    external_id: str
    name: str
    phone: str
    email: str
    address: str


class PatientFields(TypedDict, total=False):
    """What is said of a patient; what is left out stays as it is."""

    external_id: str
    name: str
    species: str  # a word of any of the four languages
    breed: str
    sex: str  # male, female or empty
    neutered: bool | None
    date_of_birth: str  # YYYY, YYYY-MM or YYYY-MM-DD
    color: str
    microchip: str  # spaces and hyphens are dropped
    owner: UUID | None
    veterinarian: UUID | None


def create_owner(*, principal: Principal, fields: OwnerFields, now: datetime) -> Owner:
    """A new owner. Raises FieldRefused, ExternalIdTaken."""
    owner = Owner(clinic_id=principal.clinic_id, created_at=now, updated_at=now)
    _set(owner, fields)
    _save(owner)
    return owner


@transaction.atomic
def update_owner(
    *, principal: Principal, owner_id: UUID, fields: OwnerFields, now: datetime, versions: Collection[str] | None = None
) -> Owner:
    """Changes what `fields` says. `versions`: those (`queries.version_of`) that the caller knows; None: any.

    Raises Missing, Stale, RowArchived, FieldRefused, ExternalIdTaken.
    """
    owner = Owner.objects.select_for_update(no_key=True).access(principal=principal, id=owner_id)
    _check_open(owner, versions)
    _change(owner, fields, now)
    return owner


@transaction.atomic
def create_patient(*, principal: Principal, fields: PatientFields, now: datetime) -> Patient:
    """A new, confirmed patient. Raises FieldRefused, ExternalIdTaken."""
    patient = Patient(clinic_id=principal.clinic_id, status=Patient.Status.CONFIRMED, created_at=now, updated_at=now)
    _set(patient, _check_patient(principal, fields, now))
    _save(patient)
    return patient


@transaction.atomic
def update_patient(
    *,
    principal: Principal,
    patient_id: UUID,
    fields: PatientFields,
    now: datetime,
    versions: Collection[str] | None = None,
) -> Patient:
    """Changes what `fields` says. `versions`: those (`queries.version_of`) that the caller knows; None: any.

    Raises Missing, Stale, RowArchived, FieldRefused, ExternalIdTaken.
    """
    patient = Patient.objects.select_for_update(no_key=True).access(principal=principal, id=patient_id)
    _check_open(patient, versions)
    _change(patient, _check_patient(principal, fields, now, present=patient), now)
    return patient


@transaction.atomic
def confirm_patient(*, principal: Principal, patient_id: UUID, now: datetime) -> Patient:
    """A proposed patient becomes one of the register; a confirmed one stays as it is. Raises Missing, RowArchived."""
    patient = Patient.objects.select_for_update(no_key=True).access(principal=principal, id=patient_id)
    _check_open(patient, None)
    if patient.status != Patient.Status.CONFIRMED:
        patient.status, patient.updated_at = Patient.Status.CONFIRMED, now
        patient.save(update_fields=["status", "updated_at"])
    return patient


def _check_open(row: Registered, versions: Collection[str] | None) -> None:
    if versions is not None and version_of(row) not in versions:
        raise Stale
    if row.is_archived:
        raise RowArchived(str(row._meta.verbose_name))


def _check_patient(
    principal: Principal, fields: PatientFields, now: datetime, *, present: Patient | None = None
) -> dict[str, Any]:
    """The fields as they are stored, foreign keys by id."""
    checked: dict[str, Any] = {name: value for name, value in fields.items() if name not in ("owner", "veterinarian")}
    if fields.get("species"):
        checked["species"] = read_species(fields["species"])
    if fields.get("microchip"):
        checked["microchip"] = read_chip(fields["microchip"])
    if fields.get("date_of_birth"):
        checked["date_of_birth"] = read_birth_date(fields["date_of_birth"], now=now)
    if fields.get("sex", "") not in Patient.Sex.values:
        raise FieldRefused("unknown_sex", field="sex", detail='Say "male", "female" or, where it is not known, "".')
    if "owner" in fields:
        checked["owner_id"] = fields["owner"]
        if fields["owner"] != (present.owner_id if present else None):
            _check_owner(principal, fields["owner"])
    if "veterinarian" in fields:
        checked["veterinarian_id"] = fields["veterinarian"]
        if fields["veterinarian"] != (present.veterinarian_id if present else None):
            _check_veterinarian(principal, fields["veterinarian"])
    return checked


def read_species(raw: str) -> str:
    """The value of a species' word. Raises FieldRefused."""
    found = species.find_species(raw.replace("_", " ")) or (raw if raw in species.list_species() else None)
    if found is None:
        known = ", ".join(species.list_species())
        detail = f"No species is known by that word. Say one of these, or the word for it in en, es, fr or de: {known}."
        raise FieldRefused("unknown_species", field="species", detail=detail)
    return found


def read_chip(raw: str) -> str:
    """A microchip's code as it is kept. Raises FieldRefused."""
    code = identity.normalise_chip(raw)
    if code is None:
        detail = (
            "A microchip has 15 digits (ISO 11784), or 9 or 10 digits (older ones); spaces and hyphens do not count."
        )
        raise FieldRefused("invalid_microchip", field="microchip", detail=detail)
    return code


def read_birth_date(raw: str, *, now: datetime) -> str:
    """A day, month or year of birth that has been. Raises FieldRefused."""
    match = _PARTIAL_DATE.fullmatch(raw.strip())
    try:
        first_day = date(*(int(part or 1) for part in match.groups())) if match else None
    except ValueError:
        first_day = None
    if first_day is None:
        detail = "Say a real day as YYYY-MM-DD, or YYYY-MM or YYYY where no more is known."
        raise FieldRefused("invalid_date", field="date_of_birth", detail=detail)
    if first_day.year < _EARLIEST_BIRTH or first_day > (now + _ZONES_AHEAD).date():
        detail = f"A date of birth lies between {_EARLIEST_BIRTH} and today."
        raise FieldRefused("date_out_of_range", field="date_of_birth", detail=detail)
    return raw.strip()


def _check_owner(principal: Principal, owner_id: UUID | None) -> None:
    if owner_id is None:
        return
    # Locked, lest it be archived or purged meanwhile.
    owner = Owner.objects.select_for_update(no_key=True).of(principal).filter(pk=owner_id).first()
    if owner is None:
        raise FieldRefused("unknown_owner", field="owner", detail="There is no such owner. Create the owner first.")
    if owner.is_archived:
        raise FieldRefused("owner_archived", field="owner", detail="The owner is archived. Restore the owner first.")


def _check_veterinarian(principal: Principal, user_id: UUID | None) -> None:
    if user_id is None:
        return
    members = Membership.objects.filter(clinic_id=principal.clinic_id, user_id=user_id, user__is_active=True)
    if not members.exclude(role=Membership.Role.INTEGRATION).exists():
        detail = "There is no such person in this clinic. Make them a member of it first."
        raise FieldRefused("not_a_member", field="veterinarian", detail=detail)


def _set(row: Owner | Patient, fields: Mapping[str, Any]) -> list[str]:
    """Sets what differs; gives the names of what changed."""
    changed: list[str] = []
    for name, value in fields.items():
        if isinstance(value, str):
            value = value.strip() if name == "address" else " ".join(value.split())
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed.append(name)
    if not row.name:
        raise FieldRefused("name_missing", field="name", detail="Say the name.")
    return changed


def _change(row: Owner | Patient, fields: Mapping[str, Any], now: datetime) -> None:
    changed = _set(row, fields)
    if changed:
        row.updated_at = now
        _save(row, update_fields=[*changed, "updated_at"])


def _save(row: Owner | Patient, *, update_fields: list[str] | None = None) -> None:
    """Raises ExternalIdTaken: the database decides, so that of two at once one is refused."""
    try:
        with transaction.atomic():
            row.save(force_insert=update_fields is None, update_fields=update_fields)
    except IntegrityError as error:
        if "external_id_once" not in str(error):
            raise
        what = str(row._meta.verbose_name)
    else:
        return
    holder = type(row).objects.filter(clinic_id=row.clinic_id, external_id=row.external_id).first()
    raise ExternalIdTaken(what, holder=holder)
