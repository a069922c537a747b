"""The circuit breaker before the model: one for all processes, kept in Redis; see docs/algorithms/circuit-breaker.md.

While it is closed it costs next to nothing: each process looks at Redis once a second, and tells the good calls then.
Without Redis each process goes on by itself from the state that it saw last.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol, cast
from uuid import uuid4

import redis
from django.conf import settings

from jobs.domain.parking import ParkReason
from jobs.progress import progress_redis
from pennie.lib.circuit_breaker import Circuit, Health, Policy, Slot, Step, Taken, count_calls, take
from pennie.lib.made_once import made_once

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0  # how old the view of a process may be
QUIET_SECONDS: Final = 5.0  # after a failure of Redis, before it is tried again
LEASE_MARGIN_SECONDS: Final = 30.0  # of a probe, beyond the time that a call may take
NO_CREDIT_SECONDS: Final = 300.0  # the first pause of an account without money
_KEPT_MS: Final = 24 * 3600 * 1000
_SCRIPT: Final = Path(__file__).with_name("breaker.lua").read_text(encoding="utf-8")
_HEALTH: Final[dict[bool | None, Health]] = {True: "healthy", False: "unhealthy", None: "nothing"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """A call may be made. Give this back by `report`, whatever becomes of it."""

    probe: str | None = None  # set: this is the one call that tries whether the model is back
    era: int = 0  # the breaker's: what it tells is not counted in another


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """No call now."""

    seconds: float  # until it is worth asking again
    reason: ParkReason


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerState:
    state: Literal["closed", "open", "half_open"]  # half_open: one call tries whether the model is back, or may
    reason: ParkReason | None  # why it is not closed
    since: datetime | None  # when it opened or closed; None: it has always been closed
    next_probe_seconds: float | None  # until a call may try; None where closed
    failures: int  # of the calls of the last minute; 0 where not closed
    is_local: bool  # Redis is away: this is this process's own view


class Breaker(Protocol):
    """Called by many threads at once. Never raises because Redis is away."""

    def allow(self) -> Allowed | Refused: ...

    def report(self, *, allowed: Allowed, healthy: bool | None) -> None:
        """What the call told of the provider's health: see jobs.domain.health. None: nothing, or it was not made."""
        ...

    def suspend(self, *, reason: ParkReason, seconds: float = NO_CREDIT_SECONDS) -> None:
        """Open it for that reason; the pause doubles each time it is said again after a probe."""
        ...

    def close(self) -> BreakerState:
        """Whatever it was opened for: a person says that it is mended."""
        ...

    def describe(self) -> BreakerState: ...


class SharedCircuit:
    """The circuit in Redis. Raises redis.RedisError."""

    def __init__(self, *, client: redis.Redis, key: str, policy: Policy) -> None:
        self._script = client.register_script(_SCRIPT)
        self._key = key
        self._policy = json.dumps(asdict(policy))

    def take(self, *, step: Step, now_ms: int | None = None) -> tuple[Taken, int]:
        """What came of the step, and when it was taken: by Redis' clock, unless told."""
        said = self._script(
            keys=[self._key],
            args=[self._policy, json.dumps(asdict(step)), _KEPT_MS, "" if now_ms is None else now_ms],
        )
        circuit, answer, wait_ms, before, at_ms = cast(list[Any], said)
        return Taken(circuit=_read_circuit(circuit), answer=answer, wait_ms=wait_ms, before=before), at_ms


def _read_circuit(said: str) -> Circuit:
    """As Lua writes it, which tells no empty list from an empty object, and keeps what another release has added."""
    told = json.loads(said)
    told["slots"] = tuple(Slot(**slot) for slot in told["slots"] or ())
    return Circuit(**{field.name: told[field.name] for field in fields(Circuit)})


