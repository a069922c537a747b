"""How far backfills are: what became of the jobs that were made for them, and what these cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Sum

from jobs.domain.states import ACTIVE, STATES
from jobs.models import Attempt, Backfill, Job


@dataclass(frozen=True, kw_only=True, slots=True)
class BackfillProgress:
    by_state: Mapping[str, int]  # of its jobs, each state that there is
    documents: int
    known_cost_usd: Decimal

    @property
    def under_way(self) -> int:
        return sum(self.by_state.get(state, 0) for state in ACTIVE)

    @property
    def parked(self) -> int:
        """Of those under way: they wait for money or for the model."""
        return self.by_state.get("parked", 0)

    @property
    def ended(self) -> int:
        return sum(self.by_state.values()) - self.under_way


def read_progress(*, backfills: Sequence[Backfill]) -> Mapping[UUID, BackfillProgress]:
    """Of each, in two queries."""
    ids = [each.pk for each in backfills]
    rows = Job.objects.filter(backfill__in=ids).order_by().values("backfill_id", "state")
    found: dict[UUID, dict[str, int]] = {}
    documents: dict[UUID, int] = {}
    for row in rows.annotate(jobs=Count("pk"), documents=Sum("documents_found", default=0)):
        found.setdefault(row["backfill_id"], {})[row["state"]] = row["jobs"]
        documents[row["backfill_id"]] = documents.get(row["backfill_id"], 0) + row["documents"]
    calls = Attempt.objects.filter(job__backfill__in=ids).order_by().values("job__backfill_id")
    costs = dict(calls.annotate(cost=Sum("cost_usd", default=Decimal(0))).values_list("job__backfill_id", "cost"))
    return {
        each: BackfillProgress(
            by_state={state: found[each][state] for state in STATES if state in found.get(each, {})},
            documents=documents.get(each, 0),
            known_cost_usd=costs.get(each, Decimal(0)),
        )
        for each in ids
    }


def count_under_way(*, series: UUID) -> int:
    """Jobs of all backfills of the series that have not ended, parked ones too."""
    return Job.objects.filter(backfill__series=series, state__in=ACTIVE).count()
