"""What the OpenAPI document says of access: the ways to sign in, and the scope that each operation asks for.

drf-spectacular finds the ways to sign in once this is imported, which the app does.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from pennie.accounts.permissions import needed_scope
from pennie.rest.schema import AutoSchema


class ScopedSchema(AutoSchema):
    """Adds the scope that an operation needs to its description."""

    def get_operation(self, *given: Any, **named: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*given, **named)
        if operation is not None and hasattr(self.view, "resource"):
            scope = f"Needs the scope `{needed_scope(self.view, method=self.method)}`."
            operation["description"] = f"{operation.get('description', '')}\n\n{scope}".strip()
        return operation


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "pennie.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A person's access token, from `POST /api/v1/auth/token/`.",
        }


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "pennie.accounts.authentication.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "pk_…",
            "description": "A machine's key, from `POST /api/v1/auth/api-keys/` or the admin.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "pennie.accounts.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "pennie_session",
            "description": "The admin's session, for trying out these pages; changes need the header X-CSRFToken.",
        }
