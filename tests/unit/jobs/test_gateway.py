import json
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.domain.findings import Finding
from jobs.domain.retries import MAX_CALLS, RULES
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.client import Question
from jobs.llm.gateway import Answer, Gateway, Interrupted, Interruption, Waiting
from jobs.llm.ledger import InMemoryLedger
from tests.unit.jobs.questions import FINDING_TEXT, StubClient, fail_with, make_question, make_reply

NOTHING = Finding(starts=(), facts=())


class Clock:
    """Time that passes only by being slept."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def waiting(self, jitter: float = 1.0) -> Waiting:
        return Waiting(clock=lambda: self.now, sleep=self.sleep, jitter=lambda: jitter)


class Setup:
    def __init__(
        self,
        client: StubClient,
        *,
        concurrency: int = 4,
        checkpoints: InMemoryCheckpoints | None = None,
        interruption: Interruption | None = None,
    ) -> None:
        self.client = client
        self.clock = Clock()
        self.ledger = InMemoryLedger()
        self.checkpoints = checkpoints or InMemoryCheckpoints()
        self.gateway = Gateway(
            client=client,
            ledger=self.ledger,
            checkpoints=self.checkpoints,
            concurrency=concurrency,
            waiting=self.clock.waiting(),
            interruption=interruption,
        )

    def ask(self, *questions: Question) -> list[Answer]:
        return list(self.gateway.ask_all(questions=questions))

    def ask_one(self, question: Question | None = None) -> Answer:
        (answer,) = self.ask(question or make_question())
        return answer


def test_each_question_has_one_answer_whatever_the_order():
    setup = Setup(StubClient())
    questions = [make_question(index) for index in range(20)]
    answers = setup.ask(*questions)
    assert sorted(answer.question.window.index for answer in answers) == list(range(20))
    assert all(answer.finding == NOTHING and answer.failure is None for answer in answers)
    assert setup.ledger.totals().calls == 20


def test_no_questions_no_answers():
    assert Setup(StubClient()).ask() == []


def test_a_slow_answer_does_not_hold_back_the_others():
    others_done = threading.Event()

    def answer(question, nth):
        if question.window.index == 0:
            assert others_done.wait(30)
        return make_reply()

    setup = Setup(StubClient(answer), concurrency=2)
    order = []
    for done in setup.gateway.ask_all(questions=[make_question(index) for index in range(6)]):
        order.append(done.question.window.index)
        if len(order) == 5:
            others_done.set()
    assert order == [1, 2, 3, 4, 5, 0]


def test_no_more_calls_are_in_flight_than_allowed():
    lock, now, most = threading.Lock(), [0], [0]
    all_in = threading.Barrier(5)

    def answer(question, nth):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        all_in.wait(30)  # only if five are in flight at once does any of them go on
        with lock:
            now[0] -= 1
        return make_reply()

    setup = Setup(StubClient(answer), concurrency=5)
    assert len(setup.ask(*[make_question(index) for index in range(40)])) == 40
    assert most[0] == 5


def test_the_coordinator_alone_touches_ledger_and_checkpoints():
    touched = set()

    class Watched:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            touched.add(threading.get_ident())
            return getattr(self._inner, name)

    client = StubClient(fail_with("server_error", times=1))
    gateway = Gateway(
        client=client,
        ledger=Watched(InMemoryLedger()),
        checkpoints=Watched(InMemoryCheckpoints()),
        concurrency=4,
        waiting=Clock().waiting(),
    )
    assert len(list(gateway.ask_all(questions=[make_question(index) for index in range(8)]))) == 8
    assert touched == {threading.get_ident()}
    assert threading.get_ident() not in client.threads


def test_questions_are_taken_only_as_there_is_room():
    taken = []

    def questions() -> Iterator[Question]:
        for index in range(100):
            taken.append(index)
            yield make_question(index)

    setup = Setup(StubClient(), concurrency=3)
    answers = setup.gateway.ask_all(questions=questions())
    next(answers)
    assert len(taken) <= 3 + 1 + 3
    answers.close()


def test_a_checkpoint_is_answered_without_a_call():
    setup = Setup(StubClient())
    question = make_question()
    assert setup.ask_one(question).from_checkpoint is False
    again = Setup(StubClient(), checkpoints=setup.checkpoints)
    answer = again.ask_one(question)
    assert (answer.finding, answer.from_checkpoint) == (NOTHING, True)
    assert again.client.asked == []
    assert again.ledger.totals().calls == 0


def test_an_answer_is_kept_before_it_is_handed_out():
    setup = Setup(StubClient())
    question = make_question()
    answers = setup.gateway.ask_all(questions=[question])
    next(answers)
    key = question.key(model="gpt-6-luna", settings={"api": "responses"})
    assert setup.checkpoints.get(key) == NOTHING
    assert [attempt.state for attempt in setup.ledger.attempts] == ["settled"]


def test_the_same_lines_twice_are_paid_for_once():
    setup = Setup(StubClient())
    answers = setup.ask(*[make_question(index, content="1: the same form") for index in range(5)])
    assert len(setup.client.asked) == 1
    assert sorted(answer.question.window.index for answer in answers) == [0, 1, 2, 3, 4]
    assert all(answer.finding == NOTHING for answer in answers)


def test_a_passing_failure_is_asked_again_after_its_backoff():
    setup = Setup(StubClient(fail_with("server_error", times=2)))
    assert setup.ask_one().finding == NOTHING
    assert setup.clock.slept == [1.0, 2.0]
    assert [attempt.state for attempt in setup.ledger.attempts] == ["failed", "failed", "settled"]


def test_the_pause_that_the_provider_asks_for_is_kept():
    setup = Setup(StubClient(fail_with("rate_limited", times=1, retry_after=20.0)))
    assert setup.ask_one().finding == NOTHING
    assert setup.clock.slept == [22.0]


def test_a_waiting_retry_does_not_hold_back_other_questions():
    def answer(question, nth):
        return fail_with("rate_limited", times=1)(question, nth) if question.window.index == 0 else make_reply()

    setup = Setup(StubClient(answer), concurrency=1)
    answers = setup.ask(*[make_question(index) for index in range(5)])
    assert [each.question.window.index for each in answers] == [1, 2, 3, 4, 0]


def test_in_a_storm_of_refusals_few_new_questions_are_begun():
    begun = []

    def questions() -> Iterator[Question]:
        for index in range(100):
            begun.append(index)
            yield make_question(index)

    setup = Setup(StubClient(fail_with("rate_limited", times=3)), concurrency=2)
    answers = setup.gateway.ask_all(questions=questions())
    assert next(answers).finding == NOTHING
    assert len(begun) <= 2 + 2 * 2 + 2
    assert len(list(answers)) == 99


@pytest.mark.parametrize("kind", [kind for kind in RULES if RULES[kind].stops_run == "never"])
def test_a_failure_that_stays_is_given_up_and_the_others_go_on(kind):
    def answer(question, nth):
        return fail_with(kind)(question, nth) if question.window.index == 0 else make_reply()

    setup = Setup(StubClient(answer))
    failures = {each.question.window.index: each.failure for each in setup.ask(*[make_question(i) for i in range(8)])}
    assert failures == {0: kind, **dict.fromkeys(range(1, 8))}
    assert Counter(asked.window.index for asked in setup.client.asked)[0] == RULES[kind].attempts


@pytest.mark.parametrize("kind", [kind for kind in RULES if RULES[kind].stops_run != "never"])
def test_a_failure_that_all_would_share_stops_the_asking(kind):
    setup = Setup(StubClient(fail_with(kind)), concurrency=2)
    answers = setup.ask(*[make_question(index) for index in range(50)])
    assert len(answers) == 50
    assert {answer.failure for answer in answers} == {kind}
    assert len(setup.client.asked) <= (2 + 2 * 2) * RULES[kind].attempts


def test_a_stopped_run_stays_stopped_for_later_questions():
    setup = Setup(StubClient(fail_with("insufficient_quota")), concurrency=1)
    assert setup.gateway.stopped_by is None
    setup.ask(make_question(0))
    assert setup.gateway.stopped_by == "insufficient_quota"
    asked = len(setup.client.asked)
    assert [answer.failure for answer in setup.ask(make_question(1), make_question(2))] == ["insufficient_quota"] * 2
    assert len(setup.client.asked) == asked


def test_what_was_answered_before_is_still_found_after_the_asking_has_stopped():
    first = Setup(StubClient())
    first.ask(make_question(7))
    setup = Setup(StubClient(fail_with("unauthorized")), checkpoints=first.checkpoints, concurrency=1)
    answers = setup.ask(*[make_question(index) for index in range(10)])
    assert [answer.question.window.index for answer in answers if answer.finding] == [7]


def test_a_truncated_answer_is_asked_again_with_twice_the_room_and_kept_under_its_first_key():
    def answer(question, nth):
        return make_reply('{"starts": [', finish="truncated") if nth == 1 else make_reply()

    setup = Setup(StubClient(answer))
    question = make_question(max_output_tokens=1000)
    assert setup.ask_one(question).question == question
    assert [asked.max_output_tokens for asked in setup.client.asked] == [1000, 2000]
    assert Setup(StubClient(), checkpoints=setup.checkpoints).ask_one(question).from_checkpoint
    assert [attempt.failure for attempt in setup.ledger.attempts] == ["truncated", None]
    assert setup.ledger.totals().input_tokens == 200


@pytest.mark.parametrize(
    ("outcome", "calls", "failure"),
    [
        (lambda question, nth: make_reply('{"starts": [', finish="truncated"), 2, "truncated"),
        (fail_with("too_long"), 1, "too_long"),
    ],
)
def test_that_a_question_with_parts_is_too_long_is_known_the_next_time(outcome, calls, failure):
    setup, question = Setup(StubClient(outcome)), make_question(has_parts=True)
    assert setup.ask_one(question).failure == failure
    assert len(setup.client.asked) == calls
    again = Setup(StubClient(), checkpoints=setup.checkpoints)
    answer = again.ask_one(question)
    assert (answer.failure, answer.from_checkpoint, again.client.asked) == (failure, True, [])
    as_a_part = Setup(StubClient(), checkpoints=setup.checkpoints)
    assert as_a_part.ask_one(make_question()).finding == NOTHING  # of no smaller parts: it is asked


@pytest.mark.parametrize("kind", ["refused", "invalid_json", "server_error", "content_filter"])
def test_no_other_failure_is_kept(kind):
    setup, question = Setup(StubClient(fail_with(kind))), make_question(has_parts=True)
    assert setup.ask_one(question).failure == kind
    assert Setup(StubClient(), checkpoints=setup.checkpoints).ask_one(question).finding == NOTHING


def test_a_question_that_was_cut_off_once_is_not_too_long_yet():
    def answer(question, nth):
        return make_reply("{", finish="truncated") if nth == 1 else fail_with("refused")(question, nth)

    setup, question = Setup(StubClient(answer)), make_question(has_parts=True)
    assert setup.ask_one(question).failure == "refused"
    assert Setup(StubClient(), checkpoints=setup.checkpoints).ask_one(question).finding == NOTHING


def test_a_slip_after_a_busy_server_is_still_forgiven_once():
    def answer(question, nth):
        if nth == 3:
            return make_reply("garbage")
        return fail_with("rate_limited", times=2)(question, nth)

    setup = Setup(StubClient(answer))
    assert setup.ask_one().finding == NOTHING
    assert [attempt.failure for attempt in setup.ledger.attempts] == [
        "rate_limited",
        "rate_limited",
        "invalid_json",
        None,
    ]


def test_whatever_it_fails_of_a_question_is_given_up_in_the_end():
    kinds = ["rate_limited", "server_error", "timeout"]
    setup = Setup(StubClient(lambda question, nth: fail_with(kinds[nth % 3])(question, nth)))
    assert setup.ask_one().finding is None
    assert len(setup.client.asked) == MAX_CALLS


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (make_reply(""), "empty"),
        (make_reply(" \n"), "empty"),
        (make_reply("I cannot help"), "invalid_json"),
        (make_reply('{"starts": ['), "invalid_json"),
        (make_reply('{"starts": []}'), "wrong_schema"),
        (make_reply("[]"), "wrong_schema"),
        (make_reply('{"starts": [', finish="truncated"), "truncated"),
        (make_reply("", finish="refused"), "refused"),
        (make_reply("", finish="filtered"), "content_filter"),
        (make_reply(FINDING_TEXT, finish="unknown"), "unknown_finish"),
    ],
)
def test_a_reply_of_no_use_is_never_a_finding(reply, kind):
    setup = Setup(StubClient(lambda question, nth: reply))
    answer = setup.ask_one()
    assert (answer.finding, answer.failure) == (None, kind)
    assert {attempt.failure for attempt in setup.ledger.attempts} == {kind}
    assert {attempt.state for attempt in setup.ledger.attempts} == {"settled"}


@pytest.mark.parametrize("error", [RuntimeError("Owner: Kim Doe"), SystemExit("Owner: Kim Doe"), KeyError("Kim Doe")])
def test_an_unforeseen_exception_fails_its_question_and_is_logged_without_its_words(error, caplog):
    def answer(question, nth):
        if question.window.index == 1:
            raise error
        return make_reply()

    with caplog.at_level(logging.DEBUG):
        answers = Setup(StubClient(answer)).ask(*[make_question(index) for index in range(3)])
    assert {each.question.window.index: each.failure for each in answers} == {0: None, 1: "unforeseen", 2: None}
    assert type(error).__name__ in caplog.text
    assert "Kim" not in caplog.text


def test_logs_hold_nothing_of_a_question_or_an_answer(caplog):
    wrong = json.dumps({"starts": [{"line": 1, "quote": "Patient: Biscuit"}], "facts": []})
    with caplog.at_level(logging.DEBUG):
        Setup(StubClient(lambda question, nth: make_reply(wrong))).ask_one(make_question(content="1: Patient: Biscuit"))
    assert "wrong_schema" in caplog.text
    assert "Biscuit" not in caplog.text


def test_closed_early_it_asks_nothing_more_and_its_threads_end():
    release = threading.Event()
    before = set(threading.enumerate())

    def answer(question, nth):
        if question.window.index:
            release.wait(30)
        return make_reply()

    setup = Setup(StubClient(answer), concurrency=3)
    answers = setup.gateway.ask_all(questions=[make_question(index) for index in range(100)])
    next(answers)
    answers.close()  # returns at once, though calls are in flight
    release.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
    assert set(threading.enumerate()) <= before
    assert len(setup.client.asked) <= 4
    assert "sent" in {attempt.state for attempt in setup.ledger.attempts}


def test_interrupted_it_asks_nothing_more_and_keeps_what_was_in_flight():
    all_in_flight, wanted = threading.Barrier(3), threading.Event()

    def answer(question, nth):
        all_in_flight.wait(30)
        wanted.set()
        return make_reply()

    interruption = Interruption(wanted=wanted.is_set, patience_seconds=30)
    setup = Setup(StubClient(answer), concurrency=3, interruption=interruption)
    questions = [make_question(index) for index in range(100)]
    with pytest.raises(Interrupted):
        setup.ask(*questions)
    assert [attempt.state for attempt in setup.ledger.attempts] == ["settled"] * 3
    keys = [question.key(model="gpt-6-luna", settings=setup.client.settings) for question in questions]
    assert [setup.checkpoints.get(key) for key in keys[:4]] == [NOTHING, NOTHING, NOTHING, None]


def test_interrupted_it_waits_no_longer_than_told_and_notices_while_it_waits():
    release, wanted = threading.Event(), threading.Event()

    def answer(question, nth):
        wanted.set()
        release.wait(30)
        return make_reply()

    setup = Setup(StubClient(answer), interruption=Interruption(wanted=wanted.is_set, patience_seconds=0))
    try:
        with pytest.raises(Interrupted):
            setup.ask(make_question())
    finally:
        release.set()
    assert [attempt.state for attempt in setup.ledger.attempts] == ["sent"]


def test_the_rules_are_interrupted_too():
    answered: list[Question] = []

    def answer(question, nth):
        answered.append(question)
        return make_reply()

    interruption = Interruption(wanted=lambda: len(answered) == 2, patience_seconds=0)
    with pytest.raises(Interrupted):
        Setup(StubClient(answer, engine="rules"), interruption=interruption).ask(*map(make_question, range(5)))
    assert len(answered) == 2


def test_threads_never_keep_the_process_from_ending():
    release = threading.Event()

    def answer(question, nth):
        release.wait(30)
        return make_reply()

    setup = Setup(StubClient(answer), concurrency=1)
    answers = setup.gateway.ask_all(questions=[make_question()])
    taker = threading.Thread(target=lambda: list(answers))
    taker.start()
    while not setup.client.threads:
        pass
    callers = [thread for thread in threading.enumerate() if thread.name.startswith("model-call")]
    assert callers
    assert all(thread.daemon for thread in callers)
    release.set()
    taker.join(30)


def test_an_error_in_the_questions_reaches_the_caller_and_leaves_no_thread():
    before = set(threading.enumerate())

    def questions() -> Iterator[Question]:
        yield make_question()
        raise ValueError("no window")

    with pytest.raises(ValueError, match="no window"):
        list(Setup(StubClient()).gateway.ask_all(questions=questions()))
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
    assert set(threading.enumerate()) <= before


def test_the_rules_answer_in_the_callers_thread_unledgered():
    setup = Setup(StubClient(engine="rules"))
    answers = setup.ask(*[make_question(index) for index in range(5)])
    assert [answer.question.window.index for answer in answers] == [0, 1, 2, 3, 4]
    assert all(answer.finding == NOTHING for answer in answers)
    assert setup.client.threads == {threading.get_ident()}
    assert setup.ledger.totals().calls == 0


def test_a_failure_of_the_rules_is_a_failed_answer():
    def answer(question, nth):
        if question.window.index == 0:
            raise RuntimeError("boom")
        return make_reply()

    answers = Setup(StubClient(answer, engine="rules")).ask(make_question(0), make_question(1))
    assert [each.failure for each in answers] == ["unforeseen", None]


def test_a_concurrency_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        Setup(StubClient(), concurrency=0)


@settings(max_examples=60, deadline=None)
@given(
    scripts=st.lists(st.lists(st.sampled_from([None, *RULES, "truncated_reply", "garbage"]), max_size=7), max_size=12),
    concurrency=st.integers(1, 5),
)
def test_whatever_goes_wrong_each_question_gets_exactly_one_right_answer(scripts, concurrency):
    def answer(question, nth):
        script = scripts[question.window.index]
        step = script[nth - 1] if nth <= len(script) else None
        if step == "truncated_reply":
            return make_reply("{", finish="truncated")
        if step == "garbage":
            return make_reply("garbage")
        return fail_with(step)(question, nth) if step else make_reply()

    setup = Setup(StubClient(answer), concurrency=concurrency)
    answers = setup.ask(*[make_question(index) for index in range(len(scripts))])
    assert sorted(each.question.window.index for each in answers) == list(range(len(scripts)))
    assert all((each.finding is None) != (each.failure is None) for each in answers)
    assert all(attempt.state != "sent" for attempt in setup.ledger.attempts)
    assert setup.ledger.totals().calls == len(setup.client.asked) <= MAX_CALLS * len(scripts)
