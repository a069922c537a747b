"""The two kinds of table in the admin: a clinic's, and the operators'. Django's own permissions are not asked."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect

from pennie.accounts.admin_steps import Step, StepsAdmin
from pennie.accounts.models import Clinic
from pennie.accounts.staff import is_operator, limit_to_clinic, may, principal_of_staff
from pennie.lib.refusals import Missing, Refusal

_REFUSAL = "_pennie_refusal"
_STALE = "Somebody else changed this meanwhile. Open it anew and look at what is there; to overwrite it, save again."

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm


class RelatedOfClinic(admin.RelatedFieldListFilter):
    """A filter whose choices are the clinic's own."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        rows = limit_to_clinic(field.remote_field.model._default_manager.all(), principal_of_staff(request))
        return [(row.pk, str(row)) for row in rows]


class ClinicForm(ModelForm):
    """A new row belongs to the clinic of who makes it, and the table's constraints are looked at with that."""

    of_clinic: ClassVar[Clinic | None] = None
    refusal: ClassVar[Refusal | None] = None  # what the domain said when this was to be saved

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal is not None:
            detail = _STALE if self.refusal.code == "stale" else self.refusal.detail
            for each in self.refusal.extra.get("errors") or [{"pointer": "", "detail": detail}]:
                field = str(each["pointer"]).removeprefix("/")
                self.add_error(field if field in self.fields else None, each["detail"])
        return cleaned

    def _post_clean(self) -> None:
        if self.instance._state.adding and self.of_clinic:
            self.instance.clinic = self.of_clinic
        super()._post_clean()  # type: ignore[misc]  # not in the stubs

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in the stubs
        return excluded - {"clinic"}


class ClinicAdmin(StepsAdmin):
    """A table of a clinic: each reader sees the rows of theirs. `resource` names the scopes for reading and writing.

    Nothing is added, changed or deleted unless a subclass says so; what else may be done are its `steps`.
    """

    resource: ClassVar[str]
    may_add: ClassVar[bool] = False
    may_change: ClassVar[bool] = False
    may_delete: ClassVar[bool] = False

    form = ClinicForm
    list_per_page = 50
    change_form_before_template = "pennie/version.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request, f"{self.resource}:read")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add and may(request, f"{self.resource}:write")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may_change and may(request, f"{self.resource}:write")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may_delete and may(request, f"{self.resource}:write")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return limit_to_clinic(super().get_queryset(request), principal_of_staff(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """PostgreSQL has no NUL in its texts."""
        return super().get_search_results(request, queryset, search_term.replace("\x00", ""))

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        """The choices of a foreign key."""
        rows = super().get_field_queryset(db, db_field, request)
        if rows is None:
            rows = db_field.remote_field.model._default_manager.all()
        return limit_to_clinic(rows, principal_of_staff(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        principal = principal_of_staff(request)
        told = {"of_clinic": principal.clinic if principal else None, "refusal": getattr(request, _REFUSAL, None)}
        return type(form.__name__, (form,), told)

    def version_of(self, row: Any) -> str:
        """What changes with the row, for the form to carry; empty where that is not looked at."""
        return ""

    def versions_known(self, request: HttpRequest) -> list[str] | None:
        """The version that whoever saves has seen; None: any."""
        return [request.POST["version"]] if request.POST.get("version") else None

    def tell_more(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {"version": self.version_of(row)}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """As always; a refusal of the domain undoes the whole change, and is an error of the form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Missing as missing:
            messages.error(request, str(missing))
            return HttpResponseRedirect(request.get_full_path())
        except Refusal as refusal:
            setattr(request, _REFUSAL, refusal)
            return super().changeform_view(request, object_id, form_url, extra_context)


class OperatorAdmin(StepsAdmin):
    """A table of the operators'. Nothing is deleted: rows of clinics hang on it."""

    list_per_page = 50

    def may_take(self, request: HttpRequest, step: Step) -> bool:
        return is_operator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class InUse(admin.SimpleListFilter):
    """What is archived is left out, unless it is asked for."""

    title = "archive"
    parameter_name = "archive"
    path = "archived_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("only", "archived"), ("all", "all")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "in use"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(**{f"{self.path}__isnull": self.value() != "only"})


class UploadInUse(InUse):
    """The same for what hangs on an upload."""

    path = "upload__archived_at"
