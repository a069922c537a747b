"""How many calls may be made now: one limit of an account and model, shared by all processes through Redis.

While Redis is away each process keeps to its share of the limit as last known.
"""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar
from uuid import uuid4

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.llm.client import ToldLimits, Usage
from jobs.llm.limit_script import LimitScript
from jobs.llm.local_limiter import LocalLimiter
from jobs.llm.reservations import (
    WEIGHTS,
    Flow,
    Limiter,
    LimiterState,
    Reservation,
    Wait,
    describe_state,
    granted_of,
    name_flow,
    split_told,
    tell_said,
    used_of,
)
from pennie.lib.made_once import made_once
from pennie.lib.windowed_limit import Held

__all__ = [
    "Flow",
    "Limiter",
    "LimiterState",
    "LocalLimiter",
    "Reservation",
    "SharedLimiter",
    "Wait",
    "hash_account",
    "share_limiter",
]

logger = logging.getLogger(__name__)

_QUIET_SECONDS: Final = 5.0  # after a failure, before one thread tries Redis again
_UNKNOWN_MEMBERS: Final = 4  # processes that share the limit, where Redis never told
_T = TypeVar("_T")


class SharedLimiter:
    """The limit of all processes. It never fails: while Redis is away, it is local."""

    def __init__(
        self,
        *,
        script: LimitScript,
        most_requests: int = 0,
        most_tokens: int = 0,
        quiet_seconds: float = _QUIET_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._script = script
        self._most_requests = most_requests
        self._most_tokens = most_tokens
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._local: LocalLimiter | None = None  # while Redis is away
        self._quiet_until = 0.0
        self._paused_until = 0.0  # by this process' clock, as far as it was told

    def reserve(self, *, waiter: str, flow: Flow, characters: int, output_tokens: int) -> Reservation | Wait:
        said = self._try(
            lambda: self._script.reserve(
                waiter=waiter,
                flow=name_flow(flow),
                weight=WEIGHTS[flow.priority],
                characters=characters,
                output_tokens=output_tokens,
            )
        )
        if isinstance(said, LocalLimiter):
            return said.reserve(waiter=waiter, flow=flow, characters=characters, output_tokens=output_tokens)
        if isinstance(said, Held) and said.reason == "paused":
            self._paused_until = self._clock() + said.seconds
        return tell_said(said, is_local=False)

    def settle(self, *, reservation: Reservation, usage: Usage | None, told: ToldLimits | None) -> None:
        if reservation.is_local:
            if (local := self._local) is not None:
                local.settle(reservation=reservation, usage=usage, told=told)
            return
        granted, limits = granted_of(reservation), split_told(told, members=1) if told else None
        said = self._try(lambda: self._script.settle(granted=granted, used=used_of(usage), told=limits))
        if isinstance(said, LocalLimiter):
            said.settle(reservation=reservation, usage=usage, told=told)

    def pause(self, *, seconds: float) -> None:
        self._paused_until = max(self._paused_until, self._clock() + seconds)
        said = self._try(lambda: self._script.pause(seconds=seconds))
        if isinstance(said, LocalLimiter):
            said.pause(seconds=seconds)

    def withdraw(self, *, waiter: str, reservation: Reservation | None = None) -> None:
        granted = granted_of(reservation) if reservation and not reservation.is_local else None
        if (local := self._local) is not None:
            local.withdraw(waiter=waiter, reservation=reservation)
        self._try(lambda: self._script.withdraw(waiter=waiter, granted=granted))

    def describe(self) -> LimiterState:
        said = self._try(self._script.describe)
        if isinstance(said, LocalLimiter):
            return said.describe()
        return describe_state(said, members=self._script.known.members, is_local=False)

    def _try(self, step: Callable[[], _T]) -> _T | LocalLimiter:
        """What the shared step gives; where Redis is away, the limiter to go by instead."""
        local = self._local
        if local is not None and not self._may_try_again():
            return local
        try:
            if local is not None:
                self._come_back()
            return step()
        except redis.RedisError as error:
            return self._go_local(error)

    def _may_try_again(self) -> bool:
        """One thread at a time waits for Redis, and seldom."""
        with self._lock:
            if self._clock() < self._quiet_until:
                return False
            self._quiet_until = self._clock() + self._quiet_seconds
            return True

    def _go_local(self, error: redis.RedisError) -> LocalLimiter:
        with self._lock:
            self._quiet_until = self._clock() + self._quiet_seconds
            if self._local is None:
                known = self._script.known
                self._local = LocalLimiter(
                    most_requests=self._most_requests,
                    most_tokens=self._most_tokens,
                    members=known.members or _UNKNOWN_MEMBERS,
                    clock=self._clock,
                )
                self._local.start_from(known=known, paused_seconds=max(0.0, self._paused_until - self._clock()))
                state = self._local.describe()
                logger.warning(
                    "Redis is away (%s): this process keeps to its share of the model's limit, "
                    "%s requests and %s tokens per minute.",
                    type(error).__name__,
                    state.requests_per_minute or "any",
                    state.tokens_per_minute or "any",
                )
            return self._local

    def _come_back(self) -> None:
        """Raises redis.RedisError where Redis is still away."""
        self._script.describe()  # without the lock: who does not try is not held up
        with self._lock:
            if self._local is not None:
                self._local.hand_over(self._script)
                self._local = None
                logger.warning("Redis is there again: the model's limit is shared by all processes.")


def share_limiter(*, account: str, model: str) -> Limiter:
    """The limiter of this process for that account (see `hash_account`) and model. Without REDIS_URL it is local."""
    return _share(
        os.getpid(),
        account,
        model,
        settings.REDIS_URL,
        settings.OPENAI_REQUESTS_PER_MINUTE or 0,
        settings.OPENAI_TOKENS_PER_MINUTE or 0,
    )


def hash_account(*, base_url: str, api_key: str) -> str:
    """Tells one provider's account from another, and neither its address nor its key."""
    return hashlib.sha256(f"pennie limiter\n{base_url.rstrip('/')}\n{api_key}".encode()).hexdigest()[:20]


@made_once(most=16)
def _share(process: int, account: str, model: str, address: str, most_requests: int, most_tokens: int) -> Limiter:
    if not address:
        return LocalLimiter(most_requests=most_requests, most_tokens=most_tokens)
    script = LimitScript(
        connection=_connect(address, settings.REDIS_TIMEOUT_SECONDS),
        key=f"{settings.REDIS_PREFIX}:limiter:{account}:{model}",
        member=f"{process}-{uuid4().hex}",
        most_requests=most_requests,
        most_tokens=most_tokens,
    )
    return SharedLimiter(script=script, most_requests=most_requests, most_tokens=most_tokens)


@made_once(most=4)
def _connect(address: str, timeout: float) -> redis.Redis:
    """Tries again only where a kept connection turns out to be dead: the wait for Redis is bounded once."""
    return redis.Redis.from_url(
        address,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        max_connections=100,
        decode_responses=True,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
