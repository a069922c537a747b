"""Budgets in the admin: operators have all, a clinic's administrators those of their clinic."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from jobs.domain.budgets import BudgetState, day_of, find_misfits
from jobs.models import Budget
from jobs.operations import budgeting
from jobs.spending import read_states
from pennie.accounts.admin_markup import NOTHING, label
from pennie.accounts.clinic_admin import ClinicAdmin, ClinicForm
from pennie.accounts.staff import is_operator, may, principal_of_staff

_STANDING = "_pennie_standing"


class BudgetForm(ClinicForm):
    class Meta:
        model = Budget
        fields = ["scope", "clinic", "user", "period", "amount_usd"]

    def clean(self) -> dict[str, Any] | None:
        said = super().clean() or self.cleaned_data
        if self.instance._state.adding and said.get("scope") and said.get("period"):
            misfits = find_misfits(
                scope=said["scope"],
                period=said["period"],
                has_clinic=bool(said.get("clinic") or self.of_clinic),
                has_user=bool(said.get("user")),
            )
            for member, cure in misfits.items():
                self.add_error(member if member in self.fields else None, cure)
        return said


@admin.register(Budget)
class BudgetAdmin(ClinicAdmin):
    resource = "budgets"
    form = BudgetForm
    list_select_related = ["clinic", "user"]
    list_filter = ["scope", "period"]
    ordering = ["-id"]
    readonly_fields = ["used", "left", "percent", "resets"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        clinic = ["clinic"] if is_operator(request) else []
        return ["scope", *clinic, "user", "period", "amount_usd", "used", "left", "percent", "resets"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        if is_operator(request):
            return Budget.objects.order_by("-id")
        principal = principal_of_staff(request)
        return Budget.objects.of(principal).order_by("-id") if principal else Budget.objects.none()

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With how each budget of the page stands: one query for all."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = rows = list(changelist.result_list)
        states = read_states(budgets=rows, day=day_of(timezone.now()))
        for row in rows:
            setattr(row, _STANDING, states.get(row.pk))
        return changelist

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request) or may(request, "budgets:read")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request) or may(request, "budgets:write")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_add_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        what = ["scope", *(["clinic"] if is_operator(request) else []), "user", "period"]
        return [*what, "amount_usd"] if obj is None else [tuple(what), "amount_usd", tuple(self.readonly_fields)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Only the amount is changed: another scope is another budget."""
        return [*self.readonly_fields, *(["scope", "clinic", "user", "period"] if obj else [])]

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        if is_operator(request):
            rows: QuerySet[Any] = db_field.remote_field.model._default_manager.all()
            return rows
        return super().get_field_queryset(db, db_field, request)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "scope" and not is_operator(request):
            kwargs["choices"] = [choice for choice in Budget.Scope.choices if choice[0] != Budget.Scope.GLOBAL]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: Any) -> None:
        amount = form.cleaned_data["amount_usd"]
        if change:
            budgeting.change_amount(budget=obj, amount_usd=amount, now=timezone.now())
            return
        made = budgeting.set_budget(
            scope=form.cleaned_data["scope"],
            period=form.cleaned_data["period"],
            amount_usd=amount,
            clinic_id=obj.clinic_id,
            user_id=obj.user_id,
            now=timezone.now(),
        )
        obj.pk, obj._state.adding = made.budget.pk, False

    def delete_model(self, request: HttpRequest, obj: Budget) -> None:
        budgeting.remove_budget(budget=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Budget]) -> None:
        for budget in queryset:
            budgeting.remove_budget(budget=budget)

    @admin.display(description="used")
    def used(self, row: Budget) -> str:
        state = _find_state(row)
        return f"${state.used_usd:.4f}" if state else NOTHING

    @admin.display(description="left")
    def left(self, row: Budget) -> str:
        state = _find_state(row)
        return f"${state.left_usd:.4f}" if state else NOTHING

    @admin.display(description="percent")
    def percent(self, row: Budget) -> SafeString | str:
        state = _find_state(row)
        if state is None:
            return NOTHING
        return label(f"{state.percent} %", "danger" if state.percent >= 100 else _colour(state.percent))

    @admin.display(description="resets")
    def resets(self, row: Budget) -> Any:
        state = _find_state(row)
        return (state and state.resets_at) or NOTHING


def _colour(percent: int) -> str:
    return "warning" if percent >= 50 else "success"


def _find_state(row: Budget) -> BudgetState | None:
    """None: of a budget for each upload."""
    if not hasattr(row, _STANDING):
        setattr(row, _STANDING, read_states(budgets=[row], day=day_of(timezone.now())).get(row.pk))
    state: BudgetState | None = getattr(row, _STANDING)
    return state
