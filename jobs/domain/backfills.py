"""Backfills as values: which files are read again, by how they were read last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

BackfillState = Literal["open", "paused", "cancelled", "ended"]
BACKFILL_STATES: Final[tuple[BackfillState, ...]] = get_args(BackfillState)
BACKFILL_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "open": "open",  # files are left to be submitted
        "paused": "paused",
        "cancelled": "cancelled",
        "ended": "submitted in full",
    }
)
RULES: Final = "rules"  # in place of a model's name: read by the rules engine
OTHER: Final = "!"  # before a version: any but this one


@dataclass(frozen=True, kw_only=True, slots=True)
class Criteria:
    """What a file must meet; all of it, and of several values one. Empty: whatever it is.

    A version or model with OTHER before it means any but that one. Days are in UTC; `…_until` is the day after the
    last.
    """

    prompt_versions: tuple[str, ...] = ()  # that a model was asked with
    models: tuple[str, ...] = ()
    stitching_versions: tuple[str, ...] = ()  # of stitching and rules, such as v1/r3
    document_types: tuple[str, ...] = ()  # that one of its documents has
    received_since: date | None = None
    received_until: date | None = None
    read_since: date | None = None
    read_until: date | None = None
    spares_model_reads: bool = False  # what a model read is left out: only the rules could read it now

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, without what is empty; `read_criteria` reads it."""
        said: dict[str, Any] = {}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if value:
                said[name] = value.isoformat() if isinstance(value, date) else _listed(value)
        return said


def read_criteria(said: Mapping[str, Any]) -> Criteria:
    """What `Criteria.to_dict` wrote. Raises TypeError for a member that this release does not know."""
    given: dict[str, Any] = {}
    for name, value in said.items():
        if name.endswith(("_since", "_until")):
            given[name] = date.fromisoformat(value)
        else:
            given[name] = tuple(value) if isinstance(value, list) else value
    return Criteria(**given)


def describe_criteria(criteria: Criteria) -> str:
    """For people, in part of a sentence: "last read with prompt v1, sent from 2026-01-01 on"."""
    parts = [
        _say("read with prompt", criteria.prompt_versions),
        _say("read by", criteria.models),
        _say("stitched by", criteria.stitching_versions),
        _say("with a document of type", [each.replace("_", " ") for each in criteria.document_types]),
        _say_days("sent", criteria.received_since, criteria.received_until),
        _say_days("read", criteria.read_since, criteria.read_until),
    ]
    return ", ".join(filter(None, parts)) or "all that were read"


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _say(what: str, values: Sequence[str]) -> str:
    words = [f"any but {each.removeprefix(OTHER)}" if each.startswith(OTHER) else each for each in values]
    return f"{what} {' or '.join(words)}" if words else ""


def _say_days(what: str, since: date | None, until: date | None) -> str:
    words = [f"from {since} on" if since else "", f"before {until}" if until else ""]
    return f"{what} {' and '.join(filter(None, words))}" if since or until else ""
