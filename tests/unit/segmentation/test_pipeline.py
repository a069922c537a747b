"""One file from questions to patients: the order of answers, lost answers, and claims that nobody wrote."""

import json
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.findings import Claim, DocumentType, Finding, Start, read_finding, write_finding
from documents.domain.lines import fold, from_text
from documents.domain.segmentation import assert_partition
from jobs.domain.retries import RULES
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.client import CallFailed, ModelClient, Question, Reply
from jobs.llm.gateway import Answer, Gateway, Waiting
from jobs.llm.ledger import InMemoryLedger
from jobs.llm.rules import RulesClient
from jobs.pipeline import Analysis, PreparedFile, Reached, analyze
from tests.unit.jobs.questions import StubClient, make_reply
from tests.unit.segmentation.drawing import any_text, claims_in, starts_in
from tests.unit.segmentation.telling import FOLLOW_UP, INVOICE, LAB, NOTE, RECORD, split_windows, start_at

NOTHING = Finding(starts=(), facts=())
Answering = Callable[[Question, int], Reply]


class Shuffling(Gateway):
    """Hands out the answers in an order of its own."""

    def __init__(self, *, seed: int, **given: Any) -> None:
        super().__init__(**given)
        self._random = Random(seed)

    def ask_all(self, *, questions: Iterable[Question]) -> Generator[Answer, None, None]:
        answers = list(super().ask_all(questions=questions))
        self._random.shuffle(answers)
        yield from answers


class Run:
    """One analysis by a client, with no time spent waiting."""

    def __init__(self, prepared: PreparedFile, client: ModelClient, *, seed: int = 0, concurrency: int = 4) -> None:
        self.ledger = InMemoryLedger()
        self.clock = 0.0
        self.gateway = Shuffling(
            seed=seed,
            client=client,
            ledger=self.ledger,
            checkpoints=InMemoryCheckpoints(),
            concurrency=concurrency,
            waiting=Waiting(clock=lambda: self.clock, sleep=self.sleep, jitter=lambda: 0.0),
        )
        self.reached: list[Reached] = []
        self.analysis: Analysis = analyze(
            prepared=prepared,
            gateway=self.gateway,
            model_reads=client.engine != "rules",
            on_progress=self.reached.append,
        )

    def sleep(self, seconds: float) -> None:
        self.clock += seconds


def ask_stub(prepared: PreparedFile, answer: Answering, **options: int) -> Run:
    return Run(prepared, StubClient(answer), **options)


@cache
def record_of_windows() -> PreparedFile:
    """A small record, cut into four windows that overlap."""
    prepared = PreparedFile(from_text("\n".join(RECORD)))
    prepared.windows = tuple(split_windows(prepared.reading, owned_from=[10, 22, 30]))
    return prepared


TRUTH: dict[int, tuple[DocumentType, str | None]] = {
    NOTE: ("consult_note", "2019-03-14"),
    LAB: ("lab_report", "2019-03-15"),
    FOLLOW_UP: ("communication", None),
    INVOICE: ("financial", "2019-03-16"),
}


def answer_truly(question: Question, nth: int) -> Reply:
    """What a model without fault says: every true start, and what the rules claim besides."""
    prepared, window = record_of_windows(), question.window
    starts = tuple(
        start_at(line, window=window, reading=prepared.reading, type=kind, date=date)
        for line, (kind, date) in TRUTH.items()
        if line in window.shown
    )
    claims = tuple(
        Claim(field=claim.field, raw=claim.raw, line=claim.line - window.first_line + 1, quote=claim.quote)
        for claim in prepared.claims
        if window.first_line <= claim.line <= window.last_line
    )
    return make_reply(write_finding(Finding(starts=starts, facts=claims)))


def answer_with_slips(question: Question, nth: int) -> Reply:
    """The true answer with slips that depend on the question alone: dropped, shifted, invented."""
    finding = read_finding(answer_truly(question, nth).text)
    random = Random(question.content)
    starts = [
        replace(start, line=start.line + random.choice([-2, 1, 2])) if random.random() < 0.3 else start
        for start in finding.starts
        if random.random() > 0.3
    ]
    span = question.window.last_line - question.window.first_line + 1
    starts += [
        Start(line=random.randint(1, span), quote="PATHOLOGY OF THE SPLEEN", title=None, type="other", date=None)
        for _ in range(2)
    ]
    return make_reply(write_finding(replace(finding, starts=tuple(starts))))


