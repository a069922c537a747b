"""What staff may do with a patient by a button."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from documents.operations.erasing import purge_patient
from patients.models import Patient
from patients.operations.archiving import archive_patient, restore_patient
from patients.operations.registering import confirm_patient
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.staff import require_principal


def _confirm(*, request: HttpRequest, row: Patient, data: dict[str, Any], now: datetime) -> Told:
    confirm_patient(principal=require_principal(request), patient_id=row.pk, now=now)
    return Told(sentence="The patient is confirmed.")


def _archive(*, request: HttpRequest, row: Patient, data: dict[str, Any], now: datetime) -> Told:
    archive_patient(principal=require_principal(request), patient_id=row.pk, now=now)
    return Told(sentence="The patient is archived, and can be restored.")


def _restore(*, request: HttpRequest, row: Patient, data: dict[str, Any], now: datetime) -> Told:
    restore_patient(principal=require_principal(request), patient_id=row.pk, now=now)
    return Told(sentence="The patient is back.")


def _purge(*, request: HttpRequest, row: Patient, data: dict[str, Any], now: datetime) -> Told:
    telling = purge_patient(principal=require_principal(request), patient_id=row.pk, now=now)
    left = f" {len(telling)} files still tell of it: archive and erase them, too." if telling else ""
    return Told(
        sentence=f"The patient and its facts are erased for good.{left}",
        go_to=reverse("admin:patients_patient_changelist"),
    )


def _is_proposed(row: Patient) -> bool:
    return row.status == Patient.Status.PROPOSED and not row.is_archived


def _is_open(row: Patient) -> bool:
    return not row.is_archived


def _is_archived(row: Patient) -> bool:
    return row.is_archived


_WRITE = "patients:write"
STEPS = (
    Step(
        name="confirm",
        label="Confirm",
        scope=_WRITE,
        act=_confirm,
        fits=_is_proposed,
        label_of_many="Confirm the chosen patients",
        is_main=True,
    ),
    Step(
        name="archive",
        label="Archive",
        scope=_WRITE,
        act=_archive,
        fits=_is_open,
        label_of_many="Archive the chosen patients",
    ),
    Step(name="restore", label="Restore", scope=_WRITE, act=_restore, fits=_is_archived, is_main=True),
    Step(name="purge", label="Erase for good", scope="patients:purge", act=_purge, fits=_is_archived, is_grave=True),
)
