"""Clinics and their first people, as an operator adds them at a terminal."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from pennie.accounts.models import Clinic, Membership, User
from pennie.lib.refusals import Refusal


class ClinicExists(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "clinic_exists",
            title="There is a clinic of this name",
            detail="Give the new clinic a name that tells it from the other.",
            status=409,
        )


class ClinicUnknown(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "clinic_unknown",
            title="There is no single clinic of this name",
            detail="Add the clinic first, or name another.",
            status=404,
        )


class MemberExists(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "member_exists",
            title="The user is a member of this clinic",
            detail="Change the role in the admin.",
            status=409,
        )


class UserUnfit(Refusal):
    """An e-mail address or a password that cannot be one."""

    def __init__(self, cure: str) -> None:
        super().__init__("user_unfit", title="The user cannot be added", detail=cure, status=400)


def add_clinic(*, name: str, now: datetime) -> Clinic:
    """Raises ClinicExists where one has the name already, in any letter case."""
    if Clinic.objects.filter(name__iexact=name).exists():
        raise ClinicExists
    return Clinic.objects.create(name=name, created_at=now)


def has_account(*, email: str) -> bool:
    return User.objects.filter(email__iexact=email).exists()


@transaction.atomic
def enroll(*, email: str, password: str | None, name: str, clinic: str, role: str, now: datetime) -> Membership:
    """Make the person a member of the clinic of that name; their account is made with `password` if they have none.

    Raises ClinicUnknown, MemberExists and UserUnfit.
    """
    clinics = list(Clinic.objects.filter(name__iexact=clinic)[:2])
    if len(clinics) != 1:
        raise ClinicUnknown
    user = User.objects.filter(email__iexact=email).first() or _make_user(
        email=email, password=password or "", name=name, now=now
    )
    membership, created = Membership.objects.get_or_create(
        user=user, clinic=clinics[0], defaults={"role": role, "created_at": now}
    )
    if not created:
        raise MemberExists
    return membership


def _make_user(*, email: str, password: str, name: str, now: datetime) -> User:
    user = User(email=User.objects.normalize_email(email).lower(), name=name, date_joined=now)
    try:
        user.clean_fields(exclude=["password"])
        validate_password(password, user)
    except ValidationError as unfit:
        raise UserUnfit(" ".join(unfit.messages)) from unfit
    user.set_password(password)
    user.save()
    return user