def test_a_model_without_fault_gives_the_true_documents():
    prepared = record_of_windows()
    run = ask_stub(prepared, answer_truly)
    found = {each.start_line: (each.type, each.date) for each in run.analysis.segmentation.documents}
    assert found == TRUTH
    assert not any(each.needs_review for each in run.analysis.segmentation.documents)
    assert run.analysis.unread == ()
    assert run.analysis.warnings == ()
    (patient,) = run.analysis.filing.patients
    assert {"Biscuit", "Dana Whitlow"} <= {fact.value for fact in patient.facts}
    assert set(run.analysis.filing.patient_of_document) == {0}


@pytest.mark.parametrize("answer", [answer_truly, answer_with_slips])
def test_the_order_of_answers_changes_nothing(answer):
    prepared = record_of_windows()
    first = ask_stub(prepared, answer, seed=1, concurrency=1).analysis
    for seed in range(2, 22):
        assert ask_stub(prepared, answer, seed=seed, concurrency=8).analysis == first


def test_slow_answers_change_nothing():
    prepared = record_of_windows()
    random = Random(3)
    delays = [random.random() / 100 for _ in range(100)]

    def answer_late(question: Question, nth: int) -> Reply:
        time.sleep(delays[question.window.index])
        return answer_with_slips(question, nth)

    assert ask_stub(prepared, answer_late, concurrency=8).analysis == ask_stub(prepared, answer_with_slips).analysis


def test_progress_counts_every_window_once():
    prepared = record_of_windows()
    total = len(prepared.windows)
    reached = ask_stub(prepared, answer_truly).reached
    assert [(each.windows_done, each.windows_total) for each in reached] == [(n, total) for n in range(1, total + 1)]


def test_progress_counts_each_document_once_however_many_windows_show_it():
    prepared = record_of_windows()
    run = ask_stub(prepared, answer_truly)
    counts = [each.documents for each in run.reached]
    assert counts == sorted(counts)
    assert counts[-1] == len(run.analysis.segmentation.documents)


def test_doubts_are_asked_about_once_and_as_what_they_are():
    prepared = record_of_windows()
    run = ask_stub(prepared, answer_with_slips)
    asked = [attempt.purpose for attempt in run.ledger.attempts]
    assert asked.count("window") == len(prepared.windows)
    assert set(asked) - {"window"}
    assert len(asked) == len({attempt.question_key for attempt in run.ledger.attempts})


def test_a_failed_question_costs_its_window_alone_and_the_rules_read_it():
    prepared = record_of_windows()
    lost = prepared.windows[1]

    def answer(question: Question, nth: int) -> Reply:
        if question.purpose == "window" and question.window == lost:
            return make_reply(finish="refused", text="")
        return answer_truly(question, nth)

    analysis = ask_stub(prepared, answer).analysis
    assert [each.window for each in analysis.unread] == [lost]
    named = f"lines {lost.owned_first} to {lost.owned_last} were not read by the model (refused)"
    assert any(warning.startswith(named) for warning in analysis.warnings)
    assert [warning for warning in analysis.warnings if f"lines {lost.owned_first} to {lost.owned_last}" in warning]
    assert_partition(analysis.segmentation, text=prepared.text)
    for document in analysis.segmentation.documents:
        if lost.owns(document.start_line):
            assert document.needs_review


def fail(kind: str) -> Answering:
    def answer(question: Question, nth: int) -> Reply:
        raise CallFailed(kind=kind, detail="as ordered")

    return answer


def reply(**reply: Any) -> Answering:
    return lambda question, nth: make_reply(**reply)


def crash(question: Question, nth: int) -> Reply:
    raise RuntimeError("a defect of ours")


