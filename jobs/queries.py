"""What is read of jobs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, Sum

from jobs.domain.retries import PERHAPS_BILLED
from jobs.models import Attempt


@dataclass(frozen=True, kw_only=True, slots=True)
class JobTotals:
    """What the calls of a job came to."""

    calls: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    known_cost_usd: Decimal = Decimal(0)
    uncertain_calls: int = 0  # that may have cost something that is not in `known_cost_usd`

    @property
    def cost_usd(self) -> Decimal | None:
        """None: unknown, which is not 0."""
        return None if self.uncertain_calls else self.known_cost_usd


def sum_attempts(*, job_ids: Iterable[UUID]) -> Mapping[UUID, JobTotals]:
    """The totals of each job that made a call, in one query."""
    rows = (
        Attempt.objects.filter(job_id__in=list(job_ids))
        .order_by()
        .values("job_id")
        .annotate(
            calls=Count("id"),
            input=Sum("input_tokens", default=0),
            cached=Sum("cached_input_tokens", default=0),
            output=Sum("output_tokens", default=0),
            cost=Sum("cost_usd", default=Decimal(0)),
            uncertain=Count("id", filter=is_uncertain()),
        )
    )
    return {
        row["job_id"]: JobTotals(
            calls=row["calls"],
            input_tokens=row["input"],
            cached_input_tokens=row["cached"],
            output_tokens=row["output"],
            known_cost_usd=row["cost"],
            uncertain_calls=row["uncertain"],
        )
        for row in rows
    }


def is_uncertain() -> Q:
    """Of a call: that it may have cost something that nobody told."""
    return (
        Q(state=Attempt.State.SENT)
        | Q(state=Attempt.State.SETTLED, cost_usd=None)
        | Q(state=Attempt.State.FAILED, failure__in=PERHAPS_BILLED)
    )
