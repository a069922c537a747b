"""The gateway: every question to a model goes through here, is ledgered, checked, kept, and asked again where it helps.

One thread coordinates: the caller's. It alone touches the ledger and the checkpoints. Others do nothing but wait on
the provider.
"""

import heapq
import logging
import math
import random
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import cast

from documents.domain.findings import Finding
from jobs.domain.health import tells_health
from jobs.domain.parking import KIND_OF_REASON
from jobs.domain.retries import MAX_CALLS, RULES, TOO_LONG, FailureKind, RetryDecision, TooLongKind, decide
from jobs.llm.admission import Admission, AlwaysOpen, Later, Ticket
from jobs.llm.calling import CallPlaces
from jobs.llm.checkpoints import CheckpointStore, TooLong
from jobs.llm.client import CallFailed, ModelClient, Question, Reply
from jobs.llm.closed import Closed
from jobs.llm.in_flight import Ask, Callers, Outcome, call
from jobs.llm.judging import judge
from jobs.llm.ledger import Attempt, Ledger

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5  # between two looks whether the run is to be interrupted, while it waits
_MOST_WAITING = 2  # retries that wait, for each call that may be in flight
_NO_PLACE_SECONDS = 0.02  # between two looks for a free place, where other jobs of the process have them all


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What became of one question: a finding, or the kind of failure that it was given up for."""

    question: Question  # as it was given
    finding: Finding | None
    failure: FailureKind | None
    from_checkpoint: bool = False  # nothing was asked for it


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Time and chance, to be replaced in tests."""

    clock: Callable[[], float] = time.monotonic  # seconds
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    now: Callable[[], datetime] = field(default=lambda: datetime.now(tz=UTC))