USELESS: dict[str, Answering] = {
    **{kind: fail(kind) for kind in RULES},
    "cut off": reply(finish="truncated", text='{"starts": [{"line": 1, "quo'),
    "refusal": reply(finish="refused", text=""),
    "filtered": reply(finish="filtered", text=""),
    "an unknown end": reply(finish="unknown"),
    "no JSON": reply(text="I am sorry, but"),
    "half of JSON": reply(text='{"starts": ['),
    "another schema": reply(text='{"starts": 1, "facts": {}}'),
    "a field too many": reply(text='{"starts": [], "facts": [], "ends": []}'),
    "no field": reply(text="{}"),
    "a null": reply(text="null"),
    "an unknown type": reply(
        text=json.dumps(
            {"starts": [{"line": 1, "quote": "a", "title": None, "type": "poem", "date": None}], "facts": []}
        )
    ),
    "a line as text": reply(
        text=json.dumps(
            {"starts": [{"line": "1", "quote": "a", "title": None, "type": "other", "date": None}], "facts": []}
        )
    ),
    "nothing": reply(text=""),
    "a crash": crash,
}


@pytest.mark.parametrize("answer", USELESS.values(), ids=list(USELESS))
def test_no_useful_answer_leaves_the_rules_reading_with_every_line_named(answer):
    prepared = record_of_windows()
    run = ask_stub(prepared, answer)
    analysis = run.analysis
    assert_partition(analysis.segmentation, text=prepared.text)
    unread = [(each.window.owned_first, each.window.owned_last) for each in analysis.unread]
    assert unread[0][0] == 1
    assert unread[-1][1] == len(prepared.text.lines)
    assert all(end + 1 == begin for (_, end), (begin, _) in pairwise(unread))
    told = "\n".join(analysis.warnings)
    assert all(f"lines {first} to {last} " in told for first, last in unread)
    assert all(document.needs_review for document in analysis.segmentation.documents)
    assert all(attempt.state in ("settled", "failed") and attempt.failure for attempt in run.ledger.attempts)
    rules = Run(prepared, RulesClient(reading=prepared.reading, claims=prepared.claims)).analysis
    assert [each.start_line for each in analysis.segmentation.documents] == [
        each.start_line for each in rules.segmentation.documents
    ]
    assert analysis.filing.patients == rules.filing.patients


def test_an_answer_too_long_for_its_window_is_had_in_two_parts():
    prepared = record_of_windows()
    long = prepared.windows[1]

    def answer(question: Question, nth: int) -> Reply:
        if question.purpose == "window" and question.window.shown == long.shown:
            return make_reply(finish="truncated", text='{"starts": [{"line": 1, "quo')
        return answer_truly(question, nth)

    run = ask_stub(prepared, answer)
    assert run.analysis.unread == ()
    assert_partition(run.analysis.segmentation, text=prepared.text)
    starts = [document.start_line for document in run.analysis.segmentation.documents]
    assert starts == [each.start_line for each in ask_stub(prepared, answer_truly).analysis.segmentation.documents]
    windows = [attempt for attempt in run.ledger.attempts if attempt.purpose == "window"]
    assert len(windows) == len(prepared.windows) + 3  # once more with more room, then its halves


def test_a_model_that_comes_back_is_as_if_it_had_never_been_away():
    prepared = record_of_windows()

    def answer(question: Question, nth: int) -> Reply:
        if nth == 1:
            raise CallFailed(kind="server_error", detail="as ordered")
        return answer_truly(question, nth)

    assert ask_stub(prepared, answer).analysis == ask_stub(prepared, answer_truly).analysis


def test_the_rules_cost_nothing_and_leave_every_document_for_review():
    prepared = record_of_windows()
    run = Run(prepared, RulesClient(reading=prepared.reading, claims=prepared.claims))
    assert run.ledger.attempts == ()
    assert run.analysis.unread == ()
    assert run.analysis.segmentation.documents
    assert all(document.needs_review for document in run.analysis.segmentation.documents)


def assert_every_fact_is_written(analysis: Analysis, prepared: PreparedFile) -> None:
    """I4: each fact's quote stands in its line, and so do the words that its value was read from."""
    for patient in analysis.filing.patients:
        for fact in patient.facts:
            line = fold(prepared.text.lines[fact.line - 1])
            assert fold(fact.quote)
            assert fold(fact.quote) in line
            assert fold(fact.raw) in line