class ProcessBreaker:
    """One process's part of the shared breaker: see Breaker."""

    def __init__(
        self,
        *,
        shared: SharedCircuit | None,  # None: there is no Redis, the process is alone
        policy: Policy,
        model: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared = shared
        self._policy = policy
        self._model = model
        self._clock = clock
        self._trip = threading.Lock()  # one step of Redis at a time: their answers come in order
        self._lock = threading.Lock()  # of what follows; never held while Redis is waited for
        self._circuit = Circuit()  # as last seen
        self._seen_ms = int(time.time() * 1000)  # by Redis' clock
        self._seen_at = clock()  # by ours
        self._look_at: float | None = None  # None: not yet seen
        self._healthy = 0  # good calls that Redis was not yet told of
        self._quiet_until = 0.0
        self._is_local = shared is None

    def allow(self) -> Allowed | Refused:
        step = Step(verb="admit", token=uuid4().hex)
        with self._lock:
            seen = take(policy=self._policy, circuit=self._circuit, now_ms=self._now_ms(), step=step)
            if seen.answer != "probe" and not self._must_look():
                return _answer(seen, step=step)
        return _answer(self._take(step), step=step)

    def report(self, *, allowed: Allowed, healthy: bool | None) -> None:
        if allowed.probe:
            self._take(Step(verb="report", era=allowed.era, token=allowed.probe, health=_HEALTH[healthy]))
            return
        with self._lock:
            is_counted = not self._circuit.reason and self._circuit.era == allowed.era
            if healthy is None or not is_counted:
                return
            self._healthy += healthy
            if healthy and not self._must_look():
                return
        self._take(Step(verb="report", era=allowed.era, unhealthy=int(not healthy)))

    def suspend(self, *, reason: ParkReason, seconds: float = NO_CREDIT_SECONDS) -> None:
        self._take(Step(verb="suspend", reason=reason, for_ms=int(seconds * 1000)))

    def close(self) -> BreakerState:
        self._take(Step(verb="reset"))
        return self._described()

    def describe(self) -> BreakerState:
        self._take(Step(verb="read"))
        return self._described()

    def _must_look(self) -> bool:
        """Whether the view is too old. One thread is told so; the others go by the old view until it is back."""
        if self._look_at is not None and self._clock() < self._look_at:
            return False
        if self._look_at is not None:
            self._look_at = self._clock() + LOOK_SECONDS
        return True

    def _take(self, step: Step) -> Taken:
        with self._trip:
            step = self._with_untold(step)
            taken = self._take_shared(step) or self._take_alone(step)
        self._tell_change(taken, step=step)
        return taken

    def _with_untold(self, step: Step) -> Step:
        """With the good calls that were not told yet. Those of an era that is over count for nothing."""
        with self._lock:
            if step.verb == "read" or (step.verb == "report" and step.era != self._circuit.era):
                return step
            healthy, self._healthy = self._healthy, 0
            return replace(step, era=self._circuit.era, healthy=healthy)

    def _take_shared(self, step: Step) -> Taken | None:
        if self._shared is None or self._clock() < self._quiet_until:
            return None
        try:
            taken, now_ms = self._shared.take(step=step)
        except redis.RedisError as error:
            self._quiet_until = self._clock() + QUIET_SECONDS
            self._tell_redis(is_away=True, why=type(error).__name__)
            return None
        self._tell_redis(is_away=False)
        with self._lock:
            if taken.circuit.era != self._circuit.era:
                self._healthy = 0
            self._circuit, self._seen_ms, self._seen_at = taken.circuit, now_ms, self._clock()
            self._look_at = self._seen_at + LOOK_SECONDS
        return taken

    def _take_alone(self, step: Step) -> Taken:
        with self._lock:
            taken = take(policy=self._policy, circuit=self._circuit, now_ms=self._now_ms(), step=step)
            self._circuit = taken.circuit
            self._look_at = self._clock() + LOOK_SECONDS
        return taken

    def _now_ms(self) -> int:
        """By Redis' clock, as far as it is known."""
        return self._seen_ms + int((self._clock() - self._seen_at) * 1000)

    def _described(self) -> BreakerState:
        with self._lock:
            circuit, now_ms = self._circuit, self._now_ms()
        return _describe(circuit, policy=self._policy, now_ms=now_ms, is_local=self._is_local)

    def _tell_redis(self, *, is_away: bool, why: str = "") -> None:
        if is_away and not self._is_local:
            logger.warning("Redis is away (%s): this process breaks the circuit to the model by itself.", why)
        if self._is_local and not is_away:
            logger.info("Redis is back: the circuit breaker to the model is shared again.")
        self._is_local = is_away

    def _tell_change(self, taken: Taken, *, step: Step) -> None:
        """Only the process whose step changed it says so."""
        circuit, seconds = taken.circuit, taken.circuit.cool_off_ms // 1000
        if circuit.reason == taken.before:
            if circuit.reason and step.verb == "report" and step.health == "unhealthy":
                logger.info("The model %s is still away: the next call tries it in %d s.", self._model, seconds)
        elif not circuit.reason:
            logger.info("The model %s is asked again: the circuit breaker has closed.", self._model)
        elif circuit.reason == "no_credit":
            logger.error(
                "The account of the model %s has no credit left: no calls for %d s. Add credit at the provider's.",
                self._model,
                seconds,
            )
        else:
            logger.warning(
                "The model %s is away: the circuit breaker has opened, no calls for %d s.", self._model, seconds
            )


def _answer(taken: Taken, *, step: Step) -> Allowed | Refused:
    if taken.answer == "refused":
        return Refused(seconds=taken.wait_ms / 1000, reason=cast(ParkReason, taken.circuit.reason))
    return Allowed(probe=step.token if taken.answer == "probe" else None, era=taken.circuit.era)


def _describe(circuit: Circuit, *, policy: Policy, now_ms: int, is_local: bool) -> BreakerState:
    next_ms = max(circuit.due_ms, circuit.probe_until_ms) - now_ms
    is_due = now_ms >= circuit.due_ms
    return BreakerState(
        state="closed" if not circuit.reason else "half_open" if is_due else "open",
        reason=cast(ParkReason, circuit.reason) if circuit.reason else None,
        since=datetime.fromtimestamp(circuit.since_ms / 1000, tz=UTC) if circuit.since_ms else None,
        next_probe_seconds=max(0.0, next_ms / 1000) if circuit.reason else None,
        failures=count_calls(policy=policy, circuit=circuit, now_ms=now_ms)[1],
        is_local=is_local,
    )


def share_breaker(*, account: str, model: str) -> Breaker:
    """This process's part of the breaker of that account (a hash) and model."""
    decides = (settings.REDIS_URL, settings.REDIS_PREFIX, settings.REDIS_TIMEOUT_SECONDS)
    return _share(account, model, settings.OPENAI_TIMEOUT_SECONDS, decides)


@made_once(most=16)
def _share(account: str, model: str, timeout_seconds: float, _: tuple[object, ...]) -> ProcessBreaker:
    policy = Policy(trip_reason="model_away", lease_ms=int((timeout_seconds + LEASE_MARGIN_SECONDS) * 1000))
    key = f"{settings.REDIS_PREFIX}:breaker:{account}:{model}"
    client = progress_redis() if settings.REDIS_URL else None
    shared = SharedCircuit(client=client, key=key, policy=policy) if client else None
    return ProcessBreaker(shared=shared, policy=policy, model=model)
