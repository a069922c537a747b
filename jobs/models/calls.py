"""Each call to the model, and the answers that are kept."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.models.jobs import Job
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet


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
    request = models.TextField()  # the content that was shown; purged with its upload, or once it is old
    answer = models.TextField(blank=True, default="")
    model = models.CharField(max_length=100, blank=True, default="")
    state = models.CharField(max_length=8, choices=State, default=State.SENT)
    failure = models.CharField(max_length=30, blank=True, default="")
    input_tokens = models.PositiveIntegerField(null=True)
    cached_input_tokens = models.PositiveIntegerField(null=True)
    cache_write_tokens = models.PositiveIntegerField(null=True)  # of the input
    output_tokens = models.PositiveIntegerField(null=True)
    # Held back for it in the budgets until it is settled; kept where its outcome stays unknown. None: no price known.
    reserved_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True)
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
            # What costs are added up over.
            models.Index(fields=["clinic", "started_at"], name="attempt_by_clinic_time"),
            models.Index(fields=["started_at"], name="attempt_by_time"),
            # What is tidied away.
            models.Index(fields=["started_at"], condition=~Q(request="") | ~Q(answer=""), name="attempt_with_bodies"),
        ]

    def __str__(self) -> str:
        return f"call {self.number}"


class WindowCut(ClinicModel):
    """A place at which a window of an upload began: a later file with the same words is cut there too, so that the
    answers that were had are found again. A digest of the words: purged with its upload.
    """

    digest = models.CharField(max_length=16)
    upload = models.ForeignKey("documents.Upload", on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "digest"], name="window_cut_once")]
        indexes = [
            models.Index(fields=["clinic", "digest"], name="window_cut_by_digest"),
            models.Index(fields=["created_at"], name="window_cut_by_age"),
        ]

    def __str__(self) -> str:
        return f"cut {self.digest[:8]}"


class WindowCheckpoint(ClinicModel):
    """An answer that was had: never paid for again while it is kept (I3). Personal data: purged with its upload.

    Or that a window is too long for one answer (`failure`): its parts are asked at once.
    """

    question_key = models.CharField(max_length=64)
    upload = models.ForeignKey("documents.Upload", on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    finding = models.TextField()  # JSON of documents.domain.findings.Finding; empty where there is a failure
    failure = models.CharField(max_length=30, blank=True, default="", db_default="")  # jobs.domain.retries.TooLongKind
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "question_key"], name="checkpoint_once")]
        indexes = [
            models.Index(fields=["upload"], name="checkpoint_by_upload"),
            models.Index(fields=["created_at"], name="checkpoint_by_age"),
        ]

    def __str__(self) -> str:
        return f"answer {self.question_key[:8]}"