@given(text=any_text, data=st.data())
def test_no_claim_becomes_a_fact_unless_it_is_written(text, data):
    prepared = PreparedFile(text)
    told = {
        window.index: Finding(
            starts=tuple(data.draw(st.lists(starts_in(window, text), max_size=4))),
            facts=tuple(data.draw(st.lists(claims_in(window, text), max_size=12))),
        )
        for window in prepared.windows
    }

    def answer(question: Question, nth: int) -> Reply:
        finding = told[question.window.index] if question.purpose == "window" else NOTHING
        return make_reply(write_finding(finding))

    analysis = ask_stub(prepared, answer, concurrency=1).analysis
    assert_partition(analysis.segmentation, text=text)
    assert_every_fact_is_written(analysis, prepared)
    assert len(analysis.filing.patient_of_document) == len(analysis.segmentation.documents)


@given(any_text)
def test_what_the_rules_claim_is_written(text):
    prepared = PreparedFile(text)
    analysis = Run(prepared, RulesClient(reading=prepared.reading, claims=prepared.claims)).analysis
    assert_partition(analysis.segmentation, text=text)
    assert_every_fact_is_written(analysis, prepared)


def claim(raw: str, quote: str, *, line: int = 3) -> Claim:
    return Claim(field="name", raw=raw, line=line, quote=quote)


SMALL = ("CONSULTATION NOTE", "Date: 03/14/2019", "Patient: Biscuit", "Species: Canine", "", "Biscuit is well today.")


def claims_about_small(*claims: Claim) -> Analysis:
    finding = Finding(starts=(), facts=claims)
    return ask_stub(PreparedFile(from_text("\n".join(SMALL))), reply(text=write_finding(finding))).analysis


@pytest.mark.parametrize(
    "invented",
    [
        pytest.param(claim("Zephyrus", "Patient: Zephyrus"), id="a quote that stands nowhere"),
        pytest.param(claim("Zephyrus", "Patient: Biscuit"), id="a value that its quote does not hold"),
        pytest.param(claim("Zephyrus", ""), id="no quote"),
        pytest.param(claim("", "Patient: Biscuit"), id="no value"),
        pytest.param(claim("Zephyrus", "Patient: Zephyrus", line=-40), id="a line before the file"),
        pytest.param(claim("Zephyrus", "Patient: Zephyrus", line=10**12), id="a line behind the file"),
    ],
)
def test_what_is_not_written_is_told_without_its_value(invented):
    analysis = claims_about_small(invented)
    assert [fact for patient in analysis.filing.patients for fact in patient.facts] == []
    assert [warning for warning in analysis.warnings if warning.startswith("line ") and "does not say" in warning]
    assert "Zephyrus" not in str(analysis)


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (claim("Biscuit", "Patient: Biscuit"), 3),
        (claim("Biscuit", "patient:  BISCUIT"), 3),
        (claim("Biscuit", "Patient: Biscuit", line=5), 3),
        (claim("Biscuit", "Patient: Biscuit", line=-7), 3),
    ],
)
def test_what_is_written_is_a_fact_with_the_files_own_words(written, line):
    (patient,) = claims_about_small(written).filing.patients
    (fact,) = patient.facts
    assert (fact.value, fact.line, fact.quote) == ("Biscuit", line, "Patient: Biscuit")


@pytest.mark.parametrize("text", ["", "\n\n \n\f\n"])
def test_a_text_without_words_asks_nothing(text):
    run = ask_stub(PreparedFile(from_text(text)), crash)
    assert run.ledger.attempts == ()
    assert run.analysis.segmentation.documents == ()
    assert run.analysis.filing.patients == ()


def test_one_line_of_a_million_characters_is_one_document():
    prepared = PreparedFile(from_text("LABORATORY REPORT " * 60_000))
    run = ask_stub(prepared, reply())
    assert [(each.start_line, each.end_line) for each in run.analysis.segmentation.documents] == [(1, 1)]
