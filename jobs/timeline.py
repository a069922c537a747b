"""A job's life as it is kept: its events, and the calls that each of its runs made. Whoever asks may see the job."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Sum

from jobs.domain.timeline import Asked, Calls, Change, Present, Step, tell_steps
from jobs.models import Attempt, Job, JobEvent
from jobs.pauses import is_paused
from jobs.queries import is_uncertain


def read_timeline(*, job: Job, events: Sequence[JobEvent], now: datetime) -> tuple[Step, ...]:
    """What `events` of the job, one after the other and the oldest first, led to. Three queries at most."""
    changes = [_read_change(each) for each in events]
    if not changes:
        return ()
    following = JobEvent.objects.filter(job=job, version=changes[-1].version + 1).first()
    return tell_steps(
        changes=changes,
        following=_read_change(following) if following else None,
        calls=_sum_calls(job, fences={each.fence for each in changes if each.after == "processing"}),
        present=_read_present(job, is_last=following is None, now=now),
    )


def _read_change(event: JobEvent) -> Change:
    return Change(
        version=event.version,
        after=event.after,
        reason=event.reason,
        at=event.at,
        worker=event.worker,
        by=event.by_id,
        fence=event.fence,
        due_at=event.due_at,
        problem=event.problem,
        windows_done=event.windows_done,
        windows_total=event.windows_total,
    )


def _read_present(job: Job, *, is_last: bool, now: datetime) -> Present:
    waits = is_last and job.state in ("pending", "retrying")
    return Present(
        now=now,
        is_paused=waits and Job.objects.filter(is_paused(), pk=job.pk).exists(),
        cancel=_read_asked(job.cancel_requested_at, by=job.cancel_requested_by_id),
        discarded=_read_asked(job.discarded_at, by=job.discarded_by_id),
    )


def _read_asked(at: datetime | None, *, by: UUID | None) -> Asked | None:
    return Asked(at=at, by=by) if at else None


def _sum_calls(job: Job, *, fences: Collection[int]) -> Mapping[int, Calls]:
    """By the fence of the run that made them, in one query."""
    if not fences:
        return {}
    rows = (
        Attempt.objects.filter(job=job, fence__in=fences)
        .order_by()
        .values("fence", "failure")
        .annotate(
            calls=Count("id"),
            uncertain=Count("id", filter=is_uncertain()),
            cost=Sum("cost_usd", default=Decimal(0)),
        )
    )
    made, uncertain, cost = Counter[int](), Counter[int](), defaultdict[int, Decimal](Decimal)
    failed: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        fence = row["fence"]
        made[fence] += row["calls"]
        uncertain[fence] += row["uncertain"]
        cost[fence] += row["cost"]
        if row["failure"]:
            failed[fence][row["failure"]] = row["calls"]
    return {
        fence: Calls(
            made=made[fence],
            failed=dict(sorted(failed[fence].items())),
            uncertain=uncertain[fence],
            known_cost_usd=cost[fence],
        )
        for fence in made
    }
