"""Random histories of a limit, played to the state machine and to its script on Redis alike."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from hypothesis import strategies as st

from pennie.lib.windowed_limit import Granted, Held, LimitState, Told, Used

BEGIN = 1_700_000_000.0


class Limit(Protocol):
    """WindowedLimit and LimitScript both are."""

    def reserve(
        self, *, now: float, waiter: str, flow: str, weight: int, characters: int, output_tokens: int
    ) -> Granted | Held: ...

    def settle(self, *, now: float, granted: Granted, used: Used | None, told: tuple[Told, Told] | None) -> None: ...

    def pause(self, *, now: float, seconds: float) -> None: ...

    def withdraw(self, *, now: float, waiter: str, granted: Granted | None = None) -> None: ...

    def absorb(self, *, now: float, current: int, slots: Iterable[tuple[int, int, int]]) -> None: ...

    def describe(self, *, now: float) -> LimitState: ...


@dataclass(frozen=True, kw_only=True)
class Step:
    after: float  # seconds since the step before
    kind: str
    who: int = 0
    characters: int = 0
    output_tokens: int = 0
    call: int = 0  # which of the calls in flight
    input_share: float = 1.0  # of what was estimated
    output_share: float = 1.0
    is_known: bool = True  # what the call used
    told: tuple[Told, Told] | None = None
    seconds: float = 0.0


_after = st.one_of(
    st.sampled_from([0.0, 0.001, 0.25, 1.0]), st.floats(0.0, 3.0), st.floats(5.0, 80.0), st.floats(-2.0, 0.0)
)
_told = st.builds(
    Told,
    limit=st.sampled_from([None, 5, 20, 60, 600, 20_000]),
    remaining=st.one_of(st.none(), st.integers(0, 20_000)),
    reset_seconds=st.one_of(st.none(), st.floats(0, 90)),
)
_reserve = st.builds(
    Step,
    after=_after,
    kind=st.just("reserve"),
    who=st.integers(0, 5),
    characters=st.integers(0, 20_000),
    output_tokens=st.integers(0, 3_000),
)
_settle = st.builds(
    Step,
    after=_after,
    kind=st.just("settle"),
    call=st.integers(0, 100),
    input_share=st.floats(0.0, 1.5),
    output_share=st.floats(0.0, 1.2),
    is_known=st.booleans(),
    told=st.one_of(st.none(), st.tuples(_told, _told)),
)
_pause = st.builds(Step, after=_after, kind=st.just("pause"), seconds=st.floats(0.0, 30.0))
_withdraw = st.builds(
    Step,
    after=_after,
    kind=st.just("withdraw"),
    who=st.integers(0, 5),
    call=st.integers(0, 100),
    is_known=st.booleans(),
)
_absorb = st.builds(
    Step, after=_after, kind=st.just("absorb"), call=st.integers(1, 300), characters=st.integers(0, 9_000)
)
traces = st.lists(st.one_of(_reserve, _reserve, _reserve, _settle, _settle, _pause, _withdraw, _absorb), max_size=60)
limits_told = st.tuples(
    st.builds(Told, limit=st.sampled_from([None, 3, 20, 60])),
    st.builds(Told, limit=st.sampled_from([None, 900, 20_000])),
)

_FLOWS = (("a:urgent", 8), ("a:normal", 4), ("b:normal", 4), ("b:bulk", 1))


@dataclass(kw_only=True)
class Call:
    """One that was let in, with what it is known to cost by now."""

    at: float
    granted: Granted
    tokens: int
    requests: int = 1


@dataclass(kw_only=True)
class Played:
    """What a limit said to each step, how it stood then, and the calls that it let in."""

    said: list[object] = field(default_factory=list)
    states: list[LimitState] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    now: float = BEGIN
    paused_until: float = 0.0
    open: list[Call] = field(default_factory=list)


def play(*, limit: Limit, steps: Iterable[Step], told: tuple[Told, Told] | None = None) -> Played:
    """Plays it and holds, at each call that is let in, that no minute has more than the limit of that moment."""
    played, at = Played(), BEGIN
    if told is not None:
        first = limit.reserve(now=at, waiter="first", flow="first", weight=4, characters=1, output_tokens=1)
        assert isinstance(first, Granted)
        limit.settle(now=at, granted=first, used=Used(input_tokens=0, output_tokens=0), told=told)
        played.calls.append(Call(at=at, granted=first, tokens=1))
    for step in steps:
        at += step.after
        played.now = max(played.now, at)  # a clock that goes back stands still
        _play_step(limit=limit, step=step, at=at, played=played)
        played.states.append(limit.describe(now=at))
    return played


def _play_step(*, limit: Limit, step: Step, at: float, played: Played) -> None:
    if step.kind == "reserve":
        flow, weight = _FLOWS[step.who % len(_FLOWS)]
        said = limit.reserve(
            now=at,
            waiter=f"waiter-{step.who}",
            flow=flow,
            weight=weight,
            characters=step.characters,
            output_tokens=step.output_tokens,
        )
        played.said.append(said)
        if isinstance(said, Granted):
            _let_in(said, played=played, state=limit.describe(now=at))
    elif step.kind == "pause":
        limit.pause(now=at, seconds=step.seconds)
        played.paused_until = max(played.paused_until, played.now + step.seconds)
    elif step.kind == "absorb":
        slot = int(at / 0.25)
        limit.absorb(now=at, current=slot, slots=[(slot - step.call, 1, step.characters), (slot, 2, 5)])
    elif step.kind == "withdraw":
        call = played.open.pop(step.call % len(played.open)) if played.open and step.is_known else None
        limit.withdraw(now=at, waiter=f"waiter-{step.who}", granted=call.granted if call else None)
        if call:
            call.tokens = call.requests = 0
    elif played.open:
        _settle_call(played.open.pop(step.call % len(played.open)), limit=limit, step=step, at=at)


def _let_in(granted: Granted, *, played: Played, state: LimitState) -> None:
    assert played.now >= played.paused_until, "a pause holds"
    call = Call(at=played.now, granted=granted, tokens=granted.tokens)
    minute = [each for each in played.calls if each.at > played.now - 60]
    if state.requests_limit:
        assert sum(each.requests for each in minute) + 1 <= state.requests_limit
    if state.tokens_limit:
        before = sum(each.tokens for each in minute)
        assert before + granted.tokens <= state.tokens_limit or (before == 0 and granted.tokens > state.tokens_limit)
    played.calls.append(call)
    played.open.append(call)


def _settle_call(call: Call, *, limit: Limit, step: Step, at: float) -> None:
    granted = call.granted
    used = Used(
        input_tokens=round((granted.tokens - granted.output_tokens) * step.input_share),
        output_tokens=round(granted.output_tokens * step.output_share),
    )
    limit.settle(now=at, granted=granted, used=used if step.is_known else None, told=step.told)
    if step.is_known:
        # At the least: what a provider does not give back is charged on.
        call.tokens = used.input_tokens + used.output_tokens
