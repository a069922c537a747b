"""The clients of a clinic in the admin. Its patients are with the documents, which tell of them."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from patients.models import Owner
from patients.operations.archiving import archive_owner, purge_owner, restore_owner
from patients.operations.registering import OwnerFields, create_owner, update_owner
from patients.queries import version_of
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.clinic_admin import ClinicAdmin, ClinicForm, InUse
from pennie.accounts.staff import require_principal


class RegisterForm(ClinicForm):
    """What the register takes is the domain's to say, in its words: the table's constraints are not looked at here."""

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() | {"external_id", "date_of_birth"}


def _archive(*, request: HttpRequest, row: Owner, data: dict[str, Any], now: datetime) -> Told:
    archive_owner(principal=require_principal(request), owner_id=row.pk, now=now)
    return Told(sentence="The owner is archived.")


def _restore(*, request: HttpRequest, row: Owner, data: dict[str, Any], now: datetime) -> Told:
    restore_owner(principal=require_principal(request), owner_id=row.pk, now=now)
    return Told(sentence="The owner is back.")


def _purge(*, request: HttpRequest, row: Owner, data: dict[str, Any], now: datetime) -> Told:
    purge_owner(principal=require_principal(request), owner_id=row.pk)
    return Told(sentence="The owner is erased for good.", go_to=reverse("admin:patients_owner_changelist"))


def _is_open(row: Owner) -> bool:
    return not row.is_archived


def _is_archived(row: Owner) -> bool:
    return row.is_archived


@admin.register(Owner)
class OwnerAdmin(ClinicAdmin):
    form = RegisterForm
    steps = [
        Step(name="archive", label="Archive", scope="patients:write", act=_archive, fits=_is_open),
        Step(name="restore", label="Restore", scope="patients:write", act=_restore, fits=_is_archived, is_main=True),
        Step(
            name="purge", label="Erase for good", scope="patients:purge", act=_purge, fits=_is_archived, is_grave=True
        ),
    ]
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
        rows: QuerySet[Any] = super().get_queryset(request).annotate(patient_count=patients)
        return rows

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

    def version_of(self, row: Owner) -> str:
        return version_of(row)

    def save_model(self, request: HttpRequest, obj: Owner, form: Any, change: Any) -> None:
        said = cast(
            OwnerFields,
            {name: form.cleaned_data[name] for name in (form.changed_data if change else form.cleaned_data)},
        )
        who, now = require_principal(request), timezone.now()
        if change:
            known = self.versions_known(request)
            update_owner(principal=who, owner_id=obj.pk, fields=said, versions=known, now=now)
        else:
            obj.pk = create_owner(principal=who, fields=said, now=now).pk
            obj._state.adding = False
