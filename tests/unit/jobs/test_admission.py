"""What the gateway does about questions that may not be asked yet, or not at all for a while."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from jobs.llm.admission import Later, Ticket
from jobs.llm.calling import CallPlaces
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.client import CallFailed, Question, Reply
from jobs.llm.closed import Closed
from jobs.llm.gateway import Answer, Gateway, Interruption, Waiting
from jobs.llm.ledger import Attempt, InMemoryLedger
from tests.unit.jobs.questions import StubClient, fail_with, make_question, make_reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbered(Ticket):
    number: int


class Door:
    """An admission that does as it is told, and remembers."""

    def __init__(self, *says: Any) -> None:
        self._says: Iterator[Any] = iter(says)
        self._given = 0
        self.left: list[tuple[int, Any]] = []
        self.unused: list[int] = []
        self.ended = 0

    def enter(self, *, question: Question) -> Ticket | Later:
        said = next(self._says, None)
        if isinstance(said, Later):
            return said
        if isinstance(said, Exception):
            raise said
        self._given += 1
        return Numbered(number=self._given)

    def leave(self, *, ticket: Ticket, outcome: Reply | BaseException) -> None:
        assert isinstance(ticket, Numbered)
        self.left.append((ticket.number, outcome))

    def withdraw(self, *, ticket: Ticket | None = None) -> None:
        if ticket is None:
            self.ended += 1
        else:
            assert isinstance(ticket, Numbered)
            self.unused.append(ticket.number)


class Run:
    def __init__(self, door: Door, client: StubClient | None = None, **options: Any) -> None:
        self.slept: list[float] = []
        self.now = 50.0
        self.client = client or StubClient()
        self.ledger = options.pop("ledger", InMemoryLedger())
        self.checkpoints = InMemoryCheckpoints()
        self.gateway = Gateway(
            client=self.client,
            ledger=self.ledger,
            checkpoints=self.checkpoints,
            concurrency=options.pop("concurrency", 1),
            waiting=Waiting(clock=lambda: self.now, sleep=self._sleep, jitter=lambda: 1.0),
            admission=door,
            **options,
        )
        self.answers: list[Answer] = []

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def ask(self, count: int) -> list[Answer]:
        for answer in self.gateway.ask_all(questions=[make_question(index) for index in range(count)]):
            self.answers.append(answer)
        return self.answers


CLOSED = Closed(reason="model_away", seconds=10.0)


def test_a_question_that_may_not_be_asked_yet_is_asked_when_its_time_has_come():
    door = Door(Later(seconds=3.0), Later(seconds=0.5))
    run = Run(door)
    assert [answer.failure for answer in run.ask(2)] == [None, None]
    assert run.slept == [3.0, 0.5]
    assert [number for number, _ in door.left] == [1, 2]
    assert door.ended == 1


def test_every_ticket_comes_back_with_what_became_of_its_call():
    door = Door()
    run = Run(door, StubClient(fail_with("rate_limited", times=1)))
    run.ask(1)
    (_, first), (_, second) = door.left
    assert isinstance(first, CallFailed)
    assert first.kind == "rate_limited"
    assert isinstance(second, Reply)


def test_a_run_that_waits_ends_as_closed_with_what_was_in_flight_kept():
    both_asked = threading.Barrier(2)

    def answer(question: Question, nth: int) -> Reply:
        both_asked.wait(30)
        return make_reply()

    door = Door(None, None, CLOSED)
    run = Run(door, StubClient(answer), concurrency=4, waits=True)
    with pytest.raises(Closed) as caught:
        run.ask(5)
    assert caught.value is CLOSED
    assert len(run.answers) == 2 == run.ledger.totals().calls
    assert door.ended == 1


def test_a_run_that_does_not_wait_goes_on_without_the_model():
    door = Door(None, CLOSED)
    run = Run(door)
    answers = {answer.question.window.index: answer.failure for answer in run.ask(4)}
    assert answers == {0: None, 1: "model_away", 2: "model_away", 3: "model_away"}
    assert run.gateway.stopped_by == "model_away"
    assert len(run.client.asked) == 1


def test_a_retry_that_waits_is_given_up_too_once_the_model_is_closed():
    def answer(question: Question, nth: int) -> Reply:
        raise CallFailed(kind="conflict", detail="as ordered")

    run = Run(Door(None, Closed(reason="over_budget", seconds=None)), StubClient(answer))
    assert [answer.failure for answer in run.ask(1)] == ["over_budget"]


class Poor(InMemoryLedger):
    """A ledger that has money for `affordable` calls."""

    def __init__(self, affordable: int) -> None:
        super().__init__()
        self._affordable = affordable

    def open(self, **call: Any) -> Attempt:
        if len(self.attempts) >= self._affordable:
            raise Closed(reason="over_budget", seconds=60.0)
        return super().open(**call)


def test_a_call_that_no_money_is_left_for_gives_its_ticket_back():
    door = Door()
    run = Run(door, ledger=Poor(2), waits=True)
    with pytest.raises(Closed, match="over_budget"):
        run.ask(4)
    assert len(run.answers) == 2
    assert door.unused == [3]
    assert [number for number, _ in door.left] == [1, 2]


class Lost(Exception):
    """The job is another's."""


class Forbidding(InMemoryLedger):
    """A ledger that lets no call be made after the first `allowed`."""

    def __init__(self, allowed: int) -> None:
        super().__init__()
        self._allowed = allowed

    def open(self, **call: Any) -> Attempt:
        if len(self.attempts) >= self._allowed:
            raise Lost
        return super().open(**call)


