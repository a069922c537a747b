"""Clinics, people and keys in the admin.

Operators manage clinics and people. A clinic's administrators see its members and keys, and set how the clinic works.
"""

from datetime import datetime
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminTextInputWidget,
)

from pennie.accounts.admin_markup import label
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.clinic_admin import ClinicAdmin, ClinicForm, ModelForm, OperatorAdmin
from pennie.accounts.inviting import AccountExists, find_account, invite, make_password_link, renew_invitation
from pennie.accounts.models import ApiKey, Clinic, Membership, User
from pennie.accounts.operations import make_key, revoke_key
from pennie.accounts.rights import SCOPES
from pennie.accounts.staff import is_operator, may, principal_of_staff, require_principal

# Rights are roles here, not Django's groups; tokens end by themselves; of sign-ins only the lockouts matter.
for _model in (Group, OutstandingToken, BlacklistedToken, AccessLog, AccessFailureLog, AccessAttempt):
    admin.site.unregister(_model)

admin.site.index_title = "Overview"

LINK_MADE = "Hand this link to {user}. It sets a password once, within three days."


@admin.register(AccessAttempt)
class FailedSignInAdmin(OperatorAdmin):
    """Who failed to sign in, and is locked out from some number on. Deleting a row ends the lockout."""

    list_display = ["username", "ip_address", "failures_since_start", "attempt_time"]
    search_fields = ["username", "ip_address"]
    fields = ["username", "ip_address", "user_agent", "failures_since_start", "attempt_time"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request)


def _link(request: HttpRequest, user: User, path: str) -> Told:
    return Told(sentence=LINK_MADE.format(user=user), secret=request.build_absolute_uri(path))


def _make_link_as_operator(*, request: HttpRequest, row: User, data: dict[str, Any], now: datetime) -> Told:
    return _link(request, row, make_password_link(user=row))


@admin.register(User)
class UserAdmin(OperatorAdmin):
    list_display = ["email", "name", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (
            None,
            {"fields": [("email", "name"), ("is_active", "is_staff", "is_superuser"), ("last_login", "date_joined")]},
        )
    ]
    add_fieldsets = [(None, {"fields": [("email", "name"), ("is_staff", "is_superuser")]})]
    steps = [Step(name="link", label="Make a link to set a password", scope="", act=_make_link_as_operator)]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """No guessing at a password's hash, letter by letter."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "is_superuser":
            kwargs |= {"label": "operator", "help_text": "Of all clinics and their people, and no patient's data."}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: Any) -> None:
        obj.email = obj.email.lower()
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


@admin.register(Clinic)
class TenantAdmin(OperatorAdmin):
    """Operators have them all; a clinic's administrator has their own, to set how it works."""

    list_display = ["name", "auto_match", "model_allowed", "created_at"]
    search_fields = ["name"]
    fields = ["name", "auto_match", "model_allowed", "rules_when_model_away"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        principal = principal_of_staff(request)
        return rows if is_operator(request) else rows.filter(pk=principal.clinic_id if principal else None)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request) or may(request, "keys:write")


class InvitationForm(ClinicForm):
    email = forms.EmailField(label="E-mail address", widget=UnfoldAdminEmailInputWidget)
    name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Membership
        fields = ["role"]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if find_account(email=email):
            raise forms.ValidationError(AccountExists().detail)
        return email


class AssignmentForm(ModelForm):
    class Meta:
        model = Membership
        fields = ["user", "clinic", "role"]

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if user.is_superuser:
            raise forms.ValidationError(
                "This is an operator's account, and operators see no patient data. Make the person another one."
            )
        return user


def _renew_link(*, request: HttpRequest, row: Membership, data: dict[str, Any], now: datetime) -> Told:
    return _link(request, row.user, renew_invitation(principal=require_principal(request), user=row.user))


