"""Who calls the API: a person by token or by the admin's session, a machine by key. Each gives a Principal.

`request.user` is the user, `request.auth` the Principal. What was allowed a minute ago is looked up again: a membership
that ended, a key that was revoked or a user who was switched off opens nothing, whatever a token says.
"""

from datetime import timedelta

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication

from pennie.accounts.models import KEY_MARK, ApiKey, Membership, User
from pennie.accounts.principal import Principal
from pennie.accounts.rights import SCOPES_OF_ROLE
from pennie.accounts.sessions import principal_of, principal_of_session
from pennie.accounts.tokens import find_membership

_CHALLENGE = 'Bearer realm="api"'
_USED_AGAIN_AFTER = timedelta(minutes=1)  # a busy key's last use is not written at each request


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer JWT`, for a user in the clinic that the token was made for."""

    _tokens = JWTAuthentication()

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        header = self._tokens.get_header(request)
        raw = self._tokens.get_raw_token(header) if header is not None else None
        if raw is None or raw.startswith(KEY_MARK.encode()):
            return None
        membership = find_membership(token=self._tokens.get_validated_token(raw))
        if membership is None:
            raise AuthenticationFailed("The token's user has a new password or is no longer here. Sign in again.")
        return membership.user, principal_of(membership)

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer pk_…`, for a machine."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.startswith(KEY_MARK):
            return None
        now = timezone.now()
        roles = Membership.objects.filter(user=OuterRef("user"), clinic=OuterRef("clinic")).values("role")[:1]
        key = (
            ApiKey.objects.select_related("user", "clinic")
            .annotate(role=Subquery(roles))
            .filter(role__isnull=False, hash=ApiKey.hash_secret(secret.strip()), revoked_at=None)
            .filter(user__is_active=True, user__is_superuser=False)
            .filter(Q(expires_at=None) | Q(expires_at__gt=now))
            .first()
        )
        if key is None:
            raise AuthenticationFailed("The API key is not known, has expired or was revoked. Make a new one.")
        if key.last_used_at is None or key.last_used_at < now - _USED_AGAIN_AFTER:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        scopes = frozenset(key.scopes) & SCOPES_OF_ROLE[key.role]  # its user may have been given a smaller role
        return key.user, Principal(user=key.user, clinic=key.clinic, scopes=scopes, api_key_id=key.pk)

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE


class SessionAuthentication(authentication.SessionAuthentication):
    """The admin's session, for the pages of the documentation; demands the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        found = super().authenticate(request)
        principal = principal_of_session(request._request) if found else None
        return (principal.user, principal) if principal else None
