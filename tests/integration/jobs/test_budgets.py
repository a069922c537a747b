"""Money is held back before a call and spent after it, on the row of its day."""

import logging
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from documents.domain.findings import read_finding
from documents.models import Upload
from documents.operations.archiving import archive_upload
from jobs.llm.budget import OverBudget, PriceUnknown
from jobs.llm.checkpoints import CheckpointStore
from jobs.llm.stored import StoredCheckpoints
from jobs.models import Attempt, Budget, DailySpending, Job, WindowCheckpoint
from jobs.operations import budgeting
from jobs.operations.purging import purge_upload
from jobs.spending import find_unknown_outcomes, read_states
from pennie.accounts.models import Clinic
from tests.factories import BudgetFactory, MembershipFactory, principal_at
from tests.integration.jobs.spending import NOON, Calls, check_books, claim_job, read_row
from tests.unit.jobs.questions import FINDING_TEXT

DAY = NOON.date()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def calls(clinic: Clinic) -> Calls:
    return Calls(clinic=clinic)


def amounts(row: DailySpending) -> tuple[str, str]:
    return str(row.spent_usd.normalize()), str(row.reserved_usd.normalize())


def test_what_a_call_cost_takes_the_place_of_what_was_held_back(calls: Calls) -> None:
    call = calls.open("0.003")
    assert amounts(read_row()) == ("0", "0.003")
    assert Attempt.objects.get().reserved_usd == Decimal("0.003")
    calls.settle(call, "0.002")
    row = read_row(user=calls.user, day=DAY)
    assert amounts(row) == ("0.002", "0")
    assert (row.calls, row.input_tokens, row.output_tokens, row.unpriced_calls) == (1, 100, 10, 0)
    assert Attempt.objects.get().reserved_usd == 0
    check_books()


def test_a_call_is_priced_by_its_question_where_nobody_says_what_it_costs(calls: Calls) -> None:
    calls.open(None)
    reserved = Attempt.objects.get().reserved_usd
    assert reserved is not None
    assert Decimal("0.0005") < reserved < Decimal("0.001")  # 1,000 tokens of output, some 100 of input
    check_books()


def test_a_days_calls_of_a_user_share_a_row_and_those_of_others_do_not(calls: Calls, clinic: Clinic) -> None:
    again = Calls(clinic=clinic, user=calls.user)
    other = Calls(clinic=clinic)
    for each in (calls, calls, again, other):
        each.settle(each.open())
    assert list(DailySpending.objects.order_by("-calls").values_list("calls", "spent_usd")) == [
        (3, Decimal("0.003")),
        (1, Decimal("0.001")),
    ]
    check_books()


def test_jobs_of_nobody_have_one_row_too(clinic: Clinic) -> None:
    calls = Calls(clinic=clinic)
    Job.objects.update(created_by=None)
    for _ in range(2):
        calls.settle(calls.open("0.001"), "0.0005")
    assert read_row(user=None).calls == 2
    check_books()


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        ("timeout", "0.003"),
        ("connection_reset", "0.003"),
        ("unforeseen", "0.003"),
        ("invalid_json", "0.003"),  # a body that cannot be read
        ("connection_refused", "0"),
        ("not_sent", "0"),
        ("rate_limited", "0"),
        ("server_error", "0"),
    ],
)
def test_a_call_that_fails_is_given_back_unless_it_may_be_billed(calls: Calls, kind: str, held: str) -> None:
    calls.fail(calls.open("0.003"), kind)
    assert amounts(read_row()) == ("0", held)
    assert find_unknown_outcomes(Attempt.objects.all()).exists() is (held != "0")
    check_books()


def test_a_reply_that_does_not_say_what_it_cost_is_counted_and_stays_held(calls: Calls) -> None:
    calls.settle(calls.open("0.003"), None)
    assert amounts(read_row()) == ("0", "0.003")
    assert read_row().unpriced_calls == 1
    check_books()


def test_a_call_without_a_price_is_counted_where_there_is_no_budget(calls: Calls) -> None:
    calls.settle(calls.open(None, model="our-own"), None)
    row = read_row()
    assert (row.calls, row.unpriced_calls, *amounts(row)) == (1, 1, "0", "0")
    assert Attempt.objects.get().reserved_usd is None