def test_a_run_that_may_not_go_on_leaves_its_places_and_keeps_what_was_in_flight():
    places, asked = CallPlaces(most=3), threading.Barrier(2)

    def answer(question: Question, nth: int) -> Reply:
        asked.wait(30)
        return make_reply()

    door, interruption = Door(), Interruption(wanted=lambda: False, patience_seconds=30.0)
    run = Run(
        door,
        StubClient(answer),
        ledger=Forbidding(2),
        concurrency=3,
        places=places,
        interruption=interruption,
        waits=True,
    )
    with pytest.raises(Lost):
        run.ask(4)
    assert all(places.take() for _ in range(3))
    assert [attempt.state for attempt in run.ledger.attempts] == ["settled", "settled"]
    assert door.unused == [3]
    assert [number for number, _ in sorted(door.left, key=lambda each: each[0])] == [1, 2]
    places.close()


def test_an_account_without_credit_closes_the_model_for_a_run_that_waits():
    run = Run(Door(), StubClient(fail_with("insufficient_quota")), waits=True)
    with pytest.raises(Closed, match="no_credit"):
        run.ask(3)
    assert len(run.client.asked) == 1


def test_a_provider_that_answers_nothing_is_waited_for_and_one_window_that_it_cannot_answer_is_not():
    away = Run(Door(), StubClient(fail_with("server_error")), waits=True)
    with pytest.raises(Closed, match="model_away"):
        away.ask(2)
    assert away.answers == []

    def answer(question: Question, nth: int) -> Reply:
        if question.window.index == 1:
            raise CallFailed(kind="server_error", detail="as ordered")
        return make_reply()

    one = Run(Door(), StubClient(answer), waits=True)
    assert [each.failure for each in one.ask(3)].count("server_error") == 1


def test_a_provider_that_refuses_connections_is_waited_for_though_it_had_answered():
    def answer(question: Question, nth: int) -> Reply:
        if question.window.index == 0:
            return make_reply()
        raise CallFailed(kind="connection_refused", detail="as ordered")

    run = Run(Door(), StubClient(answer), waits=True)
    with pytest.raises(Closed, match="model_away") as caught:
        run.ask(3)
    assert caught.value.in_vain is False


def test_what_was_answered_before_counts_for_all_that_a_run_asks():
    failing: set[int] = set()

    def answer(question: Question, nth: int) -> Reply:
        if question.window.index in failing:
            raise CallFailed(kind="server_error", detail="as ordered")
        return make_reply()

    run = Run(Door(), StubClient(answer), waits=True)
    run.ask(2)
    failing.add(5)
    (answered,) = run.gateway.ask_all(questions=[make_question(5)])  # a follow-up that breaks the provider
    assert answered.failure == "server_error"


@pytest.mark.parametrize("kind", ["rate_limited", "server_error"])
def test_a_pause_that_no_run_waits_for_ends_the_run_until_it_is_over(kind: str) -> None:
    run = Run(Door(), StubClient(fail_with(kind, retry_after=3600.0)), waits=True)
    with pytest.raises(Closed, match="asked_to_wait") as caught:
        run.ask(3)
    assert (caught.value.seconds, len(run.client.asked), run.answers) == (3600.0, 1, [])


def test_a_run_that_does_not_wait_gives_up_the_window_that_such_a_pause_was_asked_for() -> None:
    def answer(question: Question, nth: int) -> Reply:
        if question.window.index == 0:
            raise CallFailed(kind="rate_limited", detail="as ordered", retry_after_seconds=3600.0)
        return make_reply()

    run = Run(Door(), StubClient(answer))
    assert [each.failure for each in run.ask(2)] == ["rate_limited", None]  # whether others are let in, admission says


def test_whether_a_run_asked_in_vain_is_told_by_all_its_calls():
    refused = Run(Door(Closed(reason="model_away", seconds=10.0)), waits=True)
    with pytest.raises(Closed) as caught:
        refused.ask(1)
    assert caught.value.in_vain is None
    away = Run(Door(), StubClient(fail_with("server_error")), waits=True)
    with pytest.raises(Closed) as caught:
        away.ask(1)
    assert caught.value.in_vain is True
    has_failed = threading.Event()

    def answer(question: Question, nth: int) -> Reply:
        if question.window.index == 1:
            raise CallFailed(kind="server_error", detail="as ordered", retry_after_seconds=1000.0)
        has_failed.wait(30)  # comes back after the run has closed
        return make_reply()

    late = Run(Door(), StubClient(answer), concurrency=2, waits=True)
    write = late.ledger.settle

    def settle(**call: Any) -> Attempt:
        settled: Attempt = write(**call)
        has_failed.set()
        return settled

    late.ledger.settle = settle
    with pytest.raises(Closed) as caught:
        late.ask(2)
    assert caught.value.in_vain is False


def test_jobs_of_a_process_share_its_places():
    places = CallPlaces(most=3)
    lock, now, most = threading.Lock(), [0], [0]

    def answer(question: Question, nth: int) -> Reply:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.005)
        with lock:
            now[0] -= 1
        return make_reply()

    def work() -> None:
        gateway = Gateway(
            client=StubClient(answer),
            ledger=InMemoryLedger(),
            checkpoints=InMemoryCheckpoints(),
            concurrency=3,
            places=places,
        )
        done.append(len(list(gateway.ask_all(questions=[make_question(index) for index in range(20)]))))

    done: list[int] = []
    jobs = [threading.Thread(target=work) for _ in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert done == [20, 20, 20, 20]
    assert most[0] == 3
    assert all(places.take() for _ in range(3))
    assert not places.take()
    places.close()
