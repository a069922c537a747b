"""The calls of one run that are in flight."""

import queue
from collections.abc import Callable
from dataclasses import dataclass

from jobs.domain.retries import FailureKind
from jobs.llm.admission import Ticket
from jobs.llm.calling import CallPlaces
from jobs.llm.client import ModelClient, Question, Reply
from jobs.llm.ledger import Attempt


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A question on its way."""

    question: Question  # as it was given: its key finds the answer, however often and in what form it was asked
    key: str
    sent: Question  # as it is asked now: perhaps with more room for the answer
    failures: tuple[FailureKind, ...] = ()  # of the calls made for it so far


Outcome = Reply | BaseException


class Callers:
    """The calls of one run that are in flight, in places of its own or in those that the process shares."""

    def __init__(self, *, client: ModelClient, places: CallPlaces | None, most: int) -> None:
        self._client = client
        self._places = places or CallPlaces(most=most)
        self._are_own = places is None
        self._returns: queue.SimpleQueue[tuple[Ask, Attempt, Ticket, Outcome]] = queue.SimpleQueue()
        self.in_flight = 0  # submitted and not yet taken by next_return

    def take_place(self) -> bool:
        return self._places.take()

    def give_place_back(self) -> None:
        self._places.give_back()

    def submit(self, *, ask: Ask, attempt: Attempt, ticket: Ticket) -> None:
        """Into the place that was taken."""

        def make() -> Callable[[], None]:
            outcome = call(client=self._client, question=ask.sent)
            return lambda: self._returns.put((ask, attempt, ticket, outcome))

        self.in_flight += 1
        self._places.submit(make)

    def next_return(self, *, timeout: float | None) -> tuple[Ask, Attempt, Ticket, Outcome] | None:
        """The next call that is back; None when `timeout` seconds have passed without one."""
        try:
            returned = self._returns.get(timeout=timeout)
        except queue.Empty:
            return None
        self.in_flight -= 1
        return returned

    def close(self) -> None:
        if self._are_own:
            self._places.close()


def call(*, client: ModelClient, question: Question) -> Outcome:
    """The client's reply, or what it raised: the coordinator waits for one of the two, whatever happens here."""
    try:
        return client.ask(question=question)
    except BaseException as error:
        return error
