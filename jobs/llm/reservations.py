"""What a limiter is asked and what it says, and the same as `pennie.lib.windowed_limit` puts it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Protocol

from jobs.domain.states import Priority
from jobs.llm.client import ToldLimits, Usage
from pennie.lib.limit_levels import UNKNOWN, Belief
from pennie.lib.windowed_limit import Granted, Held, LimitState, Told, Used

WEIGHTS: Final[dict[Priority, int]] = {"urgent": 8, "normal": 4, "bulk": 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Calls that share one place in the line; between flows the limit is divided fairly, by weight."""

    clinic: str  # its id
    priority: Priority


@dataclass(frozen=True, kw_only=True, slots=True)
class Reservation:
    """One call may be made. It is settled, or withdrawn if it is not made."""

    tokens: int  # charged: input as estimated, and the most that the answer may have
    slot: int
    is_local: bool  # let in by this process alone, while Redis was away
    characters: int
    output_tokens: int
    of_requests: Belief | None = None
    of_tokens: Belief | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Not yet: reserve again in so many seconds, under the same waiter's name, to keep the place in the line."""

    seconds: float
    reason: Literal["limit", "paused", "turn"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LimiterState:
    """How things stand, for people."""

    requests_per_minute: int | None  # what is kept to; None: no limit
    tokens_per_minute: int | None
    is_told: bool  # by the provider; else it is assumed
    used_requests: int  # in the last minute
    used_tokens: int
    used_share: float  # of the tighter of the two limits; 0 where there is none
    paused_until: datetime | None
    waiting: int
    processes: int  # that share the limit, as far as known
    tokens_per_character: float
    refunds: bool  # the provider gives back what was reserved for an answer and not used
    is_local: bool


class Limiter(Protocol):
    """Safe to share among threads."""

    def reserve(self, *, waiter: str, flow: Flow, characters: int, output_tokens: int) -> Reservation | Wait:
        """Let a call of so many characters of input, and at most so many tokens of output, in."""
        ...

    def settle(self, *, reservation: Reservation, usage: Usage | None, told: ToldLimits | None) -> None:
        """What the call used; None: not known. What its reply told of the limits; None: there was no reply."""
        ...

    def pause(self, *, seconds: float) -> None:
        """Let nothing in for so long, in any process."""
        ...

    def withdraw(self, *, waiter: str, reservation: Reservation | None = None) -> None:
        """Wait no longer; give back what was reserved and not sent."""
        ...

    def describe(self) -> LimiterState: ...


def name_flow(flow: Flow) -> str:
    return f"{flow.clinic}:{flow.priority}"


def share_of(amount: int, members: int) -> int:
    """Of a limit; none and unknown stay what they are."""
    return max(1, amount // members) if amount > 0 else amount


def tell_said(said: Granted | Held, *, is_local: bool) -> Reservation | Wait:
    if isinstance(said, Held):
        return Wait(seconds=said.seconds, reason=said.reason)
    return Reservation(
        tokens=said.tokens,
        slot=said.slot,
        is_local=is_local,
        characters=said.characters,
        output_tokens=said.output_tokens,
        of_requests=said.of_requests,
        of_tokens=said.of_tokens,
    )


_NO_BELIEF: Final = Belief(granted=0, by_reserve=0.0, by_usage=0.0)


def granted_of(reservation: Reservation) -> Granted:
    return Granted(
        tokens=reservation.tokens,
        slot=reservation.slot,
        characters=reservation.characters,
        output_tokens=reservation.output_tokens,
        of_requests=reservation.of_requests or _NO_BELIEF,
        of_tokens=reservation.of_tokens or _NO_BELIEF,
    )


def used_of(usage: Usage | None) -> Used | None:
    return Used(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens) if usage else None


def split_told(told: ToldLimits, *, members: int) -> tuple[Told, Told]:
    """Of requests and of tokens, for one of so many members."""
    limits = (told.requests_per_minute, told.tokens_per_minute)
    remaining = (told.remaining_requests, told.remaining_tokens)
    resets = (told.reset_requests_seconds, told.reset_tokens_seconds)
    of_requests, of_tokens = (
        Told(
            limit=None if limit is None else share_of(limit, members),
            remaining=None if left is None else left // members,
            reset_seconds=reset,
        )
        for limit, left, reset in zip(limits, remaining, resets, strict=True)
    )
    return of_requests, of_tokens


def describe_state(state: LimitState, *, members: int, is_local: bool) -> LimiterState:
    pairs = ((state.requests_used, state.requests_limit), (state.tokens_used, state.tokens_limit))
    now = datetime.now(tz=UTC)
    return LimiterState(
        requests_per_minute=state.requests_limit or None,
        tokens_per_minute=state.tokens_limit or None,
        is_told=UNKNOWN not in (state.told_requests, state.told_tokens),
        used_requests=state.requests_used,
        used_tokens=state.tokens_used,
        used_share=max((used / limit for used, limit in pairs if limit), default=0.0),
        paused_until=now + timedelta(seconds=state.paused_seconds) if state.paused_seconds else None,
        waiting=state.waiting,
        processes=members,
        tokens_per_character=state.ratio,
        refunds=state.refunds,
        is_local=is_local,
    )
