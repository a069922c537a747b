"""On whose behalf something is done: the same value for every road in (API, admin, stream, commands)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from pennie.accounts.models import Clinic, User


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """A user in one clinic, with what they may do there. For an API key: the user who made it, the key's scopes."""

    user: "User"
    clinic: "Clinic"
    scopes: frozenset[str]
    api_key_id: UUID | None = None

    @property
    def clinic_id(self) -> UUID:
        return self.clinic.pk

    @property
    def actor(self) -> str:
        """What tells this caller from others of the clinic, for idempotency keys and limits."""
        return f"key:{self.api_key_id}" if self.api_key_id else f"user:{self.user.pk}"

    def may(self, scope: str) -> bool:
        return scope in self.scopes
