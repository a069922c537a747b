"""A limit of requests and tokens per minute as a state machine: no clock, no chance, no I/O.

`docs/algorithms/rate-limits.md` is its specification; `jobs/llm/limiter.lua` is the same, step by step and to the last
bit, for the processes that share a limit through Redis.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from pennie.lib.limit_levels import NONE, UNKNOWN, Belief, Levels

SLOT_SECONDS: Final = 0.25
WINDOW_SLOTS: Final = 243  # 60 s, 0.5 s for calls that reach the provider unevenly, and the slot that is still filled
START_REQUESTS: Final = 500  # a minute, until a reply has told
START_TOKENS: Final = 200_000
START_RATIO: Final = 0.30  # tokens per character
RATIO_MARGIN: Final = 1.01
RATIO_STEP: Final = 0.1
RATIO_BOUNDS: Final = (0.02, 4.0)
LIFE_SECONDS: Final = 3.0  # of a waiter that does not come again
FLOW_SECONDS: Final = 10.0  # a flow is remembered after its last grant
SWEEP_SECONDS: Final = 1.0
LEAST_POLL_SECONDS: Final = 0.02
MOST_POLL_SECONDS: Final = 0.5
LEAST_WAIT_SECONDS: Final = 0.001
MOST_WAIT_SECONDS: Final = 2.0  # within the waiter's life, so that it keeps its place
NOTICEABLE: Final = 0.03  # of the limit
MOST_EVIDENCE: Final = 8
REFUNDS_FROM: Final = 5
REFUNDS_UNTIL: Final = 3
MOST_MISSES: Final = 5  # replies without a limit that was told before, until there is none

Reason = Literal["limit", "paused", "turn"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Granted:
    """A call may be made; `tokens` are charged to `slot`."""

    tokens: int
    slot: int
    characters: int
    output_tokens: int
    of_requests: Belief
    of_tokens: Belief


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Not yet: come again in so many seconds."""

    seconds: float
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a reply tells of one dimension; None where it does not."""

    limit: int | None = None  # a minute
    remaining: int | None = None
    reset_seconds: float | None = None  # until `remaining` is whole again


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """Tokens of a call as the provider counted them."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitState:
    """How things stand. A limit of 0 is none; UNKNOWN is not yet told."""

    told_requests: int
    told_tokens: int
    requests_limit: int  # what is kept to: by what was told, the settings, or the start
    tokens_limit: int
    requests_used: int  # in the window
    tokens_used: int
    paused_seconds: float
    waiting: int
    refunds: bool
    ratio: float


@dataclass(slots=True)
class _Waiter:
    sequence: int
    flow: str
    start: float  # tag: its place in virtual time
    tokens: int = 0
    expires: float = 0.0


