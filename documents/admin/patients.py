"""Patients in the admin, with what documents tell of them."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Case, F, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from documents import records
from documents.admin.patient_steps import STEPS
from documents.admin.tables import tabulate_documents, tabulate_facts, tabulate_uploads
from documents.domain.findings import FACT_FIELDS
from documents.models import Document, Fact, Upload
from documents.queries import is_repeated
from patients.admin import RegisterForm
from patients.models import Patient
from patients.operations.registering import PatientFields, create_patient, update_patient
from patients.queries import version_of
from pennie.accounts.admin_markup import label
from pennie.accounts.clinic_admin import ClinicAdmin, InUse, RelatedOfClinic
from pennie.accounts.staff import require_principal

MOST_FACTS = 500
MOST_DOCUMENTS = 200
_PLACE_OF_FIELD = Case(*(When(field=field, then=Value(place)) for place, field in enumerate(FACT_FIELDS)))


@admin.register(Patient)
class PatientAdmin(ClinicAdmin):
    resource = "patients"
    may_add = may_change = True
    form = RegisterForm
    steps = STEPS
    list_display = ["name", "species", "breed", "owner", "veterinarian", "microchip", "shown_status", "updated_at"]
    list_filter = [InUse, "status", ("veterinarian", RelatedOfClinic)]
    list_select_related = ["owner", "veterinarian"]
    search_fields = ["name", "microchip", "external_id", "owner__name"]
    ordering = ["-id"]
    autocomplete_fields = ["owner"]
    fields = [
        ("name", "shown_status", "external_id"),
        ("species", "breed", "color"),
        ("sex", "neutered", "date_of_birth"),
        ("microchip", "owner", "veterinarian"),
    ]
    readonly_fields = ["shown_status"]
    change_form_outer_after_template = "pennie/patient.html"

    @admin.display(description="status", ordering="status")
    def shown_status(self, row: Patient) -> SafeString:
        if row.is_archived:
            return label("archived")
        is_confirmed = row.status == Patient.Status.CONFIRMED
        return label(row.get_status_display(), "success" if is_confirmed else "warning")

    def save_model(self, request: HttpRequest, obj: Patient, form: Any, change: Any) -> None:
        """Checked and normalised as by every other road. The form has set what was said on `obj` already, for show."""
        said = {name: form.cleaned_data[name] for name in (form.changed_data if change else form.cleaned_data)}
        fields = cast(PatientFields, {name: getattr(value, "pk", value) for name, value in said.items()})
        who, now = require_principal(request), timezone.now()
        if change:
            known = self.versions_known(request)
            update_patient(principal=who, patient_id=obj.pk, fields=fields, versions=known, now=now)
        else:
            obj.pk = create_patient(principal=who, fields=fields, now=now).pk
            obj._state.adding = False

    def version_of(self, row: Patient) -> str:
        return version_of(row)

    def tell_more(self, request: HttpRequest, row: Patient) -> dict[str, Any]:
        return {
            **super().tell_more(request, row),
            "facts": tabulate_facts(_facts_of(row)[:MOST_FACTS]),
            "documents": tabulate_documents(_documents_of(row)[:MOST_DOCUMENTS]),
            "uploads": tabulate_uploads(_uploads_of(row)[:MOST_DOCUMENTS]),
        }


def _facts_of(patient: Patient) -> QuerySet[Fact]:
    current = Fact.objects.filter(
        patient=patient, retracted_at=None, upload__archived_at=None, segmentation=F("upload__current_segmentation")
    )
    once = current.exclude(records.is_repeated())
    return once.select_related("document", "upload").order_by(_PLACE_OF_FIELD, "-is_current", "-date", "position")


def _documents_of(patient: Patient) -> QuerySet[Document]:
    current = Document.objects.filter(
        patient=patient, upload__archived_at=None, segmentation=F("upload__current_segmentation")
    )
    once = current.exclude(is_repeated()).prefetch_related("copies__upload")
    return once.select_related("upload").order_by("-date", "-id")


def _uploads_of(patient: Patient) -> QuerySet[Upload]:
    return Upload.objects.filter(patient=patient, archived_at=None).order_by("-id")