@admin.register(Membership)
class MembershipAdmin(ClinicAdmin):
    """Operators make any user a member anywhere; a clinic's administrator invites people who have no account yet."""

    resource = "keys"  # who may make keys to a clinic says who comes in
    list_filter = ["role"]
    list_select_related = ["user", "clinic"]
    search_fields = ["user__name", "user__email"]
    autocomplete_fields = ["user", "clinic"]
    ordering = ["user__email"]
    steps = [Step(name="link", label="Make a link to set a password", scope="keys:write", act=_renew_link)]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["email", "person", *(["clinic"] if is_operator(request) else []), "role", "created_at"]

    @admin.display(description="name", ordering="user__name")
    def person(self, row: Membership) -> str:
        return str(row.user)

    @admin.display(description="e-mail address", ordering="user__email")
    def email(self, row: Membership) -> str:
        return row.user.email

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        if is_operator(request):
            return Membership.objects.order_by("user__email", "clinic__name")
        principal = principal_of_staff(request)
        return Membership.objects.filter(clinic=principal.clinic if principal else None).order_by("user__email")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request) or may(request, "keys:read")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request) or may(request, "keys:write")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_delete_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody takes away their own way in."""
        is_own = isinstance(obj, Membership) and obj.user_id == request.user.pk
        return self.has_add_permission(request) and not is_own

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Not many at once: one's own could be among them."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        if is_operator(request):
            rows: QuerySet[Any] = db_field.remote_field.model._default_manager.all()
            return rows
        return super().get_field_queryset(db, db_field, request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Not the first of the roles, which may do all."""
        return {"role": Membership.Role.VET, **super().get_changeform_initial_data(request)}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if is_operator(request):
            return ["user", "clinic", "role"]
        return ["person", "email", "role"] if obj else ["email", "name", "role"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return []
        return ["user", "clinic"] if is_operator(request) else ["person", "email"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = AssignmentForm if is_operator(request) else InvitationForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: Any) -> None:
        if change or is_operator(request):
            super().save_model(request, obj, form, change)
            return
        said = form.cleaned_data
        made = invite(
            principal=require_principal(request),
            email=said["email"],
            name=said["name"],
            role=said["role"],
            now=timezone.now(),
        )
        obj.pk, obj.user, obj._state.adding = made.pk, made.user, False

    def response_add(self, request: HttpRequest, obj: Membership, post_url_continue: str | None = None) -> HttpResponse:
        if is_operator(request):
            return super().response_add(request, obj, post_url_continue)
        told = _link(request, obj.user, make_password_link(user=obj.user))
        return self.show_secret(request, told, back_to=reverse("admin:accounts_membership_changelist"))


class KeyForm(ClinicForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="What the key may do. Give it no more than it needs.",
    )

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "expires_at"]


_MADE = "_pennie_made"


def _revoke(*, request: HttpRequest, row: ApiKey, data: dict[str, Any], now: datetime) -> Told:
    revoke_key(principal=require_principal(request), key_id=row.pk, now=now)
    return Told(sentence="The key is revoked: it opens nothing any more.")


def _is_not_revoked(row: ApiKey) -> bool:
    return row.revoked_at is None


@admin.register(ApiKey)
class ApiKeyAdmin(ClinicAdmin):
    resource = "keys"
    list_display = ["name", "prefix", "maker", "state", "last_used_at", "expires_at"]
    list_select_related = ["user"]
    search_fields = ["name", "prefix"]
    may_add = True
    readonly_fields = ["prefix", "maker", "created_at", "revoked_at", "last_used_at"]
    add_fieldsets = [(None, {"fields": ["name", "scopes", "expires_at"]})]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "prefix", "maker"),
                    "scopes",
                    ("created_at", "expires_at"),
                    ("revoked_at", "last_used_at"),
                ]
            },
        )
    ]
    steps = [
        Step(
            name="revoke",
            label="Revoke",
            scope="keys:write",
            act=_revoke,
            fits=_is_not_revoked,
            label_of_many="Revoke the chosen keys",
            is_grave=True,
        )
    ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = KeyForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: Any) -> None:
        """There are only new ones: what was made is revoked, not changed."""
        said = form.cleaned_data
        made = make_key(
            principal=require_principal(request),
            name=said["name"],
            scopes=said["scopes"],
            expires_at=said["expires_at"],
            now=timezone.now(),
        )
        obj.pk, obj.user, obj._state.adding = made.key.pk, made.key.user, False
        setattr(request, _MADE, made)

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        told = Told(sentence=f"The key “{obj.name}”", secret=getattr(request, _MADE).secret)
        return self.show_secret(request, told, back_to=reverse("admin:accounts_apikey_changelist"))

    @admin.display(description="acts for", ordering="user__email")
    def maker(self, row: ApiKey) -> str:
        return str(row.user)

    @admin.display(description="state")
    def state(self, row: ApiKey) -> SafeString:
        if row.revoked_at:
            return label("revoked", "danger")
        is_over = row.expires_at is not None and row.expires_at <= timezone.now()
        return label("expired", "warning") if is_over else label("alive", "success")

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return not lookup.startswith("hash") and super().lookup_allowed(lookup, value, request)
