"""The reaper's round: jobs that nobody works on, though somebody should, are sent again; parked ones go on.

Those whose lease has run out, those whose retry is due, those that wait although their queue is empty, because the
broker has forgotten their message, and those whose queue starves. None is begun whose queue is paused. A row
that somebody has locked is passed over: it is somebody's, or a worker stands still with it, and all other jobs would
wait with us until PostgreSQL ends that.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from jobs.advisory_locks import REAPER_LOCK, try_lock
from jobs.dispatch import BrokerAway, count_messages
from jobs.domain.parking import ParkReason
from jobs.domain.states import PRIORITIES, ForbiddenTransition, Priority
from jobs.llm.breaker import BreakerState
from jobs.llm.configured import shared_breaker
from jobs.models import Job, Outbox
from jobs.operations.batch_progress import end_batches
from jobs.pauses import find_pauses, is_paused
from jobs.transitions import Outrun, enqueue, enqueue_again, move
from jobs.turns import find_turn

MOST_AT_ONCE = 500
_FOR_MODEL: tuple[ParkReason, ...] = ("model_away", "no_credit")
_LOST_AFTER = timedelta(seconds=2)  # on an empty queue: the worker that took the message claims within that
_LENT_AFTER = timedelta(minutes=1)  # on a queue of which none is at work
_STALE_AFTER = timedelta(minutes=10)  # on a queue that is not empty: it may just be long


def reap_once() -> int:
    """How many jobs were sent again. Another reaper's round counts as nothing to do."""
    breaker = shared_breaker().describe()
    patience = timedelta(seconds=settings.JOB_REAPER_SECONDS)
    empty = [queue for queue in PRIORITIES if _is_empty(queue)]
    with transaction.atomic():
        if not try_lock(REAPER_LOCK):
            return 0
        expired = Q(state="processing", lease_until__lt=Now()) | Q(state="retrying", due_at__lte=Now())
        lost = Q(state="pending", priority__in=empty, quiet__lt=Now() - Value(_LOST_AFTER))
        stale = Q(state="pending", quiet__lt=Now() - Value(_STALE_AFTER))
        resent = Q(sent_at=None) | Q(sent_at__lt=Now() - Value(patience)) | Q(sent_at__lt=F("lease_until"))
        waiting = Job.objects.annotate(quiet=_quiet_since())
        let_go = _let_parked_go_on(breaker)
        _lend_turns(queues=[queue for queue in PRIORITIES[1:] if queue not in empty])
        found = list(
            waiting.filter((expired & resent) | lost | stale)
            .filter(Q(state="processing") | ~is_paused())  # what is begun ends
            .exclude(pk__in=Outbox.objects.values("job_id"))
            .order_by("id")
            .select_for_update(skip_locked=True, no_key=True)
            .values_list("id", "priority")[:MOST_AT_ONCE]
        )
        enqueue_again(found)
    return len(found) + let_go + end_batches(now=timezone.now())


def _lend_turns(*, queues: Sequence[Priority]) -> None:
    """Where a queue starves because those before it never end, a message for it goes to the first, one at a time.

    It starves while a job of it waits, none is at work, and the one whose turn it is was not sent for a while.
    `queues` are those that hold messages.
    """
    for queue in queues:
        if Job.objects.filter(state="processing", priority=queue).exists():
            continue
        turn = find_turn(queue=queue, paused=find_pauses(queue=queue))
        if turn is None:
            continue
        starves = Job.objects.annotate(quiet=_quiet_since()).filter(quiet__lt=Now() - Value(_LENT_AFTER))
        waiting = starves.filter(pk=turn, state="pending")
        if waiting.select_for_update(skip_locked=True, no_key=True, of=("self",)).exists():
            enqueue_again([(turn, PRIORITIES[0])])


def _quiet_since() -> Coalesce:
    """Of a job that waits: when a message was last sent for it, or it came to wait."""
    return Coalesce("sent_at", "updated_at", output_field=DateTimeField())


def _let_parked_go_on(breaker: BreakerState) -> int:
    """Those that are due, and those of clinics that chose since not to wait; of those that wait for the model, all once
    it is back, and one to try it where it may be.
    """
    rows = Job.objects.filter(state="parked").order_by("due_at")
    parked = rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
    goes_on = Q(clinic__rules_when_model_away=True, backfill=None)  # as running.py has it: else parked again at once
    is_due = Q(due_at__lte=Now())
    for_model = Q(parked_for__in=_FOR_MODEL)
    if breaker.state == "closed":
        is_back = for_model & Q(updated_at__lt=breaker.since) if breaker.since else Q(pk=None)
        return _let_all_go_on(parked.filter(is_due | is_back | goes_on)[:MOST_AT_ONCE])
    if breaker.next_probe_seconds == 0.0:
        _let_all_go_on(parked.filter(is_due & for_model)[:1])  # not counted: the next one must not follow at once
    return _let_all_go_on(parked.filter((is_due & ~for_model) | goes_on)[:MOST_AT_ONCE])


def _let_all_go_on(jobs: QuerySet[Job]) -> int:
    return sum(let_go_on(job=job, reason="due", now=timezone.now()) for job in jobs)


def let_go_on(*, job: Job, reason: str, now: datetime, **changes: Any) -> bool:
    """Queue a parked job again; False where somebody else changed it first. In the caller's transaction."""
    try:
        job = move(
            job=job,
            after="pending",
            reason=reason,
            now=now,
            parked_for="",
            problem=None,
            due_at=None,
            sent_at=None,
            **changes,
        )
    except (Outrun, ForbiddenTransition):
        return False
    enqueue(job)
    return True


def _is_empty(queue: str) -> bool:
    try:
        return count_messages(queue=queue) == 0
    except BrokerAway:
        return False
