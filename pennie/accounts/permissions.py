"""Whether a caller may use a view: each view names its resource, and the method says whether it is read or written."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from pennie.accounts.principal import Principal


class IsMember(BasePermission):
    """A principal with the view's scope: `resource = "uploads"` asks for uploads:read or uploads:write.

    A view may name one scope for a method instead: `scopes = {"DELETE": "uploads:purge"}`.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        principal = request.auth
        if not isinstance(principal, Principal):
            return False
        needed = needed_scope(view, method=request.method or "GET")
        if not principal.may(needed):
            self.message = f"This needs the scope {needed}, which your role or key does not have."
            return False
        return True


class IsKnown(BasePermission):
    """Any principal, whatever their scopes: for what a caller may always ask about themselves."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, Principal)


def caller_of(request: Request) -> Principal:
    """Who sent the request; for views behind one of these permissions."""
    principal = request.auth
    if not isinstance(principal, Principal):
        raise NotAuthenticated
    return principal


def needed_scope(view: Any, *, method: str) -> str:
    """The scope that `view` asks for at `method`."""
    special: dict[str, str] = getattr(view, "scopes", {})
    action = "read" if method in SAFE_METHODS else "write"
    return special.get(method, f"{view.resource}:{action}")
