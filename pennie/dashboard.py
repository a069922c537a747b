"""The first page of the admin: what waits for the clinic's staff."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from documents.models import Document, Subject, Upload
from documents.queries import is_current, list_open_links
from jobs.domain.intake import PASSING
from jobs.domain.states import ACTIVE
from jobs.llm.breaker import BreakerState
from jobs.models import IntakeSource, Job, WebhookEndpoint
from jobs.operations.breaking import describe_breaker
from patients.models import Patient
from pennie.accounts.principal import Principal
from pennie.accounts.staff import is_operator, principal_of_staff

LATEST = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    count: int
    words: str
    address: str


def welcome(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the first page. No table for an operator, who sees no clinic's data.

    How the model fares is the same for all clinics: operators see it always, staff when their files wait for it.
    """
    principal = principal_of_staff(request)
    if is_operator(request):
        context["breaker"] = describe_breaker()
    if principal is not None:
        context["breaker"] = _waited_for(principal)
        uploads = Upload.objects.of(principal).filter(archived_at=None)
        context["tiles"] = _tiles(principal)
        context["latest"] = uploads.select_related("patient").order_by("-id")[:LATEST]
        context["may_send"] = principal.may("uploads:write")
    return context


def _waited_for(principal: Principal) -> BreakerState | None:
    state = describe_breaker() if principal.clinic.model_allowed else None
    return state if state and state.state != "closed" else None


def _tiles(principal: Principal) -> list[Tile]:
    documents = Document.objects.of(principal).filter(is_current(), review=Document.Review.NEEDED)
    subjects = Subject.objects.of(principal).filter(is_current(), state=Subject.State.PROPOSED)
    copies = list_open_links(principal=principal)
    jobs = Job.objects.of(principal)
    patients = Patient.objects.of(principal).filter(status=Patient.Status.PROPOSED, archived_at=None)
    given_up = WebhookEndpoint.objects.of(principal).filter(disabled_for__in=("gone", "failing"))
    webhooks = given_up.count() if principal.may("webhooks:read") else 0
    intake = IntakeSource.objects.of(principal).exclude(trouble__in=("", *PASSING))
    troubled = intake.count() if principal.may("jobs:read") else 0
    return [
        # Notices, not places to work: only while there are any.
        *([_tile(webhooks, "webhooks disabled", "jobs_webhookendpoint", "")] if webhooks else []),
        *([_tile(troubled, "scanners, mailboxes in trouble", "jobs_intakesource", "")] if troubled else []),
        _tile(documents.count(), "documents to review", "documents_document", "review__exact=needed"),
        _tile(subjects.count(), "proposed matches", "documents_subject", "state__exact=proposed"),
        _tile(copies.count(), "proposed copies", "documents_documentlink", "state__exact=proposed"),
        _tile(patients.count(), "proposed patients", "patients_patient", "status__exact=proposed"),
        _tile(jobs.filter(state__in=ACTIVE).count(), "jobs not ended", "jobs_job", "letters=running"),
        _tile(
            jobs.filter(state="failed", discarded_at=None).count(), "jobs failed for good", "jobs_job", "letters=open"
        ),
    ]


def _tile(count: int, words: str, route: str, query: str) -> Tile:
    return Tile(count=count, words=words, address=f"{reverse(f'admin:{route}_changelist')}?{query}")
