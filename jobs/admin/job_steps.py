"""What staff may do with a job by a button."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from jobs.domain.states import ACTIVE
from jobs.models import Job
from jobs.operations.steering import cancel, discard, resume, retry
from pennie.accounts.admin_steps import Step, Told
from pennie.accounts.staff import require_principal


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, label="reason", widget=UnfoldAdminTextInputWidget)


def _cancel(*, request: HttpRequest, row: Job, data: dict[str, Any], now: datetime) -> Told:
    job = cancel(principal=require_principal(request), job_id=row.pk, now=now)
    done = (
        "The job is cancelled."
        if job.state == "cancelled"
        else "The job ends as soon as the part of the text at hand is read."
    )
    return Told(sentence=done)


def _retry(*, request: HttpRequest, row: Job, data: dict[str, Any], now: datetime) -> Told:
    again = retry(principal=require_principal(request), job_id=row.pk, now=now)
    if again.pk != row.pk:
        return Told(sentence="A new job asks about the lines that were not read, and about no others.")
    return Told(sentence="The job is queued again; what it has paid for is kept.")


def _resume(*, request: HttpRequest, row: Job, data: dict[str, Any], now: datetime) -> Told:
    resume(principal=require_principal(request), job_id=row.pk, without_model=False, now=now)
    return Told(sentence="The job is queued again; it waits on if the model still may not be asked.")


def _go_on_by_rules(*, request: HttpRequest, row: Job, data: dict[str, Any], now: datetime) -> Told:
    resume(principal=require_principal(request), job_id=row.pk, without_model=True, now=now)
    return Told(sentence="The job is queued again; where the model may not be asked, the rules read, for review.")


def _discard(*, request: HttpRequest, row: Job, data: dict[str, Any], now: datetime) -> Told:
    job = discard(principal=require_principal(request), job_id=row.pk, reason=data["reason"], now=now)
    kept = "it stays on record" if job.discard_reason else "its file was purged, so the reason is not kept"
    return Told(sentence=f"The job is discarded; {kept}.")


def _is_active(row: Job) -> bool:
    return row.state in ACTIVE


def _may_be_retried(row: Job) -> bool:
    return row.state in ("failed", "partial")


def _is_parked(row: Job) -> bool:
    return row.state == "parked"


def _is_dead_letter(row: Job) -> bool:
    return row.is_dead_letter


_WRITE = "jobs:write"
STEPS = (
    Step(
        name="retry",
        label="Retry",
        scope=_WRITE,
        act=_retry,
        fits=_may_be_retried,
        label_of_many="Retry the chosen jobs",
        is_main=True,
    ),
    Step(
        name="resume",
        label="Look again now",
        scope=_WRITE,
        act=_resume,
        fits=_is_parked,
        label_of_many="Let the chosen waiting jobs go on",
        is_main=True,
    ),
    Step(
        name="go-on-by-rules",
        label="Go on by the rules",
        scope=_WRITE,
        act=_go_on_by_rules,
        fits=_is_parked,
        label_of_many="Let the chosen waiting jobs go on by the rules",
    ),
    Step(
        name="cancel",
        label="Cancel",
        scope=_WRITE,
        act=_cancel,
        fits=_is_active,
        label_of_many="Cancel the chosen jobs",
        is_grave=True,
    ),
    Step(
        name="discard",
        label="Discard",
        scope=_WRITE,
        act=_discard,
        fits=_is_dead_letter,
        form=ReasonForm,
        label_of_many="Discard the chosen failed jobs",
    ),
)
