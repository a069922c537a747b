from jobs.domain.parking import (
    BUDGET_PAUSE_SECONDS,
    MAX_PAUSE_SECONDS,
    MOST_ASKED_PAUSE_SECONDS,
    MOST_BREAKER_PAUSE_SECONDS,
    pause_seconds,
)


def test_a_job_that_asks_in_vain_waits_longer_each_time_and_not_for_ever():
    waits = [pause_seconds(reason="model_away", in_vain=times) for times in range(1, 11)]
    assert waits[:3] == [4, 8, 16]
    assert waits == sorted(waits)
    assert waits[-1] == MAX_PAUSE_SECONDS


def test_a_job_that_the_breaker_holds_up_is_looked_at_soon_and_one_without_money_when_there_is_some():
    told = 3000.0
    assert pause_seconds(reason="no_credit", in_vain=1, told=told) == MOST_BREAKER_PAUSE_SECONDS
    assert pause_seconds(reason="model_away", in_vain=1, told=5.0) == 5
    assert pause_seconds(reason="over_budget", in_vain=1, told=told) == told


def test_a_provider_that_wants_a_pause_is_asked_again_when_it_is_over_but_not_a_day_later():
    assert pause_seconds(reason="asked_to_wait", in_vain=1, told=300.0) == 300
    assert pause_seconds(reason="asked_to_wait", in_vain=1, told=86_400.0) == MOST_ASKED_PAUSE_SECONDS


def test_money_is_looked_for_seldom():
    assert pause_seconds(reason="over_budget", in_vain=1) == BUDGET_PAUSE_SECONDS
