"""A job's timeline in the admin: what happened to it in the order of time, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.domain.state_words import say_problem, say_state
from jobs.domain.timeline import LOST, Asked, Calls, Run, Step, say_seconds
from jobs.models import Job
from jobs.timeline import read_timeline
from pennie.accounts.models import User

MOST_STEPS = 200  # of a page: the newest. The API has all
_COLOURS = {"completed": "success", "partial": "warning", "failed": "danger", "processing": "info"}
_WAITS = {"worker": "Waits for a free worker", "paused_queue": "Its queue is paused", "retry": "Tried again"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A step as the page shows it."""

    began: datetime
    said: str
    state: str  # in words; empty where `said` are the same
    colour: str
    lasted: str  # how long; empty: of an end
    notes: list[str]  # what else is to be said of it, a sentence each


def show_timeline(job: Job) -> dict[str, Any]:
    """The newest steps of the job, the oldest first, and how many are left out before them."""
    now = timezone.now()
    newest = list(job.events.order_by("-version")[:MOST_STEPS])
    steps = read_timeline(job=job, events=newest[::-1], now=now)
    names = _name_people(steps)
    shown = [_show(step, job=job, names=names, now=now) for step in steps]
    return {"steps": shown, "left_out": newest[-1].version - 1 if newest else 0}


def _name_people(steps: tuple[Step, ...]) -> Mapping[UUID | None, str]:
    asked = [each.by for step in steps for each in (step.cancel_asked, step.discarded) if each]
    ids = {each for each in (*(step.by for step in steps), *asked) if each}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)} if ids else {}


def _show(step: Step, *, job: Job, names: Mapping[UUID | None, str], now: datetime) -> Shown:
    state = say_state(step.state, parked_for=step.reason)
    return Shown(
        began=step.began,
        said=f"{step.said}, by {names[step.by]}" if step.by in names else step.said,
        state="" if step.said.lower() == state else state,
        colour=_COLOURS.get(step.state, "plain"),
        lasted=_say_time(step, job=job, now=now),
        notes=[*_tell_notes(step, job=job, names=names)],
    )


def _say_time(step: Step, *, job: Job, now: datetime) -> str:
    if step.seconds is not None:
        return say_seconds(step.seconds)
    if job.is_ended:
        return ""
    return f"{say_seconds(max(0.0, (now - step.began).total_seconds()))} so far"


def _tell_notes(step: Step, *, job: Job, names: Mapping[UUID | None, str]) -> list[str]:
    """What the page tells of the job itself is not told again of its newest step."""
    notes = []
    if step.run:
        notes += _tell_run(step.run)
    if step.waits_for and step.ended is None:
        due = f" at {_say_moment(step.due_at)}" if step.due_at else ""
        notes.append(f"{_WAITS.get(step.waits_for, 'Looked at again')}{due}.")
    if step.problem and not (step.ended is None and step.problem == job.problem):
        notes.append(say_problem(step.problem))
    for what, asked in (("Cancelling asked for", step.cancel_asked), ("Discarded", step.discarded)):
        if asked:
            notes.append(_say_asked(what, asked, names=names))
    return notes


def _tell_run(run: Run) -> list[str]:
    notes = [f"Worker {run.worker}, lease {run.fence}." if run.worker else f"Lease {run.fence}."]
    if run.windows_total is not None:
        notes.append(f"{run.windows_done} of {run.windows_total} parts of the text read by its end.")
    if run.calls.made:
        notes.append(_say_calls(run.calls))
    if run.outcome == LOST:
        notes.append("The worker was lost: it did not renew its lease.")
    return notes


def _say_calls(calls: Calls) -> str:
    kinds = ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in calls.failed.items())
    failed = f", of them without use: {kinds}" if kinds else ""
    cost = f"${calls.known_cost_usd:.6f}"
    if calls.uncertain:
        cost += f" known, {calls.uncertain} of unknown cost"
    return f"{calls.made} call{'s' if calls.made != 1 else ''} to the model{failed}; {cost}."


def _say_asked(what: str, asked: Asked, *, names: Mapping[UUID | None, str]) -> str:
    by = f" by {names[asked.by]}" if asked.by in names else ""
    return f"{what}{by} at {_say_moment(asked.at)}."


def _say_moment(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
