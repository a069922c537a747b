"""What is done with people's access and machines' keys."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from pennie.accounts.models import ApiKey, Membership, User
from pennie.accounts.principal import Principal
from pennie.accounts.rights import SCOPES
from pennie.lib.refusals import Refusal

_PREFIX = 8  # characters of a key by which people tell it from others


class SignInFailed(Refusal):
    """One message for every cause: nobody learns which accounts exist."""

    def __init__(self) -> None:
        super().__init__(
            "sign_in_failed",
            title="Sign-in failed",
            detail="The e-mail address or the password is wrong.",
            status=401,
        )


class ClinicNeeded(Refusal):
    """The password is right, but not in which clinic to work. `clinics` lists the user's."""

    def __init__(self, memberships: Collection[Membership]) -> None:
        super().__init__(
            "clinic_required",
            title="Name one of your clinics",
            detail="Send the id of one of `clinics` as `clinic`.",
            status=400,
            extra={"clinics": [{"id": str(each.clinic_id), "name": each.clinic.name} for each in memberships]},
        )


class NoClinic(Refusal):
    """The password is right, but the user is a member of no clinic, or an operator, who sees no patient's data."""

    def __init__(self) -> None:
        super().__init__(
            "no_clinic",
            title="You are a member of no clinic",
            detail="Ask an administrator of your clinic to add you. Operators use another account for clinical work.",
            status=403,
        )


class ScopesTooWide(Refusal):
    def __init__(self, scopes: Collection[str]) -> None:
        super().__init__(
            "scopes_too_wide",
            title="A key cannot do more than its maker",
            detail=f"You may not give {', '.join(sorted(scopes))}. Leave these out.",
            status=400,
        )


class ExpiryUnfit(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "expiry_unfit",
            title="The key's end is not possible",
            detail="It lies in the past. Give a later time, or none.",
            status=400,
        )


class KeyMakesNone(Refusal):
    """A key cannot make keys: they would still open the clinic when it is revoked."""

    def __init__(self) -> None:
        super().__init__(
            "key_makes_no_key",
            title="A key cannot make keys",
            detail="Make it as a person: sign in as an administrator (POST /api/v1/auth/token/), or use the admin.",
            status=403,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NewKey:
    key: ApiKey
    secret: str  # told once, kept nowhere


def sign_in(*, request: HttpRequest, email: str, password: str, clinic_id: UUID | None) -> Membership:
    """The membership of the user with that password, in that clinic, or in their only one.

    1. The password is checked, and the lockout counts by account and address (axes marks `request`; its middleware
       answers 429). 2. A right password clears the count. 3. The clinic is chosen.

    Raises SignInFailed, ClinicNeeded (also for a clinic that is not theirs) and NoClinic.
    """
    user = authenticate(request, username=email, password=password)
    if user is None:
        raise SignInFailed
    user_logged_in.send(sender=User, request=request, user=user)
    memberships = list(user.memberships.select_related("user", "clinic").order_by("clinic__name", "id"))
    if not memberships or user.is_superuser:
        raise NoClinic
    if clinic_id is None and len(memberships) == 1:
        return memberships[0]
    for membership in memberships:
        if membership.clinic_id == clinic_id:
            return membership
    raise ClinicNeeded(memberships)


def make_key(
    *, principal: Principal, name: str, scopes: Collection[str], expires_at: datetime | None, now: datetime
) -> NewKey:
    """A key of the principal's clinic that acts for its user. Raises KeyMakesNone, ScopesTooWide and ExpiryUnfit."""
    if principal.api_key_id is not None:
        raise KeyMakesNone
    if too_wide := set(scopes) - principal.scopes:
        raise ScopesTooWide(too_wide)
    if expires_at is not None and expires_at <= now:
        raise ExpiryUnfit
    secret = ApiKey.make_secret()
    key = ApiKey.objects.create(
        clinic=principal.clinic,
        user=principal.user,
        name=name,
        prefix=secret[:_PREFIX],
        hash=ApiKey.hash_secret(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_at=now,
        expires_at=expires_at,
    )
    return NewKey(key=key, secret=secret)


def revoke_key(*, principal: Principal, key_id: UUID, now: datetime) -> None:
    """From now on the key opens nothing; one that is revoked already stays as it is. Raises Missing."""
    key = ApiKey.objects.access(principal=principal, id=key_id)
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)


def find_role(*, principal: Principal) -> str:
    """The role of the principal's user in the clinic; empty where they have none."""
    roles: Any = Membership.objects.filter(user=principal.user, clinic=principal.clinic).values_list("role", flat=True)
    return str(roles.first() or "")
