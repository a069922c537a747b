"""Files that staff send in by the admin's form: several at once, each on its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget

from documents.admin.subject_steps import PatientChoice, offer_patients
from documents.extraction.problems import READABLE
from jobs.domain.states import PRIORITIES
from jobs.llm.client import EngineChoice
from jobs.operations.batching import close_batch, make_batch
from jobs.operations.submitting import Submitted, submit
from patients.models import Patient
from pennie.accounts.admin_markup import say_refusal
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing, Refusal

ENGINE_WORDS = {"auto": "automatic", "rules": "rules only", "openai": "model"}
ENGINES = [(each, ENGINE_WORDS.get(each, each)) for each in get_args(EngineChoice)]
PRIORITIES_OFFERED = [(each, each) for each in PRIORITIES]


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedFile:
    name: str
    told: str  # what is wrong, and what to do about it


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Gives the list of the files. One that is empty is refused by the domain, which says what to do about it."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = list(data or [])
        if not files:
            raise forms.ValidationError("Choose at least one file.")
        return files


class SendForm(forms.Form):
    records = FilesField(label="Files", help_text=f"Up to {settings.DATA_UPLOAD_MAX_NUMBER_FILES} at once: {READABLE}.")
    patient = forms.ModelChoiceField(
        queryset=Patient.objects.none(),
        required=False,
        label="Patient",
        widget=PatientChoice,
        help_text="Only if you know that all of them are this animal's record.",
    )
    engine = forms.ChoiceField(choices=ENGINES, widget=UnfoldAdminSelectWidget, label="Read by")
    priority = forms.ChoiceField(
        choices=PRIORITIES_OFFERED, initial="normal", widget=UnfoldAdminSelectWidget, label="Priority"
    )

    def __init__(self, *args: Any, principal: Principal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_patients(self.fields["patient"], principal)


def send_files(
    *, principal: Principal, said: dict[str, Any], now: datetime
) -> tuple[list[Submitted], list[RefusedFile]]:
    """Each file is taken or refused by itself, and nothing is kept of one that is refused. Several are one batch."""
    if len(said["records"]) == 1:
        return _send_each(principal=principal, said=said, batch_id=None, now=now)
    batch = make_batch(principal=principal, name="", now=now)
    try:
        return _send_each(principal=principal, said=said, batch_id=batch.pk, now=now)
    finally:
        close_batch(principal=principal, batch_id=batch.pk, now=now)


def _send_each(
    *, principal: Principal, said: dict[str, Any], batch_id: UUID | None, now: datetime
) -> tuple[list[Submitted], list[RefusedFile]]:
    sent: list[Submitted] = []
    refused: list[RefusedFile] = []
    for file in said["records"]:
        try:
            sent.append(
                submit(
                    principal=principal,
                    file=file,
                    name=file.name,
                    engine=said["engine"],
                    priority=said["priority"],
                    patient_id=said["patient"].pk if said["patient"] else None,
                    batch_id=batch_id,
                    now=now,
                )
            )
        except Refusal as refusal:
            refused.append(RefusedFile(name=file.name, told=say_refusal(refusal)))
        except Missing as missing:
            refused.append(RefusedFile(name=file.name, told=f"{missing} Choose another one."))
    return sent, refused


def tell_sent(submitted: Submitted) -> SafeString:
    """The sentence for a file that was taken, with links to it and to its job."""
    upload, job = submitted.upload, submitted.job
    return format_html(
        '<a class="pennie-link" href="{}">{}</a> {} <a class="pennie-link" href="{}">Its job</a> is {}.',
        reverse("admin:documents_upload_change", args=(upload.pk,)),
        upload.name,
        _tell_receipt(submitted),
        reverse("admin:jobs_job_change", args=(job.pk,)),
        job.state,
    )


def _tell_receipt(submitted: Submitted) -> str:
    if submitted.created:
        return "is received."
    return "was archived, and is back." if submitted.restored else "was here already."
