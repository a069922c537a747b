"""Who looks at the admin, and a row of everything for them to see or not to see."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from documents.models import Document, DocumentLink, Subject, Upload
from jobs.domain.states import PRIORITIES
from jobs.models import (
    Attempt,
    Backfill,
    Batch,
    Budget,
    IntakeSource,
    Job,
    QueuePause,
    UseLimit,
    WebhookDelivery,
    WebhookEndpoint,
)
from patients.models import Owner, Patient
from pennie.accounts.models import ApiKey, Clinic, Membership, User
from tests.factories import (
    ApiKeyFactory,
    AttemptFactory,
    BackfillFactory,
    BatchFactory,
    BatchItemFactory,
    BudgetFactory,
    DocumentLinkFactory,
    FactFactory,
    IntakeSourceFactory,
    JobEventFactory,
    JobFactory,
    MembershipFactory,
    OwnerFactory,
    PatientFactory,
    QueuePauseFactory,
    SegmentationFactory,
    SubjectFactory,
    UploadFactory,
    UseLimitFactory,
    UserFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
    WebhookTryFactory,
)

MARK = "Quillonbart"  # stands in every name of what another clinic must not see


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def member_of(clinic: Clinic, *, role: str = "admin") -> Client:
    return sign_in(MembershipFactory(clinic=clinic, role=role).user)


@pytest.fixture
def insider(clinic: Clinic) -> Client:
    """An administrator of `clinic`."""
    return member_of(clinic)


@pytest.fixture
def stranger(other_clinic: Clinic) -> Client:
    """An administrator of the other clinic, who may see nothing of `clinic`."""
    return member_of(other_clinic)


@pytest.fixture
def operator(stored: None) -> Client:
    return sign_in(UserFactory(is_superuser=True))


def make_upload(clinic: Clinic) -> Upload:
    """One that was analysed, with a document, a subject, a fact, a job and a call."""
    patient = PatientFactory(clinic=clinic, name=MARK, owner__name=MARK, veterinarian=make_user(clinic))
    upload: Upload = UploadFactory(clinic=clinic, name=f"{MARK}.txt", patient=patient, external_id="")
    segmentation = SegmentationFactory(upload=upload)
    upload.current_segmentation = segmentation
    upload.save(update_fields=["current_segmentation"])
    segmentation.documents.update(title=f"Note on {MARK}", patient=patient)
    subject = SubjectFactory(segmentation=segmentation, name=MARK, state="proposed", proposed_patient=patient)
    FactFactory(subject=subject, patient=patient, document=segmentation.documents.first(), value=MARK)
    job = JobFactory(upload=upload, state="failed", problem={"code": "x", "title": "It failed", "detail": "Try."})
    JobEventFactory(job=job, version=job.version)  # the next is free for what a test does
    AttemptFactory(job=job, request=f"1: {MARK}")
    return upload


def make_link(clinic: Clinic) -> DocumentLink:
    first, document = make_upload(clinic).documents.get(), make_upload(clinic).documents.get()
    link: DocumentLink = DocumentLinkFactory(document=document, first=first)
    return link


def make_user(clinic: Clinic) -> User:
    user: User = MembershipFactory(clinic=clinic, user__name=f"Dr {MARK}").user
    return user


def make_pause(clinic: Clinic) -> QueuePause:
    """Of a queue that is not paused yet; there are three. By a member, whose name is told."""
    paused = set(QueuePause.objects.filter(clinic=clinic).values_list("queue", flat=True))
    queue = next((each for each in PRIORITIES if each not in paused), None)
    if queue is None:
        return QueuePause.objects.filter(clinic=clinic).latest("id")
    made: QueuePause = QueuePauseFactory(clinic=clinic, queue=queue, reason=MARK, paused_by=make_user(clinic))
    return made


def make_batch(clinic: Clinic) -> Batch:
    batch: Batch = BatchFactory(clinic=clinic, name=MARK, created_by=make_user(clinic))
    BatchItemFactory(batch=batch, job=JobFactory(upload__clinic=clinic))
    return batch


def make_backfill(clinic: Clinic) -> Backfill:
    """With a job; nothing in it has a name, so its criteria bear the mark."""
    backfill: Backfill = BackfillFactory(clinic=clinic, criteria={"models": [MARK]})
    JobFactory(upload__clinic=clinic, backfill=backfill)
    return backfill


def make_delivery(clinic: Clinic) -> WebhookDelivery:
    """With an answer that tells what it should not."""
    endpoint = WebhookEndpointFactory(clinic=clinic, description=MARK)
    delivery: WebhookDelivery = WebhookDeliveryFactory(endpoint=endpoint, state="failed")
    WebhookTryFactory(delivery=delivery, answer=MARK)
    return delivery


MAKERS: Mapping[type[Model], Callable[[Clinic], Any]] = {
    Upload: make_upload,
    Document: lambda clinic: make_upload(clinic).documents.get(),
    DocumentLink: make_link,
    Subject: lambda clinic: make_upload(clinic).subjects.get(),
    Patient: lambda clinic: make_upload(clinic).patient,
    Owner: lambda clinic: OwnerFactory(clinic=clinic, name=MARK),
    Job: lambda clinic: make_upload(clinic).jobs.get(),
    Attempt: lambda clinic: make_upload(clinic).jobs.get().attempts.get(),
    Budget: lambda clinic: BudgetFactory(clinic=clinic, scope="user", user=make_user(clinic)),
    Membership: lambda clinic: make_user(clinic).memberships.get(),
    ApiKey: lambda clinic: ApiKeyFactory(clinic=clinic, name=MARK),
    UseLimit: lambda clinic: UseLimitFactory(clinic=clinic, user=make_user(clinic)),
    WebhookEndpoint: lambda clinic: make_delivery(clinic).endpoint,
    WebhookDelivery: make_delivery,
    QueuePause: make_pause,
    Batch: make_batch,
    Backfill: make_backfill,
    IntakeSource: lambda clinic: IntakeSourceFactory(clinic=clinic, name=MARK),
}
OPERATORS_MAKERS: Mapping[type[Model], Callable[[Clinic], Any]] = {
    User: make_user,
    Clinic: lambda clinic: clinic,
    AccessAttempt: lambda clinic: AccessAttempt.objects.create(
        username=f"{MARK}@hollow.example", ip_address="127.0.0.1", failures_since_start=3
    ),
}


EVERY_MAKER = {**MAKERS, **OPERATORS_MAKERS}


def user_of(client: Client) -> User:
    user = client.get(reverse("admin:index")).wsgi_request.user
    assert isinstance(user, User)
    return user


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def tables() -> list[Any]:
    """Every table of the admin, so that a new one cannot be forgotten."""
    return [pytest.param(model, id=model._meta.label) for model in admin.site._registry]
