"""Who may ask the model now: a question that may not be asked yet comes again later.

One that may has a ticket, which is handed back with what became of the call.
"""

from dataclasses import dataclass
from typing import Protocol

from jobs.llm.client import Question, Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Later:
    """Come again in so many seconds."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """One call may be made."""


class Admission(Protocol):
    """Of one run. Called by its coordinator alone."""

    def enter(self, *, question: Question) -> Ticket | Later:
        """Raises Closed where nothing may be asked."""
        ...

    def leave(self, *, ticket: Ticket, outcome: Reply | BaseException) -> None:
        """What became of the call."""
        ...

    def withdraw(self, *, ticket: Ticket | None = None) -> None:
        """Wait no longer; a ticket that was given is not used."""
        ...


class AlwaysOpen:
    """No limit but the number of calls in flight."""

    def enter(self, *, question: Question) -> Ticket | Later:
        return Ticket()

    def leave(self, *, ticket: Ticket, outcome: Reply | BaseException) -> None:
        pass

    def withdraw(self, *, ticket: Ticket | None = None) -> None:
        pass
