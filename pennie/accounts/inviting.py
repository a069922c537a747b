"""How people come into a clinic: an administrator invites who has no account yet; the person sets the password.

An account that exists belongs to its owner, who may work in other clinics: only an operator makes it a member of one
more, and only an operator gives such a person a new link. Else one clinic's administrator could open another clinic.
"""

from datetime import datetime

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from pennie.accounts.models import Membership, User
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing, Refusal


class AccountExists(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "account_exists",
            title="There is an account with this address",
            detail="The person has an account already. Ask PennieAI's operator to make it a member of your clinic.",
            status=409,
        )


class AccountShared(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "account_shared",
            title="The account is not your clinic's alone",
            detail="The person works in another clinic, too, or is an operator. Only an operator can give them a link.",
            status=409,
        )


class PasswordLinks(PasswordResetTokenGenerator):
    """Their tokens end with the password, as Django's, and when the account comes to open more or less than it did.

    Else whoever made a link in one clinic could open another, if the account was made a member there meanwhile.
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        clinics = Membership.objects.filter(user_id=user.pk).order_by("clinic_id").values_list("clinic_id", flat=True)
        opens = ",".join(map(str, clinics))
        return f"{super()._make_hash_value(user, timestamp)}{opens}{user.is_superuser}"


PASSWORD_LINKS = PasswordLinks()


def find_account(*, email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def invite(*, principal: Principal, email: str, name: str, role: str, now: datetime) -> Membership:
    """A new user, without a password yet, as a member of the principal's clinic. Raises AccountExists."""
    with transaction.atomic():
        if find_account(email=email):
            raise AccountExists
        user = User.objects.create_user(email, None, name=name, date_joined=now)
        return Membership.objects.create(user=user, clinic=principal.clinic, role=role, created_at=now)


def renew_invitation(*, principal: Principal, user: User) -> str:
    """A fresh link for a member of the principal's clinic alone. Raises Missing and AccountShared."""
    if not user.memberships.filter(clinic_id=principal.clinic_id).exists():
        raise Missing("user")
    if user.is_superuser or user.memberships.exclude(clinic_id=principal.clinic_id).exists():
        raise AccountShared
    return make_password_link(user=user)


def make_password_link(*, user: User) -> str:
    """The path at which that person sets a password: good once, for PASSWORD_RESET_TIMEOUT seconds, and only as long
    as the person is a member of the same clinics."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("set_password", args=(uid, PASSWORD_LINKS.make_token(user)))