def test_a_call_that_a_crash_cut_off_stays_held_and_is_listed(calls: Calls) -> None:
    calls.open("0.003")
    assert not find_unknown_outcomes(Attempt.objects.all()).exists()  # it is under way
    Job.objects.update(lease_until=LONG_AGO)
    claim_job(calls.job)
    assert find_unknown_outcomes(Attempt.objects.all()).get().reserved_usd == Decimal("0.003")
    assert amounts(read_row()) == ("0", "0.003")


def test_a_reply_to_a_worker_that_has_lost_its_job_is_counted(calls: Calls) -> None:
    call = calls.open("0.003")
    Job.objects.update(lease_until=LONG_AGO)
    claim_job(calls.job)
    calls.settle(call, "0.002")
    assert amounts(read_row()) == ("0.002", "0")
    assert not find_unknown_outcomes(Attempt.objects.all()).exists()


def test_a_call_is_settled_once(calls: Calls) -> None:
    call = calls.open("0.003")
    calls.settle(call, "0.002")
    calls.settle(call, "0.002")
    calls.fail(call, "connection_refused")
    assert amounts(read_row()) == ("0.002", "0")
    assert Attempt.objects.get().state == "settled"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["open", "settle"])
def test_a_commit_whose_answer_was_lost_counts_once(step: str, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper: Any = type(connections["default"])
    commit, lost = wrapper._commit, iter([True])

    def lose(self: Any) -> None:
        commit(self)
        if next(lost, False):
            raise OperationalError("the connection is gone")

    call = calls.open("0.003") if step == "settle" else None
    monkeypatch.setattr(wrapper, "_commit", lose)
    monkeypatch.setattr("jobs.llm.stored._PAUSE_SECONDS", 0.0)
    call = call or calls.open("0.003")
    if step == "settle":
        calls.settle(call, "0.002")
    assert next(lost, None) is None
    assert read_row().calls == Attempt.objects.count() == 1
    check_books()


# Borders of days and months


def test_a_call_over_midnight_is_settled_on_the_day_of_its_start(calls: Calls) -> None:
    call = calls.open("0.003", at=datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    later = calls.open("0.003", at=datetime(2026, 12, 1, tzinfo=UTC))
    calls.settle(call, "0.002")
    assert amounts(read_row(day=date(2026, 11, 30))) == ("0.002", "0")
    assert amounts(read_row(day=date(2026, 12, 1))) == ("0", "0.003")
    calls.settle(later)
    check_books()


@pytest.mark.parametrize(
    ("period", "full", "free"),
    [
        ("day", datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)),
        ("month", datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
        ("month", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_budget_is_whole_again_when_its_period_ends(
    calls: Calls, clinic: Clinic, period: str, full: datetime, free: datetime
) -> None:
    BudgetFactory(clinic=clinic, period=period, amount_usd="0.005")
    calls.settle(calls.open("0.003", at=full.replace(hour=0)), "0.003")
    with pytest.raises(OverBudget) as refused:
        calls.open("0.003", at=full)
    assert refused.value.resets_at == free
    calls.open("0.003", at=free)


# Which budgets apply


@pytest.mark.parametrize("spent_by", ["same", "colleague", "other clinic"])
@pytest.mark.parametrize("scope", ["global", "clinic", "user", "upload"])
def test_each_scope_counts_what_is_its_own(
    scope: str, spent_by: str, calls: Calls, clinic: Clinic, other_clinic: Clinic
) -> None:
    spender = {
        "same": lambda: calls,
        "colleague": lambda: Calls(clinic=clinic),
        "other clinic": lambda: Calls(clinic=other_clinic, user=calls.user),
    }[spent_by]()
    spender.settle(spender.open("0.008"), "0.008")
    BudgetFactory(
        scope=scope,
        clinic=None if scope == "global" else clinic,
        user=calls.user if scope == "user" else None,
        period="ever" if scope == "upload" else "day",
        amount_usd="0.01",
    )
    counted = {
        "global": {"same", "colleague", "other clinic"},
        "clinic": {"same", "colleague"},
        "user": {"same"},
        "upload": {"same"},
    }
    if spent_by not in counted[scope]:
        calls.open("0.008")
        return
    with pytest.raises(OverBudget) as refused:
        calls.open("0.008")
    assert (refused.value.scope, refused.value.resets_at is None) == (scope, scope == "upload")
    assert Attempt.objects.count() == read_row().calls == 1  # nothing is left of it
    calls.open("0.002")  # as much as there is


def test_an_upload_counts_what_its_calls_cost_or_hold_over_all_its_jobs(calls: Calls, clinic: Clinic) -> None:
    calls.settle(calls.open("0.004"), "0.002")
    calls.fail(calls.open("0.003"), "timeout")
    calls.fail(calls.open("0.003"), "rate_limited")
    Job.objects.update(state="completed")
    again = Calls(clinic=clinic, upload=calls.job.upload)
    BudgetFactory(clinic=clinic, scope="upload", period="ever", amount_usd="0.01")
    again.open("0.005")
    with pytest.raises(OverBudget):
        again.open("0.00000001")


def test_of_several_that_are_short_the_one_that_resets_last_is_told(calls: Calls, clinic: Clinic) -> None:
    BudgetFactory(clinic=clinic, period="day", amount_usd=0)
    BudgetFactory(clinic=clinic, period="month", amount_usd=0)
    BudgetFactory(clinic=None, scope="global", period="month", amount_usd=5)
    with pytest.raises(OverBudget) as refused:
        calls.open()
    assert (refused.value.scope, refused.value.period) == ("clinic", "month")
    assert refused.value.resets_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert not DailySpending.objects.exists()


@pytest.mark.parametrize(
    ("in_the_way", "seconds"),
    [
        ("a call under way", 30.0),
        ("what was spent", 12 * 3600.0),
        ("a call of unknown outcome", 12 * 3600.0),
    ],
)
def test_who_is_refused_looks_again_when_there_may_be_money(
    in_the_way: str, seconds: float, calls: Calls, clinic: Clinic
) -> None:
    BudgetFactory(clinic=clinic, period="day", amount_usd="0.01")
    call = calls.open("0.009")
    if in_the_way == "what was spent":
        calls.settle(call, "0.009")
    elif in_the_way == "a call of unknown outcome":
        calls.fail(call, "timeout")
    with pytest.raises(OverBudget) as refused:
        calls.open("0.002")
    assert (refused.value.reason, refused.value.seconds) == ("over_budget", seconds)


def test_without_a_price_nothing_is_spent_under_a_budget(calls: Calls, clinic: Clinic, settings: Any) -> None:
    BudgetFactory(clinic=clinic)
    with pytest.raises(PriceUnknown, match="OPENAI_INPUT_PRICE"):
        calls.open(None, model="our-own")
    settings.OPENAI_INPUT_PRICE, settings.OPENAI_OUTPUT_PRICE = Decimal("1"), Decimal("4")
    calls.open(None, model="our-own")
    assert Decimal("0.004") < read_row().reserved_usd < Decimal("0.005")


# Warnings


def test_each_level_is_told_once_in_a_period_by_ids_and_percents(
    calls: Calls,
    clinic: Clinic,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    budget = BudgetFactory(clinic=clinic, period="day", amount_usd="0.01")

    def told(usd: str, *, at: datetime = NOON) -> list[str]:
        caplog.clear()
        caplog.set_level(logging.WARNING)
        with django_capture_on_commit_callbacks(execute=True), suppress(OverBudget):
            calls.settle(calls.open(usd, at=at), usd)
        return [record.getMessage() for record in caplog.records]

    def words(level: int) -> list[str]:
        if level == 100:
            return [f"Budget {budget.pk}: it has no room for another call."]
        return [f"Budget {budget.pk}: {level} % of it is spent or reserved."]

    assert told("0.004") == []
    assert told("0.001") == words(50)
    assert told("0.001") == []
    assert told("0.0025") == words(80)
    assert told("0.009") == words(100)
    assert told("0.009") == []
    assert told("0.009", at=NOON + timedelta(days=1)) == words(80)
    budgeting.change_amount(budget=budget, amount_usd=Decimal(1), now=NOON)
    assert told("0.5") == words(50)


# Erasure


def test_what_was_spent_outlives_the_files_purge(calls: Calls, clinic: Clinic) -> None:
    calls.settle(calls.open("0.003"), "0.002")
    Job.objects.update(state="completed")
    principal = principal_at(clinic, role="admin")
    archive_upload(principal=principal, upload_id=calls.job.upload_id, now=NOON)
    purge_upload(principal=principal, upload_id=calls.job.upload_id, now=NOON)
    assert Upload.objects.get().purged_at is not None
    assert Attempt.objects.get().cost_usd == Decimal("0.002")
    assert amounts(read_row()) == ("0.002", "0")


def test_a_call_is_settled_after_its_files_purge_without_its_words(calls: Calls, clinic: Clinic) -> None:
    call = calls.open("0.003")
    Job.objects.update(state="cancelled")
    principal = principal_at(clinic, role="admin")
    archive_upload(principal=principal, upload_id=calls.job.upload_id, now=NOON)
    purge_upload(principal=principal, upload_id=calls.job.upload_id, now=NOON)
    store: CheckpointStore = StoredCheckpoints(lease=calls.lease)
    calls.settle(call, "0.002", keep=lambda: store.put("a" * 64, read_finding(FINDING_TEXT)))
    assert Attempt.objects.get().answer == ""
    assert not WindowCheckpoint.objects.exists()
    assert amounts(read_row()) == ("0.002", "0")


def test_who_has_spent_is_switched_off_not_deleted(calls: Calls, clinic: Clinic) -> None:
    idle = MembershipFactory(clinic=clinic).user
    BudgetFactory(clinic=clinic, scope="user", user=idle)
    calls.settle(calls.open())
    with pytest.raises(ProtectedError):
        calls.user.delete()
    idle.delete()
    assert not Budget.objects.exists()
    check_books()


# What it costs


def test_an_answer_is_kept_with_its_cost_or_not_at_all(calls: Calls) -> None:
    store: CheckpointStore = StoredCheckpoints(lease=calls.lease)
    call = calls.open("0.003")

    def break_off() -> None:
        store.put("a" * 64, read_finding(FINDING_TEXT))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        calls.settle(call, keep=break_off)
    assert not WindowCheckpoint.objects.exists()
    assert amounts(read_row()) == ("0", "0.003")
    calls.settle(call, "0.002", keep=lambda: store.put("a" * 64, read_finding(FINDING_TEXT)))
    assert WindowCheckpoint.objects.count() == 1
    assert amounts(read_row()) == ("0.002", "0")


@pytest.mark.parametrize(("budgets", "expected"), [(0, 4), (1, 5), (4, 6)])
def test_a_call_takes_few_queries(calls: Calls, clinic: Clinic, budgets: int, expected: int) -> None:
    for scope, period in [("clinic", "day"), ("global", "day"), ("clinic", "month"), ("upload", "ever")][:budgets]:
        BudgetFactory(scope=scope, period=period, clinic=None if scope == "global" else clinic)
    store: CheckpointStore = StoredCheckpoints(lease=calls.lease)
    with CaptureQueriesContext(connection) as opening:
        call = calls.open()
    with CaptureQueriesContext(connection) as settling:
        calls.settle(call, keep=lambda: store.put("a" * 64, read_finding(FINDING_TEXT)))
    assert count_statements(opening) == expected
    assert count_statements(settling) == 4


def count_statements(captured: CaptureQueriesContext) -> int:
    """Without the savepoints, which stand for the transaction of a test's call."""
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


def test_how_budgets_stand_takes_one_query_for_all(calls: Calls, clinic: Clinic, other_clinic: Clinic) -> None:
    calls.settle(calls.open("0.003"), "0.002")
    other = Calls(clinic=other_clinic)
    other.open("0.004")
    BudgetFactory(clinic=clinic, amount_usd="0.01")
    BudgetFactory(clinic=other_clinic, amount_usd="0.01")
    BudgetFactory(clinic=None, scope="global", period="day", amount_usd="0.01")
    BudgetFactory(clinic=clinic, scope="user", user=calls.user, amount_usd="0.01")
    BudgetFactory(clinic=clinic, scope="upload", period="ever", amount_usd="0.01")
    budgets = list(Budget.objects.order_by("id"))
    with CaptureQueriesContext(connection) as queries:
        states = read_states(budgets=budgets, day=DAY)
    assert len(queries) == 1
    assert [(states[each.pk].percent if each.pk in states else None) for each in budgets] == [20, 40, 60, 20, None]
