"""The clinic in which a signed-in person works: the admin has one at a time, kept in the session."""

from functools import partial
from typing import cast
from uuid import UUID

from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from pennie.accounts.models import Membership
from pennie.accounts.principal import Principal
from pennie.accounts.rights import SCOPES_OF_ROLE, Role

_SESSION_KEY = "clinic"
_CACHE = "_pennie_principal"


def principal_of(membership: Membership) -> Principal:
    """A membership as the principal that acts; its user and clinic should be loaded."""
    scopes = SCOPES_OF_ROLE[cast(Role, membership.role)]
    return Principal(user=membership.user, clinic=membership.clinic, scopes=scopes)


def principal_of_session(request: HttpRequest) -> Principal | None:
    """The signed-in user in their chosen clinic, else in the first of theirs; None for nobody or without a clinic.

    Looked up once a request.
    """
    if not hasattr(request, _CACHE):
        setattr(request, _CACHE, _find_principal(request))
    return cast(Principal | None, getattr(request, _CACHE))


def forget_session(request: HttpRequest) -> None:
    """Let a request that stays open for long ask anew who sent it: they may have signed out or been switched off."""
    request.session = type(request.session)(request.session.session_key)
    request.user = SimpleLazyObject(partial(get_user, request))  # type: ignore[assignment]  # as Django's middleware
    if hasattr(request, _CACHE):
        delattr(request, _CACHE)


def _find_principal(request: HttpRequest) -> Principal | None:
    if not request.user.is_authenticated or request.user.is_superuser:  # an operator is of no clinic
        return None
    memberships = list(
        Membership.objects.select_related("user", "clinic").filter(user=request.user).order_by("clinic__name")
    )
    chosen = request.session.get(_SESSION_KEY)
    memberships.sort(key=lambda membership: str(membership.clinic_id) != chosen)  # stable: the chosen one first
    return principal_of(memberships[0]) if memberships else None


def choose_clinic(request: HttpRequest, *, clinic_id: UUID) -> bool:
    """Work in that clinic from now on; False where the user is no member of it."""
    if not (request.user.is_authenticated and request.user.memberships.filter(clinic_id=clinic_id).exists()):
        return False
    request.session[_SESSION_KEY] = str(clinic_id)
    if hasattr(request, _CACHE):
        delattr(request, _CACHE)
    return True
