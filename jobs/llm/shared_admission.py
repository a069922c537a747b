"""Admission by what all workers share: the breaker first, then the limit."""

from dataclasses import dataclass
from typing import Final, cast

from jobs.domain.health import tells_health
from jobs.domain.parking import MOST_ASKED_PAUSE_SECONDS
from jobs.domain.retries import MAX_RETRY_AFTER_SECONDS, FailureKind
from jobs.llm.admission import Later, Ticket
from jobs.llm.breaker import Allowed, Breaker, Refused
from jobs.llm.client import CallFailed, Question, Reply
from jobs.llm.closed import Closed
from jobs.llm.limiter import Flow, Limiter, Reservation, Wait


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedTicket(Ticket):
    """What was granted for one call, to be settled after it."""

    allowed: Allowed
    reservation: Reservation


_UNTOLD_PAUSE_SECONDS: Final = 2.0  # after a 429 that does not say for how long
_PROBE_LOOK_SECONDS: Final = 0.5  # between two looks, while a call of this run tries whether the model is back


class SharedAdmission:
    """The breaker and the limit that all processes share, for the run of one job."""

    def __init__(self, *, breaker: Breaker, limiter: Limiter, flow: Flow, waiter: str) -> None:
        """`waiter` tells this run from every other, anywhere."""
        self._breaker = breaker
        self._limiter = limiter
        self._flow = flow
        self._waiter = waiter
        self._is_probing = False  # a call of this run tries whether the model is back

    def enter(self, *, question: Question) -> Ticket | Later:
        allowed = self._breaker.allow()
        if isinstance(allowed, Refused):
            if self._is_probing:  # the run will know first
                return Later(seconds=_PROBE_LOOK_SECONDS)
            raise Closed(reason=allowed.reason, seconds=allowed.seconds)
        said = self._limiter.reserve(
            waiter=self._waiter,
            flow=self._flow,
            characters=question.characters,
            output_tokens=question.max_output_tokens,
        )
        if isinstance(said, Wait):
            self._breaker.report(allowed=allowed, healthy=None)
            if said.reason == "paused" and said.seconds > MAX_RETRY_AFTER_SECONDS:
                raise Closed(reason="asked_to_wait", seconds=said.seconds)
            return Later(seconds=said.seconds)
        self._is_probing |= allowed.probe is not None
        return SharedTicket(allowed=allowed, reservation=said)

    def leave(self, *, ticket: Ticket, outcome: Reply | BaseException) -> None:
        shared = cast(SharedTicket, ticket)
        self._is_probing &= shared.allowed.probe is None
        failed = outcome if isinstance(outcome, CallFailed) else None
        usage = outcome.usage if isinstance(outcome, Reply) else None
        told = outcome.limits if isinstance(outcome, Reply | CallFailed) else None
        self._limiter.settle(reservation=shared.reservation, usage=usage, told=told)
        if failed is not None and failed.kind == "rate_limited":
            asked = failed.retry_after_seconds or _UNTOLD_PAUSE_SECONDS
            self._limiter.pause(seconds=min(asked, MOST_ASKED_PAUSE_SECONDS))
        if failed is not None and failed.kind == "insufficient_quota":
            self._breaker.suspend(reason="no_credit")
            return
        self._breaker.report(allowed=shared.allowed, healthy=_tell_health(outcome))

    def withdraw(self, *, ticket: Ticket | None = None) -> None:
        if ticket is None:
            self._limiter.withdraw(waiter=self._waiter)
            return
        shared = cast(SharedTicket, ticket)
        self._is_probing &= shared.allowed.probe is None
        self._limiter.withdraw(waiter=self._waiter, reservation=shared.reservation)
        self._breaker.report(allowed=shared.allowed, healthy=None)


def _tell_health(outcome: Reply | BaseException) -> bool | None:
    if isinstance(outcome, Reply):
        return True
    return tells_health(cast(FailureKind, outcome.kind)) if isinstance(outcome, CallFailed) else None
