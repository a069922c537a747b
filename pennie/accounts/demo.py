"""The clinic that `make demo` works in: someone who signs in, and a machine with a key."""

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final

from django.db import transaction

from pennie.accounts.models import ApiKey, Clinic, Membership, User
from pennie.accounts.rights import SCOPES_OF_ROLE

STAFF_EMAIL: Final = "staff@demo.example"
_MACHINE_EMAIL: Final = "integration@demo.example"


@dataclass(frozen=True, kw_only=True)
class DemoAccess:
    clinic: str  # its id
    email: str
    password: str
    api_key: str


@transaction.atomic
def prepare_demo(*, known: DemoAccess | None) -> DemoAccess:
    """Make what is missing. What `known` says is kept as far as it holds; else there are a new password and key."""
    clinic = _find_clinic() or Clinic.objects.create(name="Demo Practice")
    staff = _join(clinic=clinic, email=STAFF_EMAIL, name="Demo Staff", role=Membership.Role.ADMIN)
    if known is None or not staff.check_password(known.password):
        password = token_urlsafe(12)
        staff.set_password(password)
        staff.save(update_fields=["password"])
    else:
        password = known.password
    machine = _join(clinic=clinic, email=_MACHINE_EMAIL, name="Demo Integration", role=Membership.Role.INTEGRATION)
    secret = known.api_key if known is not None else ""
    if not ApiKey.objects.filter(clinic=clinic, hash=ApiKey.hash_secret(secret), revoked_at=None).exists():
        secret = _issue_key(clinic=clinic, user=machine)
    return DemoAccess(clinic=str(clinic.pk), email=staff.email, password=password, api_key=secret)


def _find_clinic() -> Clinic | None:
    return Clinic.objects.filter(memberships__user__email=STAFF_EMAIL).order_by("created_at").first()


def _join(*, clinic: Clinic, email: str, name: str, role: Membership.Role) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, name=name, is_staff=role == Membership.Role.ADMIN)
    Membership.objects.get_or_create(user=user, clinic=clinic, defaults={"role": role})
    return user


def _issue_key(*, clinic: Clinic, user: User) -> str:
    secret = ApiKey.make_secret()
    ApiKey.objects.create(
        clinic=clinic,
        user=user,
        name="make demo",
        prefix=secret[:8],
        hash=ApiKey.hash_secret(secret),
        scopes=sorted(SCOPES_OF_ROLE["integration"]),
    )
    return secret
