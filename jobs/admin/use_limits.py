"""Limits of use in the admin: operators set all of them, a clinic's administrators their own clinic's."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jobs.models import UseLimit
from jobs.operations.setting_limits import ALL, check_setting
from pennie.accounts.admin_markup import NOTHING
from pennie.accounts.clinic_admin import ClinicAdmin, ClinicForm
from pennie.accounts.staff import is_operator, may, principal_of_staff
from pennie.lib.refusals import Refusal


class UseLimitForm(ClinicForm):
    """`of_clinic` is the administrator's clinic; None for an operator."""

    class Meta:
        model = UseLimit
        fields = ["scope", "measure", "clinic", "user", "amount"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        said = {**(cleaned or {})}
        scope = said.get("scope", self.instance.scope)
        if scope and said.get("amount") is not None:
            try:
                check_setting(
                    clinic_id=self.of_clinic.pk if self.of_clinic else None,
                    scope=scope,
                    measure=said.get("measure", self.instance.measure),
                    names_clinic=bool(said.get("clinic")),
                    names_user=bool(said.get("user", self.instance.user_id)),
                    amount=said["amount"],
                )
            except Refusal as refusal:
                field = str(refusal.extra.get("pointer", "")).removeprefix("/")
                self.add_error(field if field in self.fields else None, refusal.detail)
        return cleaned


@admin.register(UseLimit)
class UseLimitAdmin(ClinicAdmin):
    """Once set, only the amount is changed."""

    resource = "keys"  # who may make keys to a clinic says how much it asks for
    form = UseLimitForm
    list_filter = ["scope", "measure"]
    list_select_related = ["clinic", "user"]
    search_fields = ["user__name", "user__email"]
    ordering = ["scope", "measure", "-id"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [
            "measure",
            "scope",
            *(["for_clinic"] if is_operator(request) else []),
            "for_user",
            "amount",
            "updated_at",
        ]

    @admin.display(description="clinic", ordering="clinic__name")
    def for_clinic(self, row: UseLimit) -> str:
        return NOTHING if row.scope == "global" else str(row.clinic or "each")

    @admin.display(description="user", ordering="user__email")
    def for_user(self, row: UseLimit) -> str:
        return str(row.user or "each") if row.scope == "user" else NOTHING

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = UseLimit.objects.order_by(*self.ordering)
        if is_operator(request):
            return rows
        principal = principal_of_staff(request)
        return rows.of(principal) if principal else rows.none()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request) or may(request, "keys:read")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request) or may(request, "keys:write")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What holds for the whole clinic only an operator takes away."""
        if is_operator(request):
            return True
        return self.has_add_permission(request) and not (isinstance(obj, UseLimit) and obj.scope != "user")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Not many at once: one could be an operator's to take away."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        if is_operator(request):
            rows: QuerySet[Any] = db_field.remote_field.model._default_manager.all()
            return rows
        return super().get_field_queryset(db, db_field, request)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "scope" and not is_operator(request):
            kwargs["choices"] = [each for each in UseLimit.Scope.choices if each[0] not in ALL]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        named = ["clinic", "user"] if is_operator(request) else ["user"]
        return ["scope", "measure", *named, "amount"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [each for each in self.get_fields(request) if each != "amount"] if obj else []

    def save_model(self, request: HttpRequest, obj: UseLimit, form: Any, change: Any) -> None:
        obj.updated_at = timezone.now()
        obj.by_operator = is_operator(request) or (change and obj.by_operator)
        super().save_model(request, obj, form, change)
