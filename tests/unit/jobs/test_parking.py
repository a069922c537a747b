from jobs.domain.parking import BUDGET_PAUSE_SECONDS, MAX_PAUSE_SECONDS, pause_seconds


def test_a_job_that_asks_in_vain_waits_longer_each_time_and_not_for_ever():
    waits = [pause_seconds(reason="model_away", in_vain=times) for times in range(1, 11)]
    assert waits[:3] == [4, 8, 16]
    assert waits == sorted(waits)
    assert waits[-1] == MAX_PAUSE_SECONDS


def test_money_is_looked_for_seldom():
    assert pause_seconds(reason="over_budget", in_vain=1) == BUDGET_PAUSE_SECONDS