@dataclass(slots=True)
class WindowedLimit:
    """One limit and those who wait for it. `now` is in seconds; one that goes back stands still."""

    most_requests: int = 0  # a minute, by the settings; 0: no bound
    most_tokens: int = 0
    start_requests: int = START_REQUESTS
    start_tokens: int = START_TOKENS
    _at: float = 0.0
    _gone: int = -WINDOW_SLOTS  # the last slot that no longer counts
    _slots: dict[int, list[int]] = field(default_factory=dict)  # requests and tokens of each
    _ratio: float = START_RATIO
    _evidence: int = 0
    _refunds: bool = False
    _paused_until: float = 0.0
    _virtual: float = 0.0
    _sequence: int = 0
    _ready_at: float = 0.0  # when the first in the line was told to come
    _swept_at: float = 0.0
    _waiters: dict[str, _Waiter] = field(default_factory=dict)
    _flows: dict[str, tuple[float, float]] = field(default_factory=dict)  # finish tag, time of the last grant
    _requests: Levels = field(init=False)
    _tokens: Levels = field(init=False)

    def __post_init__(self) -> None:
        self._requests = Levels(start=self.start_requests, most=self.most_requests)
        self._tokens = Levels(start=self.start_tokens, most=self.most_tokens)
        self._requests.fill()
        self._tokens.fill()

    def reserve(
        self, *, now: float, waiter: str, flow: str, weight: int, characters: int, output_tokens: int
    ) -> Granted | Held:
        """Let a call in, or tell when to ask again; who is told so keeps a place in the line, for a while."""
        now = self._advance(now)
        tokens = math.ceil(characters * self._ratio * RATIO_MARGIN) + output_tokens
        self._waiters = {name: each for name, each in self._waiters.items() if each.expires > now}
        own = self._take_place(waiter=waiter, flow=flow)
        own.tokens = tokens
        ahead = [each for each in self._waiters.values() if (each.start, each.sequence) < (own.start, own.sequence)]
        if now < self._paused_until:
            seconds = self._paused_until - now
            own.expires = self._paused_until + LIFE_SECONDS
            return Held(seconds=seconds, reason="paused")
        seconds = max(
            self._missing(now=now, which=0, cost=1, ahead=len(ahead)),
            self._missing(now=now, which=1, cost=tokens, ahead=sum(each.tokens for each in ahead)),
        )
        if seconds > 0:
            own.expires = now + LIFE_SECONDS
            return self._hold(now=now, seconds=seconds, is_first=not ahead)
        return self._grant(now=now, waiter=waiter, weight=weight, characters=characters, output_tokens=output_tokens)

    def settle(self, *, now: float, granted: Granted, used: Used | None, told: tuple[Told, Told] | None) -> None:
        """Take in what a call used and what its reply tells of requests and tokens. None: unknown, so as reserved."""
        self._advance(now)
        if used is not None:
            self._correct(granted=granted, used=used)
        if told is not None:
            self._learn(told=told, granted=granted, is_whole=used is not None)

    def learn(self, *, now: float, told: tuple[Told, Told]) -> None:
        """Take in the limits that a reply tells to a call that was let in elsewhere."""
        self._advance(now)
        self._learn(told=told, granted=None, is_whole=True)

    def pause(self, *, now: float, seconds: float) -> None:
        """Let nothing in for so long; of two pauses the later end stands."""
        now = self._advance(now)
        self._paused_until = max(self._paused_until, now + seconds)

    def withdraw(self, *, now: float, waiter: str, granted: Granted | None = None) -> None:
        """Wait no longer; give back what was let in and not sent."""
        self._advance(now)
        self._waiters.pop(waiter, None)
        if granted is None:
            return
        for which, dimension, amount in ((0, self._requests, 1), (1, self._tokens, granted.tokens)):
            dimension.granted -= amount
            self._correct_slot(slot=granted.slot, which=which, change=-amount)
            dimension.add(level=amount, theirs=amount)

    def absorb(self, *, now: float, current: int, slots: Iterable[tuple[int, int, int]]) -> None:
        """Count calls that were let in elsewhere: slot by the clock there, where it is `current`; requests; tokens."""
        now = self._advance(now)
        shift = math.floor(now / SLOT_SECONDS) - current
        for slot, requests, tokens in slots:
            if self._gone < slot + shift <= self._gone + WINDOW_SLOTS:
                self._add_to_slot(slot=slot + shift, requests=requests, tokens=tokens)
        for dimension in (self._requests, self._tokens):
            dimension.level = min(dimension.level, 0.0)

    def start_anew(self, *, now: float, told_requests: int, told_tokens: int, ratio: float) -> None:
        """Begin with what is known from elsewhere, and with no burst: what was used a moment ago is not known."""
        self._advance(now)
        self._requests.learn(told_requests)
        self._tokens.learn(told_tokens)
        self._requests.level = self._tokens.level = 0.0
        self._ratio = ratio

    def list_slots(self) -> list[tuple[int, int, int]]:
        """Slot, requests, tokens: what was let in, of the window."""
        return [(slot, requests, tokens) for slot, (requests, tokens) in sorted(self._slots.items())]

    def describe(self, *, now: float) -> LimitState:
        now = self._advance(now)
        return LimitState(
            told_requests=self._requests.told,
            told_tokens=self._tokens.told,
            requests_limit=self._requests.limit,
            tokens_limit=self._tokens.limit,
            requests_used=self._requests.used,
            tokens_used=self._tokens.used,
            paused_seconds=max(0.0, self._paused_until - now),
            waiting=sum(each.expires > now for each in self._waiters.values()),
            refunds=self._refunds,
            ratio=self._ratio,
        )

    def _advance(self, now: float) -> float:
        """Refill, and forget what is older than the window. The time, which never goes back."""
        now = max(now, self._at)
        elapsed = now - self._at
        self._requests.refill(elapsed)
        self._tokens.refill(elapsed)
        gone = math.floor(now / SLOT_SECONDS) - WINDOW_SLOTS
        for slot in range(self._gone + 1, min(gone, self._gone + WINDOW_SLOTS) + 1):
            requests, tokens = self._slots.pop(slot, (0, 0))
            self._requests.used -= requests
            self._tokens.used -= tokens
        self._at, self._gone = now, gone
        if now >= self._swept_at + SWEEP_SECONDS:
            self._swept_at = now
            self._flows = {name: flow for name, flow in self._flows.items() if flow[1] + FLOW_SECONDS > now}
        return now

    def _take_place(self, *, waiter: str, flow: str) -> _Waiter:
        own = self._waiters.get(waiter)
        if own is None or own.flow != flow:
            self._sequence += 1
            finish = self._flows.get(flow, (0.0, 0.0))[0]
            own = _Waiter(sequence=self._sequence, flow=flow, start=max(self._virtual, finish))
            self._waiters[waiter] = own
        return own

    def _missing(self, *, now: float, which: int, cost: int, ahead: int) -> float:
        """Seconds until there is room for `cost` beside what those `ahead` in the line need; 0: there is."""
        dimension = (self._requests, self._tokens)[which]
        limit = dimension.limit
        if limit == NONE:
            return 0.0
        need = min(float(cost), dimension.burst) + ahead
        missing = (need - dimension.level) / (limit / 60) if dimension.level < need else 0.0
        # One larger than the limit goes alone, or it would wait for ever.
        too_much = dimension.used if cost > limit and ahead == 0 else dimension.used + ahead + cost - limit
        if too_much <= 0:
            return missing
        if ahead > 0:
            return max(missing, LEAST_POLL_SECONDS)
        return max(missing, self._when_gone(which=which, amount=too_much) - now)

    def _when_gone(self, *, which: int, amount: int) -> float:
        """The moment at which the oldest slots that hold `amount` together no longer count."""
        slot = self._gone
        while amount > 0 and slot < self._gone + WINDOW_SLOTS:
            slot += 1
            amount -= self._slots.get(slot, (0, 0))[which]
        return (slot + WINDOW_SLOTS) * SLOT_SECONDS

    def _hold(self, *, now: float, seconds: float, is_first: bool) -> Held:
        if is_first:
            self._ready_at = now + seconds
            return Held(seconds=min(max(seconds, LEAST_WAIT_SECONDS), MOST_WAIT_SECONDS), reason="limit")
        seconds = max(seconds, self._ready_at - now)
        return Held(seconds=min(max(seconds, LEAST_POLL_SECONDS), MOST_POLL_SECONDS), reason="turn")

    def _grant(self, *, now: float, waiter: str, weight: int, characters: int, output_tokens: int) -> Granted:
        own = self._waiters.pop(waiter)
        self._virtual = max(self._virtual, own.start)
        finish = own.start + own.tokens / weight
        self._flows[own.flow] = (finish, now)
        for each in self._waiters.values():
            if each.flow == own.flow:
                each.start = max(each.start, finish)
        slot = math.floor(now / SLOT_SECONDS)
        self._requests.charge(1)
        self._tokens.charge(own.tokens)
        self._slots[slot] = [a + b for a, b in zip(self._slots.get(slot, (0, 0)), (1, own.tokens), strict=True)]
        return Granted(
            tokens=own.tokens,
            slot=slot,
            characters=characters,
            output_tokens=output_tokens,
            of_requests=self._requests.belief(),
            of_tokens=self._tokens.belief(),
        )

    def _add_to_slot(self, *, slot: int, requests: int, tokens: int) -> None:
        held = self._slots.setdefault(slot, [0, 0])
        held[0] += requests
        held[1] += tokens
        self._requests.used += requests
        self._tokens.used += tokens

    def _correct_slot(self, *, slot: int, which: int, change: int) -> None:
        if slot > self._gone and slot in self._slots:
            change = max(change, -self._slots[slot][which])
            self._slots[slot][which] += change
            (self._requests, self._tokens)[which].used += change

    def _correct(self, *, granted: Granted, used: Used) -> None:
        """Charge the input that was, and the output as reserved, unless the provider gives back what is unused."""
        unforeseen = used.input_tokens - (granted.tokens - granted.output_tokens)
        unforeseen += max(0, used.output_tokens - granted.output_tokens)
        unused = max(0, granted.output_tokens - used.output_tokens)
        given_back = unused if self._refunds else 0
        self._tokens.add(level=given_back - unforeseen, theirs=-unforeseen)
        self._tokens.by_usage = min(float(self._tokens.theirs), self._tokens.by_usage + unused)
        self._correct_slot(slot=granted.slot, which=1, change=unforeseen - given_back)
        if granted.characters > 0:
            seen = used.input_tokens / granted.characters
            least, most = RATIO_BOUNDS
            self._ratio = min(max(self._ratio + RATIO_STEP * (seen - self._ratio), least), most)

    def _learn(self, *, told: tuple[Told, Told], granted: Granted | None, is_whole: bool) -> None:
        beliefs = (granted.of_requests, granted.of_tokens) if granted else (None, None)
        costs = (1, granted.tokens if granted else 0)
        for which, dimension in enumerate((self._requests, self._tokens)):
            said, belief = told[which], beliefs[which]
            has_changed = self._learn_limit(dimension=dimension, said=said.limit, is_whole=is_whole)
            if has_changed or dimension.told <= 0 or said.remaining is None or belief is None:
                continue
            if which == 1:
                self._weigh(belief=belief, remaining=said.remaining)
            self._respect(dimension=dimension, belief=belief, said=said, remaining=said.remaining, cost=costs[which])

    def _learn_limit(self, *, dimension: Levels, said: int | None, is_whole: bool) -> bool:
        """Whether the limit is another one now."""
        if said is not None and said > 0:
            dimension.misses = 0
            learnt = said
        elif is_whole and dimension.told != NONE:
            dimension.misses += 1
            learnt = NONE if dimension.told == UNKNOWN or dimension.misses >= MOST_MISSES else dimension.told
        else:
            learnt = dimension.told
        if learnt == dimension.told:
            return False
        dimension.misses = 0
        dimension.learn(learnt)
        return True

    def _weigh(self, *, belief: Belief, remaining: int) -> None:
        """Does the provider give back unused output? One observation, where the two beliefs can be told apart."""
        if belief.by_usage - belief.by_reserve < NOTICEABLE * self._tokens.told:
            return
        # A reply may tell what is left as the call came in, or as it ended.
        as_reserved = min(abs(remaining - belief.by_reserve), abs(remaining - self._tokens.by_reserve))
        step = 1 if abs(remaining - belief.by_usage) < as_reserved else -1
        self._evidence = min(max(self._evidence + step, -MOST_EVIDENCE), MOST_EVIDENCE)
        self._refunds = self._evidence >= (REFUNDS_UNTIL if self._refunds else REFUNDS_FROM)

    def _respect(self, *, dimension: Levels, belief: Belief, said: Told, remaining: int, cost: int) -> None:
        """Where much less is left than thought, others use the account too: go by what is left."""
        thought = belief.by_usage if self._refunds else belief.by_reserve
        refills_in = (dimension.told - remaining) / (dimension.told / 60)
        if said.reset_seconds is not None and said.reset_seconds < refills_in / 2:  # it counts by fixed windows
            thought = min(thought, float(dimension.told - dimension.used))
        if remaining >= thought - max(NOTICEABLE * dimension.told, 2.0 * cost):
            return
        unseen = dimension.granted - belief.granted  # let in since then
        dimension.level = min(dimension.level, float(max(remaining - unseen, -dimension.told)))
