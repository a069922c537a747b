"""Jobs, what happened to them, and each call to the model that they made.

PostgreSQL is the truth: a message in Redis only says which row to look at.
"""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.domain.states import ACTIVE, ENDS, PRIORITIES, STATES
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet

_STATES = [(each, each) for each in STATES]


class Job(ClinicModel):
    """One run over an upload.

    Whoever holds the lease works, and writes only while `fence` is the number that its claim was given. A job that
    failed is a dead letter until it is retried or discarded.
    """

    upload = models.ForeignKey("documents.Upload", on_delete=models.CASCADE, related_name="jobs")
    engine = models.CharField(max_length=20, default="auto")  # as asked for: auto, rules or openai
    priority = models.CharField(max_length=8, choices=[(each, each) for each in PRIORITIES], default="normal")
    state = models.CharField(max_length=12, choices=_STATES, default="pending")
    version = models.PositiveIntegerField(default=0)  # of the state: each transition adds one, and a JobEvent
    # The lease, by the database's clock.
    fence = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True, default="")
    due_at = models.DateTimeField(null=True)  # a retry's time
    sent_at = models.DateTimeField(null=True)  # when a message was last published for it
    crashes = models.PositiveSmallIntegerField(default=0)  # in a row, with no new checkpoint between
    failures = models.PositiveSmallIntegerField(default=0)  # that were worth another try, since it was last begun
    cancel_requested_at = models.DateTimeField(null=True)
    # Progress as committed; what is newer is in Redis.
    stage = models.CharField(max_length=20, blank=True, default="")
    windows_total = models.PositiveIntegerField(null=True)
    windows_done = models.PositiveIntegerField(default=0)
    # How it ended.
    problem = models.JSONField(null=True)  # {code, title, detail}: of a job that failed or waits for a retry
    discarded_at = models.DateTimeField(null=True)
    discarded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    discard_reason = models.CharField(max_length=500, blank=True, default="")
    segmentation = models.ForeignKey("documents.Segmentation", on_delete=models.SET_NULL, null=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=timezone.now)

    upload_id: UUID
    segmentation_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            # The same work asked for again joins the running job.
            models.UniqueConstraint(
                fields=["upload"], condition=Q(state__in=sorted(ACTIVE)), name="job_active_once_per_upload"
            ),
            models.CheckConstraint(
                condition=~Q(state="processing") | ~Q(lease_until=None), name="job_processing_has_lease"
            ),
            models.CheckConstraint(condition=Q(state__in=STATES), name="job_state_known"),
        ]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="job_list"),
            models.Index(fields=["clinic", "state", "-id"], name="job_by_state"),
            models.Index(fields=["upload", "-id"], name="job_by_upload"),
            # What the reaper looks for.
            models.Index(fields=["lease_until"], condition=Q(state="processing"), name="job_expiring"),
            models.Index(fields=["due_at"], condition=Q(state="retrying"), name="job_due"),
            models.Index(fields=["sent_at"], condition=Q(state="pending"), name="job_waiting"),
        ]

    def __str__(self) -> str:
        return f"job {str(self.pk)[-8:]}"

    @property
    def is_ended(self) -> bool:
        return self.state in ENDS

    @property
    def is_dead_letter(self) -> bool:
        return self.state == "failed" and self.discarded_at is None


class JobEvent(ClinicModel):
    """One step in a job's life, never changed. `version` is the job's after it."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    version = models.PositiveIntegerField()
    before = models.CharField(max_length=12, blank=True, default="")  # empty: it was made
    after = models.CharField(max_length=12)
    reason = models.CharField(max_length=60, blank=True, default="")  # a code, never words of a file
    worker = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["job", "version"]
        constraints = [models.UniqueConstraint(fields=["job", "version"], name="job_event_once")]

    def __str__(self) -> str:
        return f"{self.before or 'new'} to {self.after}"


class Attempt(ClinicModel):
    """One call to the model: entered as `sent` before it is made, settled after. One that stays `sent` when its job has
    gone on was cut off by a crash, and its cost is unknown."""

    class State(models.TextChoices):
        SENT = "sent", "sent"
        SETTLED = "settled", "settled"  # a reply came, whether or not it was of use
        FAILED = "failed", "failed"  # none came

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempts")
    fence = models.PositiveBigIntegerField()  # of the run that made it
    number = models.PositiveIntegerField()  # within the job, from 1
    purpose = models.CharField(max_length=10)  # window, reask or dispute
    window_index = models.PositiveIntegerField()
    first_line = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()
    question_key = models.CharField(max_length=64)
    configuration = models.JSONField(default=dict)  # prompt version, schema, settings, output limit
    request = models.TextField()  # the content that was shown; purged with its upload
    answer = models.TextField(blank=True, default="")
    model = models.CharField(max_length=100, blank=True, default="")
    state = models.CharField(max_length=8, choices=State, default=State.SENT)
    failure = models.CharField(max_length=30, blank=True, default="")
    input_tokens = models.PositiveIntegerField(null=True)
    cached_input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True)  # None: unknown, which is not 0
    latency_seconds = models.FloatField(null=True)
    provider_request_id = models.CharField(max_length=200, blank=True, default="")
    started_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="attempt_number_once")]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="attempt_list"),
            models.Index(fields=["job"], condition=Q(state="sent"), name="attempt_open"),
        ]

    def __str__(self) -> str:
        return f"call {self.number}"


class WindowCheckpoint(ClinicModel):
    """An answer that was had: never paid for again while it is kept (I3). Personal data: purged with its upload."""

    question_key = models.CharField(max_length=64)
    upload = models.ForeignKey("documents.Upload", on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    finding = models.TextField()  # JSON of documents.domain.findings.Finding
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "question_key"], name="checkpoint_once")]
        indexes = [models.Index(fields=["upload"], name="checkpoint_by_upload")]

    def __str__(self) -> str:
        return f"answer {self.question_key[:8]}"


class Outbox(models.Model):
    """A message to be published, written in the transaction that made it true. Ids only."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    queue = models.CharField(max_length=8)
    created_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True)  # by a relay that is publishing it; taken anew where that one died

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "outbox"
