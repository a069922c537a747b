"""A job's life as people read it: each state that it was in, from when to when, who did it, and what came of it.

A step is a change of the job's state, and lasts until the next. One in which a worker was at the job is a run of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, get_args
from uuid import UUID

from jobs.domain.parking import PARK_REASONS
from jobs.domain.state_words import say_state
from jobs.domain.states import STATES

# What a job that is not at work waits for: these, or what it is parked for. Empty: nothing.
Waiting = Literal["worker", "paused_queue", "retry"]
WAITS_FOR: Final[tuple[str, ...]] = ("", *get_args(Waiting), *PARK_REASONS)
# How a run ended: the state that the job was in after it, or that its worker was lost. Empty: it is under way.
LOST: Final = "lost"
OUTCOMES: Final[tuple[str, ...]] = ("", LOST, *(state for state in STATES if state != "processing"))
_OF_LOST_WORKERS: Final = frozenset({"taken_over", "poison"})  # reasons of the change that ends their run

# What is said of a step, by its reason; by its state where that says it all.
_SAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "submitted": "Sent in",
        "claimed": "A worker took it",
        "taken_over": "Another worker took it over: the one before was lost",
        "handed_back": "Handed back by its worker, which was told to end",
        "due": "Its time had come: queued again",
        "resumed": "Queued again by staff",
        "retried": "Retried by staff",
    }
)
_SAID_OF_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "retrying": "Waits for its next try",
        "completed": "Completed",
        "partial": "Completed, partly read by the rules",
        "failed": "Failed for good",
        "cancelled": "Cancelled",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change of a job's state as it was written down; what is told of the job is as it was after it."""

    version: int
    after: str  # a state
    reason: str  # a code
    at: datetime
    worker: str = ""
    by: UUID | None = None  # who asked for it; None: nobody did, or the account is gone
    fence: int = 0
    due_at: datetime | None = None
    problem: Mapping[str, str] | None = None  # {code, title, detail}
    windows_done: int = 0
    windows_total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """What the calls to the model of one run came to."""

    made: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)  # of these, by kind of failure
    uncertain: int = 0  # that may have cost something that is not in `known_cost_usd`
    known_cost_usd: Decimal = Decimal(0)

    @property
    def cost_usd(self) -> Decimal | None:
        """None: unknown, which is not 0."""
        return None if self.uncertain else self.known_cost_usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Something that somebody asked for without changing the state at once."""

    at: datetime
    by: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """What is so of the job besides its changes."""

    now: datetime
    is_paused: bool = False  # its queue
    cancel: Asked | None = None
    discarded: Asked | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A worker's time at the job."""

    fence: int  # its lease's number: the job's runs in their order, though a number may be left out
    worker: str
    outcome: str  # one of OUTCOMES
    # Of the file, those answered by its end, from answers that were kept too. None: under way, or not known.
    windows_done: int | None
    windows_total: int | None
    calls: Calls


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A state that the job was in."""

    version: int
    state: str
    reason: str  # a code: why it came to be in it
    said: str  # the same in a few words
    by: UUID | None
    began: datetime
    ended: datetime | None  # None: it is in it still
    waits_for: str  # one of WAITS_FOR
    due_at: datetime | None  # of one that waits for a time
    problem: Mapping[str, str] | None  # {code, title, detail}: what is or was the matter, and what to do
    run: Run | None  # None: no worker was at it
    cancel_asked: Asked | None  # of the run in which it was
    discarded: Asked | None  # of the failure that it was the answer to

    @property
    def seconds(self) -> float | None:
        """How long it lasted. The clocks of two processes may differ: never less than 0. None: it lasts still."""
        return max(0.0, (self.ended - self.began).total_seconds()) if self.ended else None


def tell_steps(
    *, changes: Sequence[Change], following: Change | None, calls: Mapping[int, Calls], present: Present
) -> tuple[Step, ...]:
    """The steps that `changes`, which follow on each other, led to.

    `following`: the change after the last of them; None where the job is still as that one left it. `calls`: by the
    fence of the run that made them.
    """
    nexts = [*changes[1:], following]
    return tuple(
        _tell_step(change, ended_by=ended_by, calls=calls, present=present)
        for change, ended_by in zip(changes, nexts, strict=True)
    )


def _tell_step(change: Change, *, ended_by: Change | None, calls: Mapping[int, Calls], present: Present) -> Step:
    ended = ended_by.at if ended_by else None
    return Step(
        version=change.version,
        state=change.after,
        reason=change.reason,
        said=say_change(state=change.after, reason=change.reason),
        by=change.by,
        began=change.at,
        ended=ended,
        waits_for=_find_waiting(change, ended_by=ended_by, present=present),
        due_at=change.due_at,
        problem=change.problem,
        run=_tell_run(change, ended_by=ended_by, calls=calls) if change.after == "processing" else None,
        cancel_asked=_within(present.cancel, change, ended, state="processing"),
        discarded=_within(present.discarded, change, ended, state="failed"),
    )


def say_change(*, state: str, reason: str) -> str:
    """A change of state in a few words."""
    said = _SAID.get(reason) or _SAID_OF_STATES.get(state)
    return said or say_state(state, parked_for=reason).capitalize()


def _find_waiting(change: Change, *, ended_by: Change | None, present: Present) -> str:
    is_due = change.due_at is None or change.due_at <= present.now
    if change.after in ("pending", "retrying") and ended_by is None and present.is_paused and is_due:
        return "paused_queue"
    if change.after == "parked":
        return change.reason if change.reason in PARK_REASONS else ""
    return {"pending": "worker", "retrying": "retry"}.get(change.after, "")


def _tell_run(change: Change, *, ended_by: Change | None, calls: Mapping[int, Calls]) -> Run:
    return Run(
        fence=change.fence,
        worker=change.worker,
        outcome=_find_outcome(ended_by),
        windows_done=ended_by.windows_done if ended_by else None,
        windows_total=ended_by.windows_total if ended_by else None,
        calls=calls.get(change.fence, Calls()),
    )


def _find_outcome(ended_by: Change | None) -> str:
    if ended_by is None:
        return ""
    return LOST if ended_by.reason in _OF_LOST_WORKERS else ended_by.after


def _within(asked: Asked | None, change: Change, ended: datetime | None, *, state: str) -> Asked | None:
    """What was asked for, where it was during that step and in that state."""
    is_then = asked is not None and change.at <= asked.at and (ended is None or asked.at <= ended)
    return asked if is_then and change.after == state else None


_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def say_seconds(seconds: float) -> str:
    """A duration in its two greatest units: "0.4 s", "3 min 5 s", "2 d 4 h"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    left = round(seconds)
    parts: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(part for part in parts[:2] if part)
