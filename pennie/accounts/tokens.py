"""The tokens of a signed-in person: an access token for minutes, a refresh token that is good for one renewal.

Both say who (`sub`), in which clinic, and carry a mark of the password they were made under, so that a new password
ends every token. A refresh token that was used or revoked is on the list of simplejwt's `token_blacklist`.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken, Token

from pennie.accounts.models import Membership, User
from pennie.lib.refusals import Refusal

CLINIC_CLAIM = "clinic"
_USER_CLAIM = "sub"
_PASSWORD_CLAIM = "pwd"  # noqa: S105  # the name of a claim
_PASSWORD_MARK = 16  # hexadecimal digits of a keyed hash: tells passwords apart, says nothing of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    access: str
    refresh: str
    expires_in: int  # seconds that the access token lives
    membership: Membership


class TokenRefused(Refusal):
    """A refresh token that opens nothing."""

    def __init__(self) -> None:
        super().__init__(
            "token_not_valid",
            title="The refresh token is not valid",
            detail="It has expired, was used before or was revoked. Sign in again.",
            status=401,
        )


def issue_tokens(*, membership: Membership) -> Tokens:
    """Fresh tokens for that user in that clinic; both should be loaded."""
    refresh = RefreshToken()
    refresh[_USER_CLAIM] = str(membership.user_id)
    refresh[CLINIC_CLAIM] = str(membership.clinic_id)
    refresh[_PASSWORD_CLAIM] = _mark_password(membership.user)
    access = refresh.access_token
    return Tokens(
        access=str(access),
        refresh=str(refresh),
        expires_in=int(access["exp"]) - int(access["iat"]),
        membership=membership,
    )


def renew_tokens(*, refresh: str) -> Tokens:
    """New tokens for an unused refresh token, which is used up. Raises TokenRefused."""
    token = _read_refresh_token(refresh)
    membership = find_membership(token=token)
    if membership is None:
        raise TokenRefused
    used_up: Any = token.blacklist()  # (row, whether this call wrote it), against its annotation
    if not used_up[1]:  # another renewal by the same token was quicker
        raise TokenRefused
    return issue_tokens(membership=membership)


def revoke_token(*, refresh: str) -> None:
    """Use up a refresh token. Raises TokenRefused for one that opens nothing already."""
    _read_refresh_token(refresh).blacklist()


def find_membership(*, token: Token) -> Membership | None:
    """The membership that a valid token was made for; None if it, the user's access or the password has ended."""
    user_id, clinic_id = _as_uuid(token.get(_USER_CLAIM)), _as_uuid(token.get(CLINIC_CLAIM))
    if user_id is None or clinic_id is None:
        return None
    members = Membership.objects.select_related("user", "clinic").filter(user__is_active=True, user__is_superuser=False)
    membership = members.filter(user_id=user_id, clinic_id=clinic_id).first()
    if membership is None:
        return None
    said = str(token.get(_PASSWORD_CLAIM, ""))
    return membership if constant_time_compare(said, _mark_password(membership.user)) else None


def _read_refresh_token(words: str) -> RefreshToken:
    try:
        return RefreshToken(words)  # type: ignore[arg-type]
    except TokenError as error:
        raise TokenRefused from error


def _mark_password(user: User) -> str:
    return user.get_session_auth_hash()[:_PASSWORD_MARK]


def _as_uuid(said: Any) -> UUID | None:
    try:
        return UUID(str(said))
    except ValueError:
        return None
