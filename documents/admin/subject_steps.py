"""What staff decide about whose an animal of a file is, by a button."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest

from documents.models import Subject, Upload
from documents.operations.deciding import accept_match, reassign_subject, reject_match
from patients.models import Patient
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.principal import Principal
from pennie.accounts.staff import limit_to_clinic, require_principal


class PatientChoice(AutocompleteSelect):
    """Looks the clinic's patients up as one types."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(Upload._meta.get_field("patient"), admin.site, attrs=attrs)


def offer_patients(field: Any, principal: Principal | None) -> None:
    """The patients that a form's field takes."""
    field.queryset = limit_to_clinic(Patient.objects.filter(archived_at=None), principal)


class PatientForm(forms.Form):
    patient = forms.ModelChoiceField(queryset=Patient.objects.none(), label="patient", widget=PatientChoice)

    def offer(self, principal: Principal | None) -> None:
        offer_patients(self.fields["patient"], principal)


def _accept(*, request: HttpRequest, row: Subject, data: dict[str, Any], now: datetime) -> Told:
    accept_match(principal=require_principal(request), subject_id=row.pk, now=now)
    return Told(sentence="It is that patient: its documents and facts are filed there.")


def _reject(*, request: HttpRequest, row: Subject, data: dict[str, Any], now: datetime) -> Told:
    subject = reject_match(principal=require_principal(request), subject_id=row.pk, now=now)
    return Told(sentence="It is another one." + (" A new patient is proposed." if subject.patient_id else ""))


def _reassign(*, request: HttpRequest, row: Subject, data: dict[str, Any], now: datetime) -> Told:
    reassign_subject(principal=require_principal(request), subject_id=row.pk, patient_id=data["patient"].pk, now=now)
    return Told(sentence="It is that patient now: its documents and facts are filed there.")


def _is_proposed(row: Subject) -> bool:
    return row.state == Subject.State.PROPOSED


_WRITE = "documents:write"
STEPS = (
    Step(
        name="accept",
        label="Yes, it is",
        scope=_WRITE,
        act=_accept,
        fits=_is_proposed,
        label_of_many="Accept the chosen matches",
        is_main=True,
    ),
    Step(
        name="reject",
        label="No, another one",
        scope=_WRITE,
        act=_reject,
        fits=_is_proposed,
        label_of_many="Reject the chosen matches",
    ),
    Step(name="reassign", label="It is this patient", scope=_WRITE, act=_reassign, form=PatientForm),
)
