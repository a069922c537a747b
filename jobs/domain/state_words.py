"""What people are told of a job's state. Programs go by the names in `states` and `parking`, which stay as they are."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

STATE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pending": "queued",
        "processing": "at work",
        "retrying": "tried again soon",
        "parked": "waiting",
        "completed": "completed",
        "partial": "partly read by the rules",
        "failed": "failed for good",
        "cancelled": "cancelled",
    }
)
WAITING_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "model_away": "waiting for the model",
        "no_credit": "waiting for credit",
        "over_budget": "waiting for budget",
        "asked_to_wait": "waiting for the model",
    }
)
DISCARDED: Final = "discarded"


def say_problem(problem: Mapping[str, object] | None) -> str:
    """What is the matter and what to do, once: a detail may begin with its title. Empty where nothing is."""
    title, detail = (str((problem or {}).get(part, "")) for part in ("title", "detail"))
    return detail if detail.startswith(title) else f"{title}. {detail}"


def say_state(state: str, *, parked_for: str = "", is_discarded: bool = False) -> str:
    """A state in words; one that is not known as it is."""
    if state == "failed" and is_discarded:
        return DISCARDED
    return (WAITING_WORDS.get(parked_for) if state == "parked" else None) or STATE_WORDS.get(state, state)
