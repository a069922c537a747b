"""A factory for each model, all of one clinic unless told otherwise. Every name is invented."""

import hashlib
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from documents.domain.lines import from_text, pack_pages
from documents.models import (
    Correction,
    Document,
    DocumentFingerprint,
    DocumentLink,
    ExtractedText,
    Fact,
    Gap,
    Segmentation,
    Subject,
    Upload,
)
from jobs.models import (
    Attempt,
    Backfill,
    Batch,
    BatchItem,
    Budget,
    IntakeSource,
    Job,
    JobEvent,
    QueuePause,
    UseLimit,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
    WebhookTry,
    WindowCheckpoint,
    WindowCut,
)
from jobs.webhooks.secrets import make_secret, seal_secret
from patients.models import Owner, Patient
from pennie.accounts.models import ApiKey, Clinic, Membership, User
from pennie.accounts.principal import Principal
from pennie.accounts.sessions import principal_of
from pennie.lib.ids import new_id

PASSWORD = "an-invented-password-8"
TEXT = "Registration\nName: Juniper\n\nVisit note\nSeen for a cough.\n"


class ClinicFactory(DjangoModelFactory[Clinic]):
    class Meta:
        model = Clinic

    name = factory.Sequence(lambda n: f"Hollow Lane Clinic {n}")


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@hollow.example")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.PostGenerationMethodCall("set_password", PASSWORD)

    @factory.post_generation
    def saved(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            self.save(update_fields=["password"])


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    clinic = factory.SubFactory(ClinicFactory)
    role = "vet"


class ApiKeyFactory(DjangoModelFactory[ApiKey]):
    """`secret=` gives the key's words."""

    class Meta:
        model = ApiKey

    class Params:
        secret = factory.LazyFunction(ApiKey.make_secret)

    clinic = factory.SubFactory(ClinicFactory)
    user = factory.LazyAttribute(lambda key: MembershipFactory(clinic=key.clinic, role="integration").user)
    name = "practice system"
    prefix = factory.LazyAttribute(lambda key: key.secret[:8])
    hash = factory.LazyAttribute(lambda key: ApiKey.hash_secret(key.secret))
    scopes = factory.LazyFunction(lambda: ["uploads:read", "uploads:write", "documents:read", "jobs:read"])


class OwnerFactory(DjangoModelFactory[Owner]):
    class Meta:
        model = Owner

    clinic = factory.SubFactory(ClinicFactory)
    name = factory.Sequence(lambda n: f"Marlow Tennick {n}")


class PatientFactory(DjangoModelFactory[Patient]):
    class Meta:
        model = Patient

    clinic = factory.SubFactory(ClinicFactory)
    owner = factory.SubFactory(OwnerFactory, clinic=factory.SelfAttribute("..clinic"))
    name = factory.Sequence(lambda n: f"Juniper {n}")
    species = "dog"


class UploadFactory(DjangoModelFactory[Upload]):
    """`text=` gives its content; its extracted text is made with it."""

    class Meta:
        model = Upload
        skip_postgeneration_save = True

    class Params:
        text = factory.Sequence(lambda n: f"Record {n}\n{TEXT}")

    clinic = factory.SubFactory(ClinicFactory)
    name = "record.txt"
    kind = "text"
    sha256 = factory.LazyAttribute(lambda upload: hashlib.sha256(upload.text.encode()).hexdigest())
    size = factory.LazyAttribute(lambda upload: len(upload.text.encode()))
    line_count = factory.LazyAttribute(lambda upload: len(from_text(upload.text).lines))
    page_count = 1
    content = factory.LazyAttribute(lambda upload: ContentFile(upload.text.encode(), name=f"tests/{upload.sha256}"))

    @factory.post_generation
    def extracted_text(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        if not create:
            return
        with self.content.open() as content:
            source = from_text(content.read().decode())
        ExtractedText.objects.create(
            upload=self,
            clinic_id=self.clinic_id,
            text=source.text,
            page_runs=pack_pages(source.pages),
            parts=[{"name": self.name, "kind": "text", "first_line": 1}],
        )


class SegmentationFactory(DjangoModelFactory[Segmentation]):
    """One document over all lines, unless `documents=` gives others as (start, end), or none as ()."""

    class Meta:
        model = Segmentation
        skip_postgeneration_save = True

    clinic = factory.SelfAttribute("upload.clinic")
    upload = factory.SubFactory(UploadFactory)
    number = factory.Sequence(lambda n: n + 1)
    engine = "rules"
    prompt_version = "v1"
    stitching_version = "v1"
    line_count = factory.SelfAttribute("upload.line_count")

    @factory.post_generation
    def documents(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            for start, end in [(1, self.line_count)] if extracted is None else extracted:
                DocumentFactory(segmentation=self, start_line=start, end_line=end)


class SubjectFactory(DjangoModelFactory[Subject]):
    class Meta:
        model = Subject

    clinic = factory.SelfAttribute("segmentation.clinic")
    upload = factory.SelfAttribute("segmentation.upload")
    segmentation = factory.SubFactory(SegmentationFactory)
    position = factory.Sequence(lambda n: n + 1)
    name = "Juniper"
    state = "new"


class DocumentFactory(DjangoModelFactory[Document]):
    class Meta:
        model = Document

    clinic = factory.SelfAttribute("segmentation.clinic")
    upload = factory.SelfAttribute("segmentation.upload")
    segmentation = factory.SubFactory(SegmentationFactory, documents=())
    start_line = 1
    end_line = factory.SelfAttribute("segmentation.line_count")
    first_page = 1
    last_page = 1
    title = "Visit note"
    title_printed = True
    type = "consult_note"
    date = "2024-03-05"
    confidence = 0.9
    review = "needed"


class DocumentLinkFactory(DjangoModelFactory[DocumentLink]):
    class Meta:
        model = DocumentLink

    clinic = factory.SelfAttribute("document.clinic")
    document = factory.SubFactory(DocumentFactory)
    first = factory.SubFactory(DocumentFactory, segmentation__upload__clinic=factory.SelfAttribute("....clinic"))
    kind = "same"
    state = "proposed"
    alike = 0.9


class DocumentFingerprintFactory(DjangoModelFactory[DocumentFingerprint]):
    class Meta:
        model = DocumentFingerprint

    clinic = factory.SelfAttribute("document.clinic")
    document = factory.SubFactory(DocumentFactory)
    version = 1
    digest = factory.Sequence(lambda n: f"{n:032x}")
    word_count = 40
    digit_count = 12
    standing = 1
    sketch = b""


class GapFactory(DjangoModelFactory[Gap]):
    class Meta:
        model = Gap

    clinic = factory.SelfAttribute("segmentation.clinic")
    segmentation = factory.SubFactory(SegmentationFactory, documents=())
    start_line = 1
    end_line = 1
    reason = "ruler"


class FactFactory(DjangoModelFactory[Fact]):
    class Meta:
        model = Fact

    clinic = factory.SelfAttribute("subject.clinic")
    upload = factory.SelfAttribute("subject.upload")
    segmentation = factory.SelfAttribute("subject.segmentation")
    subject = factory.SubFactory(SubjectFactory)
    position = factory.Sequence(lambda n: n + 1)
    field = "name"
    value = "Juniper"
    raw = "Juniper"
    line = 3
    quote = "Name: Juniper"
    is_current = True


class CorrectionFactory(DjangoModelFactory[Correction]):
    class Meta:
        model = Correction

    clinic = factory.SelfAttribute("segmentation.clinic")
    upload = factory.SelfAttribute("segmentation.upload")
    segmentation = factory.SubFactory(SegmentationFactory)
    kind = "confirm"
    before = factory.LazyFunction(dict)
    after = factory.LazyFunction(dict)


class JobFactory(DjangoModelFactory[Job]):
    class Meta:
        model = Job

    clinic = factory.SelfAttribute("upload.clinic")
    upload = factory.SubFactory(UploadFactory)
    engine = "rules"


class JobEventFactory(DjangoModelFactory[JobEvent]):
    class Meta:
        model = JobEvent

    clinic = factory.SelfAttribute("job.clinic")
    job = factory.SubFactory(JobFactory)
    version = factory.Sequence(lambda n: n + 1)
    after = "pending"


class BackfillFactory(DjangoModelFactory[Backfill]):
    class Meta:
        model = Backfill

    clinic = factory.SubFactory(ClinicFactory)
    series = factory.LazyFunction(new_id)
    engine = "rules"


class BatchFactory(DjangoModelFactory[Batch]):
    class Meta:
        model = Batch

    clinic = factory.SubFactory(ClinicFactory)


class IntakeSourceFactory(DjangoModelFactory[IntakeSource]):
    class Meta:
        model = IntakeSource

    clinic = factory.SubFactory(ClinicFactory)
    kind = "folder"
    name = factory.Sequence(lambda n: f"Scanner {n}")
    place = factory.Sequence(lambda n: f"{n:064x}")


class BatchItemFactory(DjangoModelFactory[BatchItem]):
    class Meta:
        model = BatchItem

    clinic = factory.SelfAttribute("batch.clinic")
    batch = factory.SubFactory(BatchFactory)
    job = factory.SubFactory(JobFactory)


class QueuePauseFactory(DjangoModelFactory[QueuePause]):
    class Meta:
        model = QueuePause

    clinic = factory.SubFactory(ClinicFactory)
    queue = "bulk"


class WebhookEndpointFactory(DjangoModelFactory[WebhookEndpoint]):
    class Meta:
        model = WebhookEndpoint

    clinic = factory.SubFactory(ClinicFactory)
    url = "https://practice.example/hook"
    secret = factory.LazyFunction(lambda: seal_secret(make_secret()))


class WebhookMessageFactory(DjangoModelFactory[WebhookMessage]):
    class Meta:
        model = WebhookMessage

    clinic = factory.SubFactory(ClinicFactory)
    event = "job.completed"
    payload = factory.LazyAttribute(lambda made: {"type": made.event, "data": {}})


class WebhookDeliveryFactory(DjangoModelFactory[WebhookDelivery]):
    class Meta:
        model = WebhookDelivery

    clinic = factory.SelfAttribute("endpoint.clinic")
    endpoint = factory.SubFactory(WebhookEndpointFactory)
    message = factory.SubFactory(WebhookMessageFactory, clinic=factory.SelfAttribute("..clinic"))


class WebhookTryFactory(DjangoModelFactory[WebhookTry]):
    class Meta:
        model = WebhookTry

    clinic = factory.SelfAttribute("delivery.clinic")
    delivery = factory.SubFactory(WebhookDeliveryFactory)
    number = 1
    at = factory.LazyFunction(timezone.now)
    seconds = 0.1
    status = 503
    failure = "status"


class AttemptFactory(DjangoModelFactory[Attempt]):
    class Meta:
        model = Attempt

    clinic = factory.SelfAttribute("job.clinic")
    job = factory.SubFactory(JobFactory)
    fence = 1
    number = factory.Sequence(lambda n: n + 1)
    purpose = "window"
    window_index = 0
    first_line = 1
    last_line = 5
    question_key = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    request = "1: Registration"
    started_at = factory.LazyFunction(timezone.now)


class BudgetFactory(DjangoModelFactory[Budget]):
    """A clinic's for a month, unless told otherwise."""

    class Meta:
        model = Budget

    clinic = factory.SubFactory(ClinicFactory)
    scope = "clinic"
    period = "month"
    amount_usd = 1


class WindowCheckpointFactory(DjangoModelFactory[WindowCheckpoint]):
    class Meta:
        model = WindowCheckpoint

    clinic = factory.SelfAttribute("upload.clinic")
    upload = factory.SubFactory(UploadFactory)
    question_key = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    finding = '{"starts": [], "facts": []}'


class WindowCutFactory(DjangoModelFactory[WindowCut]):
    class Meta:
        model = WindowCut

    clinic = factory.SelfAttribute("upload.clinic")
    upload = factory.SubFactory(UploadFactory)
    digest = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest()[:16])


class UseLimitFactory(DjangoModelFactory[UseLimit]):
    """Each user's in one clinic, unless told otherwise."""

    class Meta:
        model = UseLimit

    scope = "user"
    measure = "calls_per_hour"
    clinic = factory.SubFactory(ClinicFactory)
    amount = 50


def principal_at(clinic: Clinic, *, role: str = "vet") -> Principal:
    """A new user of that clinic, ready to act."""
    return principal_of(MembershipFactory(clinic=clinic, role=role))
