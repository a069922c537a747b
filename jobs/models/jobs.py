"""Jobs, what happened to them, and the messages that wake workers.

PostgreSQL is the truth: a message in Redis only says which row to look at.
"""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.domain.parking import PARK_REASONS
from jobs.domain.states import ACTIVE, ENDS, PRIORITIES, STATES
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet

_STATES = [(each, each) for each in STATES]
_PARK_REASONS = [(each, each) for each in PARK_REASONS]


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
    due_at = models.DateTimeField(null=True)  # a retry's time; of a parked job: when to look again
    goes_on_without_model = models.BooleanField(default=False)  # where it cannot be asked, instead of being parked
    parked_in_vain = models.PositiveSmallIntegerField(default=0)  # times in a row that it asked, and nothing came
    parked_for = models.CharField(max_length=30, choices=_PARK_REASONS, blank=True, default="")
    # What the whole file would cost at most, as it was estimated when it was sent; None: not known then.
    estimated_calls = models.PositiveIntegerField(null=True)
    estimated_tokens = models.PositiveBigIntegerField(null=True)
    sent_at = models.DateTimeField(null=True)  # when a message was last published for it
    crashes = models.PositiveSmallIntegerField(default=0)  # in a row, with no new checkpoint between
    failures = models.PositiveSmallIntegerField(default=0)  # that were worth another try, since it was last begun
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # Progress as committed; what is newer is in Redis.
    stage = models.CharField(max_length=20, blank=True, default="")
    windows_total = models.PositiveIntegerField(null=True)
    windows_done = models.PositiveIntegerField(default=0)
    documents_found = models.PositiveIntegerField(default=0, db_default=0)  # so far; once it has ended, filed
    eta = models.DateTimeField(null=True)  # when its last window is likely to be answered; None: nobody can say
    # How it ended.
    problem = models.JSONField(null=True)  # {code, title, detail}: of a job that failed or waits for a retry
    discarded_at = models.DateTimeField(null=True)
    discarded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    discard_reason = models.CharField(max_length=500, blank=True, default="")
    segmentation = models.ForeignKey("documents.Segmentation", on_delete=models.SET_NULL, null=True, related_name="+")
    # That it was made for; found by the constraint's index.
    backfill = models.ForeignKey(
        "jobs.Backfill", on_delete=models.SET_NULL, null=True, related_name="jobs", db_index=False
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=timezone.now)

    upload_id: UUID
    segmentation_id: UUID | None
    backfill_id: UUID | None
    cancel_requested_by_id: UUID | None
    discarded_by_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            # The same work asked for again joins the running job.
            models.UniqueConstraint(
                fields=["upload"], condition=Q(state__in=sorted(ACTIVE)), name="job_active_once_per_upload"
            ),
            models.UniqueConstraint(
                fields=["backfill", "upload"], condition=~Q(backfill=None), name="job_once_per_backfill"
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
            models.Index(fields=["due_at"], condition=Q(state="parked"), name="job_parked"),
            # What limits of use add up.
            models.Index(fields=["created_by", "created_at"], name="job_by_user"),
            models.Index(fields=["clinic", "created_at"], name="job_by_clinic_time"),
            models.Index(fields=["sent_at"], condition=Q(state="pending"), name="job_waiting"),
            # What a worker chooses from, and what shows that a queue starves.
            models.Index(fields=["priority", "clinic", "id"], condition=Q(state="pending"), name="job_turn"),
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
    """One step in a job's life, never changed. `version` is the job's after it, and so is what else it tells of it."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    version = models.PositiveIntegerField()
    before = models.CharField(max_length=12, blank=True, default="")  # empty: it was made
    after = models.CharField(max_length=12)
    reason = models.CharField(max_length=60, blank=True, default="")  # a code, never words of a file
    worker = models.CharField(max_length=200, blank=True, default="")
    # Who asked for it. Without an index, which only the removal of an account would be served by.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    fence = models.PositiveBigIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(null=True)
    problem = models.JSONField(null=True)
    windows_done = models.PositiveIntegerField(default=0, db_default=0)
    windows_total = models.PositiveIntegerField(null=True)
    at = models.DateTimeField(default=timezone.now)

    by_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["job", "version"]
        constraints = [models.UniqueConstraint(fields=["job", "version"], name="job_event_once")]

    def __str__(self) -> str:
        return f"{self.before or 'new'} to {self.after}"


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
