"""Backfills: begun, gone on with file by file, paused, cancelled.

What submits the files is a process that may be killed at any moment, and two of them may be at one backfill. Each file
is a transaction of its own that locks the backfill's row, so that its job, the cursor and the counts are written
together or not at all, and no file is submitted twice:

    1. Is it open, and does the pace let the next one through?
    2. Find the next file behind the cursor, and what reading it takes.
    3. Under the lock: nobody else moved the cursor; the file is still there and nobody is at it; the limits of use let
       it through. Queue its job, and move the cursor.

What a job makes of its file is filed as after any other run: what staff decided stays (I6).
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from documents.models import Upload
from jobs.domain.backfills import BackfillState, read_criteria
from jobs.domain.pacing import Hold, Pace, find_hold, next_due
from jobs.domain.states import ACTIVE
from jobs.llm.client import EngineChoice
from jobs.models import Backfill, Batch, BatchItem, Job
from jobs.operations.backfill_choice import find_uploads
from jobs.operations.backfill_forecast import Forecast
from jobs.operations.backfill_progress import count_under_way
from jobs.operations.batch_items import add_job
from jobs.operations.batch_progress import CLOSED_AFTER
from jobs.operations.estimating import Plan, plan_reading
from jobs.operations.limiting import UploadOverLimit, UseLimitReached, check_limits_of_clinic
from jobs.operations.steering import NotInThisState, cancel_one
from jobs.operations.submitting import find_running, find_text, queue_job
from pennie.lib.ids import new_id
from pennie.lib.refusals import Missing, Refusal

_LIMIT_LOOK_SECONDS: Final = 30.0  # at a limit of use: somebody may raise it

Outcome = Literal["submitted", "already_at_work", "refused", "gone"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What came of one call of `submit_next`."""

    state: BackfillState  # of the backfill after it; only an open one is to be gone on with
    outcome: Outcome | None = None  # of the file that was looked at; None: none was
    hold: Hold | None = None  # why not


class BackfillOver(Refusal):
    """It is in no state for that."""

    def __init__(self, *, state: str) -> None:
        super().__init__(
            "backfill_over",
            title="The backfill is over",
            detail=f"This backfill is {state}. Begin another one: files that were read again since are passed over.",
            status=409,
        )


def begin(*, forecasts: Sequence[Forecast], pace: Pace, now: datetime) -> list[Backfill]:
    """A backfill for each clinic that has files, all of one series; nothing is submitted yet."""
    series = new_id()
    made = [
        Backfill(
            clinic=each.clinic,
            series=series,
            criteria=each.criteria.to_dict(),
            engine=each.engine,
            per_minute=pace.per_minute,
            at_most=pace.at_most,
            expected_files=each.files,
            expected_calls=each.expected.calls,
            expected_tokens=each.expected.input_tokens + each.expected.output_tokens,
            expected_usd=each.expected.cost_usd,
            created_at=now,
            updated_at=now,
        )
        for each in forecasts
        if each.files
    ]
    return Backfill.objects.bulk_create(made)


def find_backfills(*, named: UUID) -> list[Backfill]:
    """Those of that series, or the one of that id. Raises Missing."""
    found = list(Backfill.objects.select_related("clinic").filter(Q(pk=named) | Q(series=named)).order_by("id"))
    if not found:
        raise Missing("backfill")
    return found


@transaction.atomic
def reopen(*, backfill_id: UUID, pace: Pace, now: datetime) -> Backfill:
    """To be gone on with, at that pace. Raises BackfillOver, Missing."""
    backfill = _lock(backfill_id)
    if backfill.state not in ("open", "paused"):
        raise BackfillOver(state=backfill.state)
    if _is_stopped(backfill):
        backfill.batch = None  # more come in another
    backfill.state, backfill.updated_at = "open", now
    backfill.per_minute, backfill.at_most = pace.per_minute, pace.at_most
    backfill.save(update_fields=["state", "updated_at", "per_minute", "at_most", "batch"])
    return backfill


@transaction.atomic
def pause(*, backfill_id: UUID, now: datetime) -> Backfill:
    """Nothing more is submitted; what is queued goes on. Raises BackfillOver, Missing."""
    backfill = _lock(backfill_id)
    if backfill.state not in ("open", "paused"):
        raise BackfillOver(state=backfill.state)
    backfill.state, backfill.updated_at = "paused", now
    backfill.save(update_fields=["state", "updated_at"])
    return backfill


def cancel(*, backfill_id: UUID, by_id: UUID, now: datetime) -> Backfill:
    """Nothing more is submitted, and its jobs that have not ended are cancelled: at once those that wait, between two
    windows those at work. What was read again stays. Raises BackfillOver, Missing."""
    with transaction.atomic():
        backfill = _lock(backfill_id)
        if not may_be_cancelled(backfill):
            raise BackfillOver(state=backfill.state)
        backfill.state, backfill.updated_at, backfill.ended_at = "cancelled", now, now
        backfill.save(update_fields=["state", "updated_at", "ended_at"])
        _close_batch(backfill, now=now)
    jobs = Job.objects.filter(backfill=backfill)
    for job_id in list(jobs.filter(state__in=ACTIVE).order_by("id").values_list("pk", flat=True)):
        with suppress(NotInThisState, Missing):  # it has ended meanwhile, or is erased
            cancel_one(jobs=jobs, job_id=job_id, by_id=by_id, now=now)
    return backfill


def may_be_cancelled(backfill: Backfill) -> bool:
    """Whether files are left to be submitted, or jobs to end."""
    if backfill.state != "ended":
        return backfill.state != "cancelled"
    return Job.objects.filter(backfill=backfill, state__in=ACTIVE).exists()


