"""The limit of one process alone: for a command without Redis, and for as long as Redis is away."""

import math
import threading
import time
from collections.abc import Callable

from jobs.llm.client import ToldLimits, Usage
from jobs.llm.limit_script import Known, LimitScript
from jobs.llm.reservations import (
    WEIGHTS,
    Flow,
    LimiterState,
    Reservation,
    Wait,
    describe_state,
    granted_of,
    name_flow,
    share_of,
    split_told,
    tell_said,
    used_of,
)
from pennie.lib.windowed_limit import SLOT_SECONDS, START_REQUESTS, START_TOKENS, WindowedLimit


class LocalLimiter:
    """The limit of this process alone: its share of what the account may, as one of `members`."""

    def __init__(
        self,
        *,
        most_requests: int = 0,
        most_tokens: int = 0,
        members: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._members = members
        self._clock = clock
        self._lock = threading.Lock()
        self._limit = WindowedLimit(
            most_requests=share_of(most_requests, members),
            most_tokens=share_of(most_tokens, members),
            start_requests=share_of(START_REQUESTS, members),
            start_tokens=share_of(START_TOKENS, members),
        )

    def start_from(self, *, known: Known, paused_seconds: float) -> None:
        """Take over from the shared limit: no burst, for its last minute counts."""
        with self._lock:
            now = self._clock()
            self._limit.start_anew(
                now=now,
                told_requests=share_of(known.told_requests, self._members),
                told_tokens=share_of(known.told_tokens, self._members),
                ratio=known.ratio,
            )
            self._limit.pause(now=now, seconds=paused_seconds)

    def reserve(self, *, waiter: str, flow: Flow, characters: int, output_tokens: int) -> Reservation | Wait:
        with self._lock:
            said = self._limit.reserve(
                now=self._clock(),
                waiter=waiter,
                flow=name_flow(flow),
                weight=WEIGHTS[flow.priority],
                characters=characters,
                output_tokens=output_tokens,
            )
        return tell_said(said, is_local=True)

    def settle(self, *, reservation: Reservation, usage: Usage | None, told: ToldLimits | None) -> None:
        limits = split_told(told, members=self._members) if told else None
        granted = granted_of(reservation) if reservation.is_local else None
        with self._lock:
            if granted:
                self._limit.settle(now=self._clock(), granted=granted, used=used_of(usage), told=limits)
            elif limits and usage:
                self._limit.learn(now=self._clock(), told=limits)

    def pause(self, *, seconds: float) -> None:
        with self._lock:
            self._limit.pause(now=self._clock(), seconds=seconds)

    def withdraw(self, *, waiter: str, reservation: Reservation | None = None) -> None:
        granted = granted_of(reservation) if reservation and reservation.is_local else None
        with self._lock:
            self._limit.withdraw(now=self._clock(), waiter=waiter, granted=granted)

    def describe(self) -> LimiterState:
        with self._lock:
            state = self._limit.describe(now=self._clock())
        return describe_state(state, members=self._members, is_local=True)

    def hand_over(self, script: LimitScript) -> None:
        """Tell the shared limit what was let in here. Raises redis.RedisError."""
        with self._lock:
            now = self._clock()
            paused_seconds = self._limit.describe(now=now).paused_seconds
            script.absorb(current=math.floor(now / SLOT_SECONDS), slots=self._limit.list_slots())
        if paused_seconds > 0:
            script.pause(seconds=paused_seconds)
