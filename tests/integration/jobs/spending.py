"""Calls on a ledger, without a gateway and a provider."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from jobs.leases import Lease, claim
from jobs.llm.ledger import Attempt as Call
from jobs.llm.stored import StoredLedger
from jobs.models import Attempt, DailySpending, Job
from tests.factories import JobFactory, MembershipFactory, UploadFactory
from tests.unit.jobs.questions import make_question, make_reply

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def claim_job(job: Job) -> Lease:
    lease = claim(job_id=job.pk, worker="worker@test", seconds=60, now=NOON)
    assert lease is not None
    return lease


class Calls:
    """The calls of one job, of a user of their own unless told otherwise."""

    def __init__(self, *, clinic: Any, user: Any = None, upload: Any = None) -> None:
        self.user = user or MembershipFactory(clinic=clinic).user
        self.job: Job = JobFactory(upload=upload or UploadFactory(clinic=clinic), created_by=self.user)
        self.lease = claim_job(self.job)
        self.ledger = StoredLedger(lease=self.lease, settings={"server": "https://api.openai.com/v1"})

    def open(self, usd: str | None = "0.001", *, at: datetime = NOON, model: str = "gpt-6-luna") -> Call:
        return self.ledger.open(
            key="a" * 64,
            question=make_question(),
            model=model,
            started=at,
            reserve_usd=None if usd is None else Decimal(usd),
        )

    def settle(self, call: Call, usd: str | None = "0.001", **more: Any) -> Call:
        reply = make_reply(cost=None if usd is None else Decimal(usd))
        return self.ledger.settle(attempt=call, reply=reply, failure=None, **more)

    def fail(self, call: Call, kind: Any) -> Call:
        return self.ledger.settle(attempt=call, reply=None, failure=kind)


def read_row(**lookup: Any) -> DailySpending:
    return DailySpending.objects.get(**lookup)


def check_books() -> None:
    """What is held back and spent by day is what the calls say."""
    rows = DailySpending.objects.aggregate(
        calls=Sum("calls", default=0),
        spent=Sum("spent_usd", default=Decimal(0)),
        reserved=Sum("reserved_usd", default=Decimal(0)),
    )
    calls = Attempt.objects.aggregate(
        spent=Sum("cost_usd", default=Decimal(0)), reserved=Sum(F("reserved_usd"), default=Decimal(0))
    )
    assert rows == {"calls": Attempt.objects.count(), **calls}
