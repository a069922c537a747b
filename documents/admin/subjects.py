"""The animals that files tell of, and which patients of the register they are: what is proposed waits for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from documents.admin.subject_steps import STEPS, PatientChoice, PatientForm
from documents.admin.tables import tabulate_facts
from documents.models import Subject
from documents.queries import is_current
from pennie.accounts.admin_markup import NOTHING, label, link_to
from pennie.accounts.admin_steps import Step
from pennie.accounts.clinic_admin import ClinicAdmin, UploadInUse
from pennie.accounts.staff import principal_of_staff

_COLOURS = {"new": "info", "proposed": "warning", "matched": "success", "unknown": "plain"}


@admin.register(Subject)
class SubjectAdmin(ClinicAdmin):
    resource = "documents"
    list_display = ["animal", "upload", "shown_state", "patient", "proposed_patient", "reason"]
    list_filter = [UploadInUse, "state"]
    list_select_related = ["upload", "patient", "proposed_patient"]
    search_fields = ["name", "upload__name", "patient__name"]
    ordering = ["-id"]
    fields = [
        ("name", "shown_state", "reason"),
        ("patient_link", "proposed_link", "upload_link"),
        ("decider", "decided_at"),
    ]
    readonly_fields = ["shown_state", "patient_link", "proposed_link", "upload_link", "decider"]
    change_form_outer_after_template = "pennie/facts.html"
    steps = STEPS

    @property
    def media(self) -> forms.Media:
        return super().media + PatientChoice().media

    def ask(self, request: HttpRequest, step: Step, row: Any, said: Any) -> forms.Form | None:
        form = super().ask(request, step, row, said)
        if isinstance(form, PatientForm):
            form.offer(principal_of_staff(request))
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(is_current(or_archived=True))

    @admin.display(description="animal", ordering="name")
    def animal(self, row: Subject) -> str:
        return str(row)

    @admin.display(description="match", ordering="state")
    def shown_state(self, row: Subject) -> SafeString:
        return label(row.get_state_display(), _COLOURS[row.state])

    @admin.display(description="patient")
    def patient_link(self, row: Subject) -> str:
        return link_to(row.patient)

    @admin.display(description="may be")
    def proposed_link(self, row: Subject) -> str:
        return link_to(row.proposed_patient)

    @admin.display(description="file")
    def upload_link(self, row: Subject) -> str:
        return link_to(row.upload)

    @admin.display(description="decided by")
    def decider(self, row: Subject) -> str:
        return str(row.decided_by or NOTHING)

    def tell_more(self, request: HttpRequest, row: Subject) -> dict[str, Any]:
        facts = row.facts.filter(retracted_at=None).select_related("document", "upload").order_by("position")
        return {"facts": tabulate_facts(facts)}
