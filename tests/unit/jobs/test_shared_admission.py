"""How breaker and limit together let the calls of one run in."""

from typing import Any

import pytest

from jobs.domain.parking import MOST_ASKED_PAUSE_SECONDS
from jobs.domain.retries import MAX_RETRY_AFTER_SECONDS
from jobs.llm.admission import Later, Ticket
from jobs.llm.breaker import Allowed, Refused
from jobs.llm.client import CallFailed
from jobs.llm.closed import Closed
from jobs.llm.limiter import Flow, LocalLimiter
from jobs.llm.shared_admission import SharedAdmission
from tests.unit.jobs.questions import make_question, make_reply

AWAY = Refused(seconds=7.0, reason="model_away")


class Switch:
    """A breaker that says what it is set to."""

    def __init__(self, says: Allowed | Refused) -> None:
        self.says = says
        self.reports: list[tuple[Allowed, bool | None]] = []

    def allow(self) -> Allowed | Refused:
        return self.says

    def report(self, *, allowed: Allowed, healthy: bool | None) -> None:
        self.reports.append((allowed, healthy))


def admit(switch: Any, *, limiter: LocalLimiter | None = None) -> SharedAdmission:
    flow = Flow(clinic="clinic", priority="normal")
    return SharedAdmission(breaker=switch, limiter=limiter or LocalLimiter(), flow=flow, waiter="run")


def enter(admission: SharedAdmission) -> Ticket:
    said = admission.enter(question=make_question())
    assert isinstance(said, Ticket)
    return said


def test_a_run_whose_own_call_tries_the_model_waits_for_it_instead_of_ending():
    switch = Switch(Allowed(probe="this"))
    admission = admit(switch)
    probe = enter(admission)
    switch.says = AWAY
    assert isinstance(admission.enter(question=make_question()), Later)
    with pytest.raises(Closed, match="model_away"):
        admit(switch).enter(question=make_question())  # another run's
    switch.says = Allowed()
    admission.leave(ticket=probe, outcome=make_reply())
    enter(admission)


@pytest.mark.parametrize("back_by", ["leave", "withdraw"])
def test_once_the_trying_call_is_back_the_breaker_decides_again(back_by: str):
    switch = Switch(Allowed(probe="this"))
    admission = admit(switch)
    probe = enter(admission)
    switch.says = AWAY
    if back_by == "leave":
        admission.leave(ticket=probe, outcome=CallFailed(kind="server_error", detail="as ordered"))
    else:
        admission.withdraw(ticket=probe)
    with pytest.raises(Closed, match="model_away"):
        admission.enter(question=make_question())


def test_a_short_pause_is_waited_for_and_a_long_one_ends_the_run():
    limiter = LocalLimiter()
    admission = admit(Switch(Allowed()), limiter=limiter)
    limiter.pause(seconds=MAX_RETRY_AFTER_SECONDS - 5)
    assert isinstance(admission.enter(question=make_question()), Later)
    limiter.pause(seconds=MAX_RETRY_AFTER_SECONDS + 5)
    with pytest.raises(Closed, match="asked_to_wait") as caught:
        admission.enter(question=make_question())
    assert caught.value.seconds == pytest.approx(MAX_RETRY_AFTER_SECONDS + 5, abs=5)


def test_all_pause_as_long_as_the_provider_asks_but_not_for_a_day():
    limiter = LocalLimiter()
    admission = admit(Switch(Allowed()), limiter=limiter)
    day = CallFailed(kind="rate_limited", detail="as ordered", retry_after_seconds=86_400.0)
    admission.leave(ticket=enter(admission), outcome=day)
    with pytest.raises(Closed, match="asked_to_wait") as caught:
        admit(Switch(Allowed()), limiter=limiter).enter(question=make_question())
    assert caught.value.seconds == pytest.approx(MOST_ASKED_PAUSE_SECONDS, abs=5)
