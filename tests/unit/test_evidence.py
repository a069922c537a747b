"""The judgement of `make chaos`: what must not be is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos import evidence as proof
from tests.chaos.evidence import Cut, Evidence

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def attempt(number: int, *, content: str = "a", state: str = "settled", fence: int = 1, second: float = 0) -> Any:
    started = NOW + timedelta(seconds=second)
    return {
        "number": number,
        "content_sha256": content,
        "question_key": content,
        "state": state,
        "failure": "",
        "fence": fence,
        "started_at": started,
        "settled_at": started + timedelta(seconds=1) if state == "settled" else None,
    }


def call(content: str = "a", *, second: float = 0) -> Any:
    started = (NOW + timedelta(seconds=second)).timestamp()
    return {"content_sha256": content, "body_sha256": content, "started_at": started}


def evidence(*, attempts: Any = (), calls: Any = (), events: Any = (), **job: Any) -> Evidence:
    return Evidence(job=job, events=events, attempts=attempts, calls=calls)


def event(version: int, before: str, after: str) -> Any:
    return {"version": version, "before": before, "after": after}


def test_a_kept_answer_that_is_asked_for_again_is_told():
    seen = evidence(calls=[call(second=0), call(second=9)])
    cut = Cut(at=(NOW + timedelta(seconds=5)).timestamp(), kept=frozenset("a"))
    assert len(list(proof.check_nothing_kept_is_asked_again(seen, cuts=[cut]))) == 1
    assert not list(proof.check_nothing_kept_is_asked_again(seen, cuts=[Cut(at=cut.at, kept=frozenset("b"))]))
    assert seen.repeated == 1


def test_calls_and_ledger_are_compared_both_ways():
    assert not list(proof.check_ledger_and_log_agree(evidence(attempts=[attempt(1)], calls=[call()])))
    assert list(proof.check_ledger_and_log_agree(evidence(attempts=[attempt(1)], calls=[call(), call()])))
    assert list(proof.check_ledger_and_log_agree(evidence(attempts=[attempt(1)])))


def test_only_what_was_not_heard_may_be_asked_again():
    cut_off = [attempt(1, state="sent"), attempt(2, second=5)]
    answered = [attempt(1), attempt(2, second=5)]
    at_once = [attempt(1), attempt(2, second=0.5)]
    assert not list(proof.check_repeats_were_unheard(evidence(attempts=cut_off)))
    assert list(proof.check_repeats_were_unheard(evidence(attempts=answered)))
    assert not list(proof.check_repeats_were_unheard(evidence(attempts=at_once)))


def test_open_calls_are_told_unless_their_run_was_cut():
    seen = evidence(attempts=[attempt(1, state="sent"), attempt(2, content="b", state="sent")])

    def told(*, fences: set[int], calls_at_once: int) -> list[str]:
        found = proof.check_only_cut_runs_left_calls_open(seen, cut_fences=fences, calls_at_once=calls_at_once)
        return list(found)

    assert not told(fences={1}, calls_at_once=2)
    assert told(fences={1}, calls_at_once=1)
    assert told(fences=set(), calls_at_once=2)


def test_a_history_with_a_hole_or_two_ends_is_told():
    good = [event(1, "", "pending"), event(2, "pending", "processing"), event(3, "processing", "completed")]
    assert not list(proof.check_history(evidence(events=good, state="completed", version=3), state="completed"))
    assert list(proof.check_history(evidence(events=good, state="completed", version=3), state="failed"))
    assert list(proof.check_history(evidence(events=good[1:], state="completed", version=3), state="completed"))
    twice = [*good, event(4, "completed", "completed")]
    assert list(proof.check_history(evidence(events=twice, state="completed", version=4), state="completed"))
