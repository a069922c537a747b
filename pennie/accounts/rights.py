"""Who may do what: scopes, and the scopes that a role in a clinic brings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Role = Literal["admin", "vet", "assistant", "integration"]

# A resource and what is done with it. `write` includes corrections; `purge` cannot be undone.
SCOPES: Final[tuple[str, ...]] = (
    "uploads:read",
    "uploads:write",
    "uploads:purge",
    "documents:read",
    "documents:write",
    "patients:read",
    "patients:write",
    "patients:purge",
    "jobs:read",
    "jobs:write",
    "ai:read",
    "usage:read",
    "keys:read",
    "keys:write",
    "budgets:read",
    "budgets:write",
    "webhooks:read",
    "webhooks:write",
)
_ADMINISTRATORS = ("keys:", "usage:", "budgets:", "webhooks:")
_READ = frozenset(scope for scope in SCOPES if scope.endswith(":read") and not scope.startswith(_ADMINISTRATORS))
_WORK = _READ | {"uploads:write", "documents:write", "patients:write", "jobs:write"}

SCOPES_OF_ROLE: Final[Mapping[Role, frozenset[str]]] = MappingProxyType(
    {
        "admin": frozenset(SCOPES),
        "vet": _WORK,
        "assistant": _WORK,
        "integration": _WORK | {"webhooks:read", "webhooks:write"},
    }
)
