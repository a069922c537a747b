"""The ledger: every call to the model is entered before it is made, and settled when it has come back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from jobs.domain.retries import PERHAPS_BILLED, FailureKind
from jobs.llm.client import Purpose, Question, Reply, Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One call to the model."""

    number: int  # within its ledger, from 1
    question_key: str
    purpose: Purpose
    window_index: int
    model: str | None  # as asked for; as the provider names it once settled
    started: datetime
    # settled: a reply came, whether or not it was of use. failed: none came.
    state: Literal["sent", "settled", "failed"] = "sent"
    failure: FailureKind | None = None  # of a settled attempt: why its reply was of no use
    usage: Usage | None = None
    cost_usd: Decimal | None = None  # None: unknown
    latency_seconds: float | None = None
    request_id: str | None = None

    @property
    def cost_is_uncertain(self) -> bool:
        """Whether it may have cost something that nobody told."""
        return self.state == "sent" or self.stays_held

    @property
    def stays_held(self) -> bool:
        """Whether, though it has come back, nobody knows what it cost: what was reserved for it is not given back."""
        if self.state == "failed":
            return self.failure in PERHAPS_BILLED
        return self.state == "settled" and self.cost_usd is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """What the calls of a ledger came to."""

    calls: int  # attempts, those that failed included
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost_usd: Decimal | None  # None if the cost of any settled call is unknown; 0 for no calls
    uncertain_calls: int  # calls that may have cost something that is not in `cost_usd`


class Ledger(Protocol):
    """Keeps attempts. Called by one thread only."""

    def open(
        self,
        *,
        key: str,
        question: Question,
        model: str | None,
        started: datetime,
        reserve_usd: Decimal | None = None,
    ) -> Attempt:
        """Enter a call that is about to be made. It is kept when this returns.

        `reserve_usd` is what it may cost at most; None: by the price list.
        """
        ...

    def settle(
        self,
        *,
        attempt: Attempt,
        reply: Reply | None,
        failure: FailureKind | None,
        keep: Callable[[], None] | None = None,
    ) -> Attempt:
        """Enter what became of it: the reply, why there is none, or why it is of no use.

        `keep` writes what came of the reply, in the same step where the ledger can: both are kept, or neither. It may
        be called more than once.
        """
        ...


class InMemoryLedger:
    """A ledger for one run, gone with the process."""

    def __init__(self) -> None:
        self._attempts: dict[int, Attempt] = {}

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return tuple(self._attempts.values())

    def open(
        self,
        *,
        key: str,
        question: Question,
        model: str | None,
        started: datetime,
        reserve_usd: Decimal | None = None,
    ) -> Attempt:
        attempt = Attempt(
            number=len(self._attempts) + 1,
            question_key=key,
            purpose=question.purpose,
            window_index=question.window.index,
            model=model,
            started=started,
        )
        self._attempts[attempt.number] = attempt
        return attempt

    def settle(
        self,
        *,
        attempt: Attempt,
        reply: Reply | None,
        failure: FailureKind | None,
        keep: Callable[[], None] | None = None,
    ) -> Attempt:
        if keep is not None:
            keep()
        settled = settle_attempt(attempt=attempt, reply=reply, failure=failure)
        self._attempts[settled.number] = settled
        return settled

    def totals(self) -> Totals:
        return sum_attempts(attempts=self._attempts.values())


def settle_attempt(*, attempt: Attempt, reply: Reply | None, failure: FailureKind | None) -> Attempt:
    """The attempt as it stands once its call has come back."""
    if reply is None:
        return replace(attempt, state="failed", failure=failure)
    return replace(
        attempt,
        state="settled",
        failure=failure,
        model=reply.model or attempt.model,
        usage=reply.usage,
        cost_usd=reply.cost_usd,
        latency_seconds=reply.latency_seconds,
        request_id=reply.request_id,
    )


def sum_attempts(*, attempts: Iterable[Attempt]) -> Totals:
    """Tokens and money of `attempts`."""
    every = list(attempts)
    usages = [attempt.usage for attempt in every if attempt.usage is not None]
    costs = [attempt.cost_usd for attempt in every if attempt.state == "settled"]
    known = [cost for cost in costs if cost is not None]
    return Totals(
        calls=len(every),
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        cached_input_tokens=sum(usage.cached_input_tokens for usage in usages),
        cost_usd=sum(known, Decimal(0)) if len(known) == len(costs) else None,
        uncertain_calls=sum(attempt.cost_is_uncertain for attempt in every),
    )
