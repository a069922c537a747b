"""Owners and patients put aside, taken back, and erased.

Archived rows stand in no list and meet no file, and come back unharmed. Purging deletes the row for good. A patient is
purged by `documents.operations.erasing`, because what files tell of it goes with it. A row is locked without its key,
so that filing, which refers to it, neither waits nor meets a deadlock.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from patients.models import Owner, Patient
from patients.operations.refusals import NotArchived, OwnerHasPatients
from pennie.accounts.kept_answers import erase_answers
from pennie.accounts.principal import Principal


@transaction.atomic
def archive_patient(*, principal: Principal, patient_id: UUID, now: datetime) -> Patient:
    """Raises Missing. An archived one stays as it is."""
    patient = Patient.objects.select_for_update(no_key=True).access(principal=principal, id=patient_id)
    _put_aside(patient, now)
    return patient


@transaction.atomic
def restore_patient(*, principal: Principal, patient_id: UUID, now: datetime) -> Patient:
    """With its owner, where that one is archived, too. Raises Missing."""
    patient = Patient.objects.select_for_update(no_key=True).access(principal=principal, id=patient_id)
    if patient.owner_id:
        _take_back(Owner.objects.select_for_update(no_key=True).access(principal=principal, id=patient.owner_id), now)
    _take_back(patient, now)
    return patient


@transaction.atomic
def archive_owner(*, principal: Principal, owner_id: UUID, now: datetime) -> Owner:
    """Raises Missing, and OwnerHasPatients while a patient of theirs is not archived."""
    owner = Owner.objects.select_for_update(no_key=True).access(principal=principal, id=owner_id)
    count = owner.patients.filter(archived_at=None).count()
    if count and not owner.is_archived:
        raise OwnerHasPatients(count=count, cure="Archive them, or give them another owner, first.")
    _put_aside(owner, now)
    return owner


@transaction.atomic
def restore_owner(*, principal: Principal, owner_id: UUID, now: datetime) -> Owner:
    """Raises Missing."""
    owner = Owner.objects.select_for_update(no_key=True).access(principal=principal, id=owner_id)
    _take_back(owner, now)
    return owner


@transaction.atomic
def purge_owner(*, principal: Principal, owner_id: UUID) -> None:
    """Deletes an archived owner. Raises Missing, NotArchived, OwnerHasPatients.

    Their patients go first: what files tell of the owner is kept as facts of the patients.
    """
    owner = Owner.objects.select_for_update().access(principal=principal, id=owner_id)
    if not owner.is_archived:
        raise NotArchived("owner")
    count = owner.patients.count()
    if count:
        raise OwnerHasPatients(count=count, cure="Purge them, or give them another owner, first.")
    erase_answers(clinic_id=owner.clinic_id, about=owner.pk)
    owner.delete()


def _put_aside(row: Owner | Patient, now: datetime) -> None:
    if not row.is_archived:
        row.archived_at = row.updated_at = now
        row.save(update_fields=["archived_at", "updated_at"])


def _take_back(row: Owner | Patient, now: datetime) -> None:
    if row.is_archived:
        row.archived_at, row.updated_at = None, now
        row.save(update_fields=["archived_at", "updated_at"])
