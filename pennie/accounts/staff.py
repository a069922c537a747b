"""Who works in the admin, and which rows are theirs: members have their clinic's, operators no clinic's."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from pennie.accounts.models import Clinic, User
from pennie.accounts.principal import Principal
from pennie.accounts.sessions import principal_of_session
from pennie.accounts.tenancy import ClinicModel


def is_operator(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


def principal_of_staff(request: HttpRequest) -> Principal | None:
    """The signed-in member of a clinic; None for an operator, member or not, and for whoever is in no clinic."""
    return None if is_operator(request) else principal_of_session(request)


def require_principal(request: HttpRequest) -> Principal:
    """The same. Raises PermissionDenied where there is none."""
    principal = principal_of_staff(request)
    if principal is None:
        raise PermissionDenied
    return principal


def may(request: HttpRequest, scope: str) -> bool:
    principal = principal_of_staff(request)
    return principal is not None and principal.may(scope)


def limit_to_clinic(rows: QuerySet[Any], principal: Principal | None) -> QuerySet[Any]:
    """Of a table's rows those of the principal's clinic, of people its members. No principal, no row."""
    model: type = rows.model
    if principal is None:
        return rows.none()
    if issubclass(model, ClinicModel):
        return rows.filter(clinic_id=principal.clinic_id)
    if issubclass(model, User):
        return rows.filter(memberships__clinic_id=principal.clinic_id, is_active=True)
    if issubclass(model, Clinic):
        return rows.filter(pk=principal.clinic_id)
    return rows.none()  # a table that nobody thought of shows nothing
