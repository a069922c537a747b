"""Many workers and little money, against a real database: at no moment is more spent and held back than there is."""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F, Sum

from jobs.llm.budget import OverBudget
from jobs.models import Attempt, Budget, DailySpending
from jobs.operations import budgeting
from pennie.accounts.models import Clinic
from tests.factories import BudgetFactory, MembershipFactory
from tests.integration.jobs.spending import NOON, Calls, check_books

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 8
CENT = Decimal("0.01")
MOST = Decimal("0.0007")  # of a call


def race(run: Callable[[int], int]) -> int:
    """What the workers' runs come to, all begun at the same moment."""
    start = threading.Barrier(WORKERS)

    def work(number: int) -> int:
        try:
            start.wait(30)
            return run(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(work, range(WORKERS)))


def spend_all(calls: Calls, *, chance: random.Random) -> int:
    """Call until there is no money, with one call or two in flight; how many calls were made."""
    made, waiting = 0, []
    while made < 200:
        try:
            waiting.append(calls.open(str(MOST)))
            made += 1
        except OverBudget:
            if not waiting:
                return made
        if waiting and (len(waiting) > 1 or chance.random() < 0.5):
            fate = chance.random()
            if fate < 0.1:
                calls.fail(waiting.pop(0), "rate_limited")
            elif fate < 0.2:
                calls.fail(waiting.pop(0), "timeout")
            else:
                calls.settle(waiting.pop(0), str(MOST * Decimal(chance.choice(["1", "1", "0.5", "0"]))))
    raise AssertionError("the budget stopped nobody")


def read_used() -> Decimal:
    said = DailySpending.objects.aggregate(used=Sum(F("spent_usd") + F("reserved_usd"), default=Decimal(0)))
    return Decimal(said["used"])


@contextmanager
def watched() -> Iterator[list[Decimal]]:
    """What is spent and held back, seen again and again from outside."""
    seen: list[Decimal] = []
    ended = threading.Event()

    def look() -> None:
        try:
            while not ended.is_set():
                seen.append(read_used())
        finally:
            connection.close()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def test_a_cent_is_never_exceeded_by_eight_workers_at_once(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    budget = BudgetFactory(clinic=clinic, period="day", amount_usd=CENT)
    user = MembershipFactory(clinic=clinic).user
    workers = [Calls(clinic=clinic, user=user) for _ in range(WORKERS)]
    with watched() as seen, caplog.at_level(logging.WARNING, logger="jobs.llm.stored"):
        made = race(lambda number: spend_all(workers[number], chance=random.Random(number)))
    assert made == Attempt.objects.count() >= CENT // MOST
    assert len(seen) > 10
    assert max(seen) <= CENT
    assert CENT - MOST < read_used() <= CENT  # all of it was used
    assert [record for record in caplog.records if "database" in record.getMessage()] == []
    check_books()
    budgeting.change_amount(budget=budget, amount_usd=2 * CENT, now=NOON)
    workers[0].open(str(MOST))


def test_several_budgets_at_once_are_kept_without_a_deadlock(
    clinic: Clinic, other_clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    users = {each: MembershipFactory(clinic=each).user for each in (clinic, other_clinic)}
    budgets: list[Budget] = []
    for each, user in users.items():  # made in different orders
        of_user = {"clinic": each, "scope": "user", "user": user, "period": "day", "amount_usd": CENT}
        of_clinic = {"clinic": each, "period": "month", "amount_usd": CENT}
        of_upload = {"clinic": each, "scope": "upload", "period": "ever", "amount_usd": CENT / 2}
        made = [of_user, of_clinic, of_upload] if each == clinic else [of_upload, of_clinic, of_user]
        budgets += [BudgetFactory(**said) for said in made]
    budgets.append(BudgetFactory(clinic=None, scope="global", period="day", amount_usd=2 * CENT - MOST))
    clinics = list(users)
    workers = [Calls(clinic=clinics[n % 2], user=users[clinics[n % 2]]) for n in range(WORKERS)]
    with watched() as seen, caplog.at_level(logging.WARNING, logger="jobs.llm.stored"):
        race(lambda number: spend_all(workers[number], chance=random.Random(number)))
    assert [record for record in caplog.records if "database" in record.getMessage()] == []
    assert max(seen) <= 2 * CENT - MOST
    for each in clinics:
        row = DailySpending.objects.get(clinic=each)
        assert row.spent_usd + row.reserved_usd <= CENT
    check_books()