def submit_next(*, backfill_id: UUID, now: datetime) -> Step:
    """Look at one file more. Raises Missing."""
    backfill = _find(backfill_id)
    if backfill.state != "open":
        return _step(backfill)
    if hold := _hold(backfill, now=now):
        return Step(state="open", hold=hold)
    upload = _find_next(backfill)
    if upload is None:
        return _end(backfill, now=now)
    engine: EngineChoice = backfill.engine  # type: ignore[assignment]  # chosen when it was begun
    plan = plan_reading(text=find_text(upload), engine=engine, clinic=upload.clinic, now=now, upload_id=upload.pk)
    try:
        return _submit(backfill, upload=upload, plan=plan, now=now)
    except UseLimitReached as reached:
        seconds = min(_LIMIT_LOOK_SECONDS, float(reached.headers.get("Retry-After", _LIMIT_LOOK_SECONDS)))
        return Step(state="open", hold=Hold(why="use_limit", seconds=seconds))


def _hold(backfill: Backfill, *, now: datetime) -> Hold | None:
    """By all that the series has submitted: its clinics share the pace."""
    pace = Pace(per_minute=backfill.per_minute, at_most=backfill.at_most)
    due_at = Backfill.objects.filter(series=backfill.series).aggregate(due=Max("due_at"))["due"]
    under_way = 0 if pace.at_most is None else count_under_way(series=backfill.series)
    return find_hold(pace=pace, due_at=due_at, under_way=under_way, now=now)


def _find_next(backfill: Backfill) -> Upload | None:
    rows = find_uploads(
        clinic_id=backfill.clinic_id, criteria=read_criteria(backfill.criteria), before=backfill.created_at
    )
    if backfill.cursor is not None:
        rows = rows.filter(pk__gt=backfill.cursor)
    return rows.select_related("clinic").first()


@transaction.atomic
def _submit(backfill: Backfill, *, upload: Upload, plan: Plan, now: datetime) -> Step:
    """Raises UseLimitReached; then nothing is written."""
    locked = _lock(backfill.pk)
    if locked.state != "open" or locked.cursor != backfill.cursor:
        return _step(locked)  # somebody else was faster
    if _is_stopped(locked):
        return _step(pause(backfill_id=locked.pk, now=now))
    outcome = _queue(locked, upload=upload, plan=plan, now=now)
    locked.cursor, locked.updated_at = upload.pk, now
    if outcome == "submitted":
        pace = Pace(per_minute=locked.per_minute, at_most=locked.at_most)
        locked.due_at = next_due(pace=pace, now=now)
    if outcome != "gone":
        setattr(locked, outcome, getattr(locked, outcome) + 1)
    locked.save(update_fields=["cursor", "updated_at", "due_at", "submitted", "already_at_work", "refused", "batch"])
    return Step(state="open", outcome=outcome)


def _queue(backfill: Backfill, *, upload: Upload, plan: Plan, now: datetime) -> Outcome:
    there = Upload.objects.filter(pk=upload.pk, archived_at=None, purged_at=None)
    locked = there.select_for_update(no_key=True).first()
    if locked is None:
        return "gone"
    if find_running(locked):
        return "already_at_work"
    try:
        check_limits_of_clinic(clinic_id=backfill.clinic_id, need=plan.need, now=now)
    except UploadOverLimit:
        return "refused"
    job = queue_job(
        locked, plan=plan, engine=backfill.engine, priority="bulk", created_by=None, backfill=backfill, now=now
    )
    add_job(batch=_open_batch(backfill, now=now), job=job, now=now)
    return "submitted"


def _open_batch(backfill: Backfill, *, now: datetime) -> Batch:
    """The batch that its jobs are told with, locked. A new one where there is none, or it was closed because nothing
    came for a day."""
    if backfill.batch_id is not None:
        kept = Batch.objects.select_for_update(no_key=True).filter(pk=backfill.batch_id, closed_at=None).first()
        if kept is not None:
            return kept
    backfill.batch = Batch.objects.create(clinic_id=backfill.clinic_id, name=str(backfill), created_at=now)
    return backfill.batch


def _is_stopped(backfill: Backfill) -> bool:
    """Whether somebody closed or cancelled its batch, and so wants no more to come."""
    batch = backfill.batch
    if batch is None or batch.closed_at is None:
        return False
    last = BatchItem.objects.filter(batch=batch).aggregate(last=Max("added_at"))["last"] or batch.created_at
    return bool(batch.closed_at < last + CLOSED_AFTER)


@transaction.atomic
def _end(backfill: Backfill, *, now: datetime) -> Step:
    locked = _lock(backfill.pk)
    if locked.state == "open":
        locked.state, locked.updated_at, locked.ended_at = "ended", now, now
        locked.save(update_fields=["state", "updated_at", "ended_at"])
        _close_batch(locked, now=now)
    return _step(locked)


def _close_batch(backfill: Backfill, *, now: datetime) -> None:
    if backfill.batch_id is not None:
        Batch.objects.filter(pk=backfill.batch_id, closed_at=None).update(closed_at=now)


def _find(backfill_id: UUID) -> Backfill:
    """Raises Missing."""
    backfill = Backfill.objects.filter(pk=backfill_id).first()
    if backfill is None:
        raise Missing("backfill")
    return backfill


def _lock(backfill_id: UUID) -> Backfill:
    """In the caller's transaction. Raises Missing."""
    backfill = Backfill.objects.select_for_update(no_key=True).filter(pk=backfill_id).first()
    if backfill is None:
        raise Missing("backfill")
    return backfill


def _step(backfill: Backfill) -> Step:
    state: BackfillState = backfill.state  # type: ignore[assignment]  # a column's choices are no Literal
    return Step(state=state)
