"""The clients of a clinic in the admin. Its patients are with the documents, which tell of them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from patients.models import Owner
from pennie.accounts.clinic_admin import ClinicAdmin, InUse


@admin.register(Owner)
class OwnerAdmin(ClinicAdmin):
    resource = "patients"
    may_add = may_change = True
    list_display = ["name", "phone", "email", "patient_count", "external_id", "updated_at"]
    list_filter = [InUse]
    search_fields = ["name", "phone", "email", "external_id"]
    ordering = ["-id"]
    fields = [("name", "external_id"), ("phone", "email"), "address", "patient_links", ("created_at", "updated_at")]
    readonly_fields = ["patient_links", "created_at", "updated_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        patients = Count("patients", filter=Q(patients__archived_at=None))
        return super().get_queryset(request).annotate(patient_count=patients)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return list(self.fields if obj else self.fields[:3])

    @admin.display(description="patients", ordering="patient_count")
    def patient_count(self, row: Any) -> int:
        return int(row.patient_count)

    @admin.display(description="patients", empty_value="none")
    def patient_links(self, row: Owner) -> SafeString | None:
        patients = row.patients.filter(clinic_id=row.clinic_id, archived_at=None).order_by("name")
        links = ((reverse("admin:patients_patient_change", args=(each.pk,)), each.name) for each in patients)
        return format_html_join(", ", '<a class="pennie-link" href="{}">{}</a>', links) or None

    def save_model(self, request: HttpRequest, obj: Owner, form: Any, change: Any) -> None:
        obj.updated_at = timezone.now()
        super().save_model(request, obj, form, change)