class Interrupted(Exception):
    """The run was asked to end. What was in flight has been kept, as far as it came back in time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interruption:
    """How a run is asked to end before all is answered."""

    wanted: Callable[[], bool]
    patience_seconds: float  # for the calls in flight: they are paid for


class Gateway:
    """Asks a client, at most `concurrency` calls at once, in `places` that the jobs of a process share.

    Serves one run: what stops it, stops it for good. Where nothing may be asked for a while, `waits` tells whether the
    run is broken off, to be gone on with later, or goes on without the model.
    """

    def __init__(
        self,
        *,
        client: ModelClient,
        ledger: Ledger,
        checkpoints: CheckpointStore,
        concurrency: int,
        waiting: Waiting | None = None,
        interruption: Interruption | None = None,
        admission: Admission | None = None,
        places: CallPlaces | None = None,
        waits: bool = False,
    ) -> None:
        if concurrency < 1:
            raise ValueError(f"concurrency must be at least 1, not {concurrency}")
        self._admission = admission or AlwaysOpen()
        self._places = places
        self._waits = waits
        self._client = client
        self._ledger = ledger
        self._checkpoints = checkpoints
        self._concurrency = concurrency
        self._waiting = waiting or Waiting()
        self._interruption = interruption
        self._seen = _Seen()
        self.stopped_by: FailureKind | None = None  # why nothing more is asked, once that is so

    def ask_all(self, *, questions: Iterable[Question]) -> Generator[Answer, None, None]:
        """One answer for each question, as they come, in any order.

        Questions are taken as there is room for them. A failure that every question would share (a wrong key, no money
        left) ends the asking: what was not yet asked is answered as failed by that kind. Close the iterator early and
        nothing more is asked; calls then in flight stay in the ledger as sent.

        Raises Interrupted where that is wanted: no call is begun any more, those in flight are waited for. Raises
        Closed where the model may not be asked for a while and the run waits for that; calls in flight are waited for.
        """
        if self._client.engine == "rules":
            yield from self._ask_rules(questions=questions)
            return
        run = _Run(
            client=self._client,
            ledger=self._ledger,
            checkpoints=self._checkpoints,
            concurrency=self._concurrency,
            waiting=self._waiting,
            interruption=self._interruption,
            questions=questions,
            stopped_by=self.stopped_by,
            admission=self._admission,
            places=self._places,
            waits=self._waits,
            seen=self._seen,
        )
        try:
            yield from run.answers()
        finally:
            self.stopped_by = run.stopped_by

    def _ask_rules(self, *, questions: Iterable[Question]) -> Generator[Answer, None, None]:
        """The rules answer at once and for nothing: no threads, no ledger, and no checkpoint to look up."""
        for question in questions:
            if self._interruption and self._interruption.wanted():
                raise Interrupted
            outcome = call(client=self._client, question=question)
            finding, failure = judge(outcome)
            if failure is not None:
                _log_given_up(question=question, kind=failure, attempts=1)
            yield Answer(question=question, finding=finding, failure=failure)


@dataclass(kw_only=True, slots=True)
class _Seen:
    """What the provider did in this run, over all that was asked in it."""

    has_answered: bool = False  # a finding came
    has_met_outage: bool = False  # a call failed as they do where the provider is away

    @property
    def in_vain(self) -> bool | None:
        """As in Closed."""
        if self.has_answered:
            return False
        return True if self.has_met_outage else None


class _Run:
    """One pass over the questions; see Gateway.ask_all."""

    def __init__(
        self,
        *,
        client: ModelClient,
        ledger: Ledger,
        checkpoints: CheckpointStore,
        concurrency: int,
        waiting: Waiting,
        interruption: Interruption | None,
        questions: Iterable[Question],
        stopped_by: FailureKind | None,
        admission: Admission,
        places: CallPlaces | None,
        waits: bool,
        seen: _Seen,
    ) -> None:
        self._admission = admission
        self._waits = waits
        self._closed: Closed | None = None
        self._seen = seen
        self._gate: Ask | None = None  # the one that waits to be let in
        self._gate_at = 0.0  # when it asks again
        self._client = client
        self._ledger = ledger
        self._checkpoints = checkpoints
        self._concurrency = concurrency
        self._waiting = waiting
        self._interruption = interruption
        self._source = iter(questions)
        self._exhausted = False
        self._callers = Callers(client=client, places=places, most=concurrency)
        self._due: list[tuple[float, int, Ask]] = []  # heap of retries: not before, order of entry, what
        self._entered = 0
        self._open: dict[str, list[Question]] = {}  # keys being asked, each with later questions that are the same
        self._ready: deque[Answer] = deque()
        self.stopped_by = stopped_by

    def answers(self) -> Generator[Answer, None, None]:
        """Loop: fill the free places first, then hand out what is ready, then wait for the next event.

        The order keeps the provider busy while the consumer works on an answer.
        """
        try:
            while True:
                if self._interruption and self._interruption.wanted():
                    self._take_in_rest(seconds=self._interruption.patience_seconds)
                    raise Interrupted
                self._fill_or_keep_rest()
                while self._ready:
                    yield self._ready.popleft()
                if self._closed is not None and not self._callers.in_flight:
                    self._closed.in_vain = self._seen.in_vain
                    raise self._closed
                if (
                    self._closed is None
                    and self._gate is None
                    and self._may_take_more()
                    and self._callers.in_flight < self._concurrency
                ):
                    continue
                if not self._callers.in_flight and not self._due and self._gate is None:
                    return
                self._take_next_event()
        finally:
            self._admission.withdraw()
            self._callers.close()

    # What to ask next

    def _fill(self) -> None:
        """Ask until all places are taken; stop early when enough answers wait to be handed out."""
        if self._closed is not None:
            return
        if self.stopped_by is not None:
            self._give_up_retries(kind=self.stopped_by)
        while self._callers.in_flight < self._concurrency and len(self._ready) < self._concurrency:
            if self._gate is not None:
                if not self._let_in(self._gate):
                    return
            elif ask := self._take_due():
                self._gate, self._gate_at = ask, 0.0
            elif (question := self._take_question()) is not None:
                self._begin(question)
            else:
                return

    def _fill_or_keep_rest(self) -> None:
        """As `_fill`. Who may ask no more, because the job is another's, keeps what the calls in flight bring."""
        try:
            self._fill()
        except Exception:
            if self._interruption:
                self._take_in_rest(seconds=self._interruption.patience_seconds)
            raise

    def _let_in(self, ask: Ask) -> bool:
        """Whether the ask that waits was begun, or is done with."""
        if self._gate_at > self._waiting.clock():
            return False
        if not self._callers.take_place():
            self._gate_at = self._waiting.clock() + _NO_PLACE_SECONDS
            return False
        try:
            said = self._admission.enter(question=ask.sent)
            if isinstance(said, Later):
                self._callers.give_place_back()
                self._gate_at = self._waiting.clock() + said.seconds
                return False
            self._start(ask, ticket=said)
        except Closed as closed:
            self._callers.give_place_back()
            self._close(closed)
            return False
        except BaseException:  # the place is the process's, and outlives the run
            self._callers.give_place_back()
            raise
        self._gate = None
        return True

    def _close(self, closed: Closed) -> None:
        """Ask nothing more for now; without the model at all where the run does not wait."""
        if self._waits:
            self._closed = closed
        elif self.stopped_by is None:
            logger.warning("The rules read what is left: the model may not be asked (%s).", closed.reason)
            self._stop(KIND_OF_REASON[closed.reason])

    def _take_due(self) -> Ask | None:
        if self._due and self._due[0][0] <= self._waiting.clock():
            return heapq.heappop(self._due)[2]
        return None

    def _take_question(self) -> Question | None:
        if not self._may_take_more():
            return None
        question = next(self._source, None)
        self._exhausted = question is None
        return question

    def _may_take_more(self) -> bool:
        """Whether new questions are begun: not when those already begun pile up waiting, as in a storm of refusals."""
        return not self._exhausted and len(self._due) < _MOST_WAITING * self._concurrency

    def _begin(self, question: Question) -> None:
        """Answer from a checkpoint, join the same question already asked, or ask."""
        key = question.key(model=self._client.model or "", settings=self._client.settings)
        kept = self._checkpoints.get(key)
        if isinstance(kept, Finding):
            self._ready.append(Answer(question=question, finding=kept, failure=None, from_checkpoint=True))
        elif kept is not None and question.has_parts:
            self._ready.append(Answer(question=question, finding=None, failure=kept.failure, from_checkpoint=True))
        elif key in self._open:
            self._open[key].append(question)
        elif self.stopped_by is not None:
            self._ready.append(Answer(question=question, finding=None, failure=self.stopped_by))
        else:
            self._open[key] = []
            self._gate, self._gate_at = Ask(question=question, key=key, sent=question), 0.0

    def _start(self, ask: Ask, *, ticket: Ticket) -> None:
        """Raises Closed where no money is left for it."""
        try:
            attempt = self._ledger.open(
                key=ask.key, question=ask.sent, model=self._client.model, started=self._waiting.now()
            )
        except BaseException:
            self._admission.withdraw(ticket=ticket)
            raise
        self._callers.submit(ask=ask, attempt=attempt, ticket=ticket)

    def _stop(self, kind: FailureKind) -> None:
        self.stopped_by = kind
        self._give_up_retries(kind=kind)

    def _give_up_retries(self, *, kind: FailureKind) -> None:
        waiting = [ask for _, _, ask in self._due]
        self._due.clear()
        if self._gate is not None:
            waiting.append(self._gate)
            self._gate = None
        for ask in waiting:
            self._finish(ask=ask, finding=None, failure=kind)

    # What has come back

    def _take_next_event(self) -> None:
        """Wait for a call to come back, for a retry to be due, or for the time to ask anew to be let in."""
        moments = [self._due[0][0]] if self._due and self._gate is None and self._closed is None else []
        if self._gate is not None and self._closed is None:
            moments.append(self._gate_at)
        due_in = max(0.0, min(moments) - self._waiting.clock()) if moments else None
        most = _LOOK_SECONDS if self._interruption else None
        if not self._callers.in_flight:
            self._waiting.sleep(min(due_in or 0.0, most or math.inf))
            return
        if self._callers.in_flight >= self._concurrency:
            due_in = None  # a retry that is due has no place yet
        known = [seconds for seconds in (due_in, most) if seconds is not None]
        if returned := self._callers.next_return(timeout=min(known, default=None)):
            self._take_in(*returned)

    def _take_in_rest(self, *, seconds: float) -> None:
        """Keep what the calls in flight bring, as far as it comes within `seconds`."""
        until = self._waiting.clock() + seconds
        while self._callers.in_flight and (left := until - self._waiting.clock()) > 0:
            if returned := self._callers.next_return(timeout=left):
                self._take_in(*returned)

    def _take_in(self, ask: Ask, attempt: Attempt, ticket: Ticket, outcome: Outcome) -> None:
        finding, failure = judge(outcome)
        learnt = finding or _find_too_long(ask, failure=failure)
        try:
            self._ledger.settle(
                attempt=attempt,
                reply=outcome if isinstance(outcome, Reply) else None,
                failure=failure,
                # With the answer, for it is paid for: both are kept, or neither.
                keep=None if learnt is None else partial(self._checkpoints.put, ask.key, learnt),
            )
        finally:
            self._admission.leave(ticket=ticket, outcome=outcome)
        self._seen.has_answered |= finding is not None
        if failure is None:
            self._finish(ask=ask, finding=finding, failure=None)
            return
        retry_after = outcome.retry_after_seconds if isinstance(outcome, CallFailed) else None
        self._retry_or_give_up(ask=ask, failure=failure, retry_after=retry_after)

    def _retry_or_give_up(self, *, ask: Ask, failure: FailureKind, retry_after: float | None) -> None:
        failures = (*ask.failures, failure)
        decision = decide(
            kind=failure,
            attempt=failures.count(failure),
            retry_after_seconds=retry_after,
            jitter=self._waiting.jitter(),
        )
        self._seen.has_met_outage |= tells_health(failure) is False
        is_given_up = not decision.retry or len(failures) >= MAX_CALLS
        if self._waits and (closed := self._find_outage(decision, failure=failure, is_given_up=is_given_up)):
            self._close(closed)
            return
        excused = failure == "bad_request" and self._seen.has_answered  # then it is the question, not the form of all
        if decision.stops_run and not excused and self.stopped_by is None:
            logger.error("No more questions are asked of the model: %s (%s).", failure, decision.reason)
            self._stop(failure)
        if not is_given_up and self.stopped_by is None:
            again = replace(ask, failures=failures)
            if decision.larger_output:
                again = replace(again, sent=replace(ask.sent, max_output_tokens=2 * ask.sent.max_output_tokens))
            self._entered += 1
            heapq.heappush(self._due, (self._waiting.clock() + decision.delay_seconds, self._entered, again))
            return
        _log_given_up(question=ask.question, kind=failure, attempts=len(failures))
        self._finish(ask=ask, finding=None, failure=failure)

    def _find_outage(self, decision: RetryDecision, *, failure: FailureKind, is_given_up: bool) -> Closed | None:
        """Whether the failure is the provider's, so that every other question would fail of it too."""
        if failure == "insufficient_quota":
            return Closed(reason="no_credit", seconds=None)
        if decision.away_seconds is not None:
            return Closed(reason="asked_to_wait", seconds=decision.away_seconds)
        if not is_given_up or tells_health(failure) is not False:
            return None
        # Where others were answered, it may be this question that the provider breaks down on.
        is_of_all = decision.stops_run or not self._seen.has_answered
        return Closed(reason="model_away", seconds=None) if is_of_all else None

    def _finish(self, *, ask: Ask, finding: Finding | None, failure: FailureKind | None) -> None:
        self._ready.append(Answer(question=ask.question, finding=finding, failure=failure))
        for same in self._open.pop(ask.key):
            self._ready.append(
                Answer(question=same, finding=finding, failure=failure, from_checkpoint=finding is not None)
            )


def _find_too_long(ask: Ask, *, failure: FailureKind | None) -> TooLong | None:
    """What the failure tells for good of a question that goes on in parts: with this one its last try was made."""
    if not ask.question.has_parts or failure not in TOO_LONG:
        return None
    is_last = ask.failures.count(failure) + 1 >= RULES[failure].attempts
    return TooLong(failure=cast(TooLongKind, failure)) if is_last else None


def _log_given_up(*, question: Question, kind: FailureKind, attempts: int) -> None:
    logger.info(
        "Window %d (%s) is given up after %d calls: %s.", question.window.index, question.purpose, attempts, kind
    )
