"""What one run made of an upload: its documents and gaps, and the animals that it tells of."""

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Q, Value
from django.utils import timezone

from documents.domain.findings import DOCUMENT_TYPES
from documents.domain.made_titles import find_made
from documents.models.uploads import Upload
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet

_TYPES = [(each, each.replace("_", " ")) for each in DOCUMENT_TYPES]


def _line_range(name: str) -> ExclusionConstraint:
    """No two rows of a segmentation share a line (I1). Checked at commit: a correction moves several rows."""
    lines = Func(F("start_line"), F("end_line"), Value("[]"), function="int4range")
    return ExclusionConstraint(
        name=name,
        expressions=[("segmentation", RangeOperators.EQUAL), (lines, RangeOperators.OVERLAPS)],
        deferrable=Deferrable.DEFERRED,
    )


class Segmentation(ClinicModel):
    """One run's partition of an upload into documents and gaps."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="segmentations")
    number = models.PositiveIntegerField()  # within the upload, from 1
    # Of its job, which lives in an app that this one never hears of.
    job_id = models.UUIDField(null=True)
    engine = models.CharField(max_length=20)
    model = models.CharField(max_length=100, blank=True, default="")
    prompt_version = models.CharField(max_length=20)
    stitching_version = models.CharField(max_length=20)
    line_count = models.PositiveIntegerField()
    noise_lines = ArrayField(models.PositiveIntegerField(), default=list)
    unread = models.JSONField(default=list)  # [{start_line, end_line, failure}, …]: the rules read them
    warnings = models.JSONField(default=list)  # sentences for people; may name an animal, quote nothing else
    revision = models.PositiveIntegerField(default=1)  # grows with each correction
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="segmentation_number_once"),
            # A job that ran twice files once.
            models.UniqueConstraint(fields=["job_id"], condition=~Q(job_id=None), name="segmentation_job_once"),
        ]

    def __str__(self) -> str:
        return f"segmentation {self.number}"


class Subject(ClinicModel):
    """An animal as one file tells of it, and which patient of the register it is."""

    class State(models.TextChoices):
        NEW = "new", "new patient"  # `patient` is one that was made of it, a proposal until confirmed
        PROPOSED = "proposed", "proposed match"  # `proposed_patient` may be it; staff decides
        MATCHED = "matched", "matched"  # `patient` is it: by the sender's word, by rule of the clinic, or by staff
        UNKNOWN = "unknown", "nobody known"  # facts that belong to no known animal

    segmentation = models.ForeignKey(Segmentation, on_delete=models.CASCADE, related_name="subjects")
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="subjects")
    position = models.PositiveIntegerField()  # within the segmentation, from 1
    name = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=12, choices=State)
    reason = models.CharField(max_length=40, blank=True, default="")  # "microchip", "same document", …: why
    patient = models.ForeignKey("patients.Patient", on_delete=models.SET_NULL, null=True, related_name="subjects")
    proposed_patient = models.ForeignKey(
        "patients.Patient", on_delete=models.SET_NULL, null=True, related_name="proposed_subjects"
    )
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    patient_id: UUID | None
    proposed_patient_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = "match"  # what staff has to do with it
        verbose_name_plural = "matches"
        ordering = ["segmentation", "position"]
        constraints = [models.UniqueConstraint(fields=["segmentation", "position"], name="subject_position_once")]
        indexes = [
            models.Index(fields=["clinic", "state", "-id"], name="subject_list"),
            models.Index(fields=["patient"], name="subject_by_patient"),
        ]

    def __str__(self) -> str:
        return self.name or "nobody known"


class Document(ClinicModel):
    """One document of a segmentation. Lines are 1-based, inclusive, trailing blank lines included."""

    class Review(models.TextChoices):
        NEEDED = "needed", "to be reviewed"
        NOT_NEEDED = "not_needed", "not needed"
        CONFIRMED = "confirmed", "confirmed"
        CORRECTED = "corrected", "corrected"

    STAFF_DECIDED = (Review.CONFIRMED, Review.CORRECTED)  # I6: no later run changes these

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="documents")
    segmentation = models.ForeignKey(Segmentation, on_delete=models.CASCADE, related_name="documents")
    subject = models.ForeignKey(Subject, on_delete=models.SET_NULL, null=True, related_name="documents")
    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.SET_NULL, null=True, blank=True, related_name="documents"
    )
    # The first of those that are one document twice, itself a copy of none; settled by `documents.operations.linking`.
    same_as = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="copies", db_index=False
    )
    start_line = models.PositiveIntegerField()
    end_line = models.PositiveIntegerField()
    first_page = models.PositiveIntegerField()
    last_page = models.PositiveIntegerField()
    title = models.CharField(max_length=500)
    title_printed = models.BooleanField(
        help_text="Whether the file prints it; else it was made from type and date, or given by staff."
    )
    type = models.CharField(max_length=30, choices=_TYPES)
    date = models.DateField(null=True, blank=True)
    confidence = models.FloatField(help_text="0 to 1: how far windows, rules and quote agree about its beginning.")
    review = models.CharField(max_length=12, choices=Review)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    subject_id: UUID | None
    patient_id: UUID | None
    same_as_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(start_line__gte=1) & Q(end_line__gte=F("start_line")), name="document_lines_in_order"
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1), name="document_confidence_share"
            ),
            _line_range("document_lines_once"),
        ]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="document_list"),
            models.Index(fields=["clinic", "updated_at"], name="document_changes"),
            models.Index(fields=["upload", "start_line"], name="document_by_upload"),
            models.Index(fields=["segmentation", "start_line"], name="document_by_segmentation"),
            models.Index(fields=["patient", "-date"], name="document_by_patient"),
            # Without the many that nobody has to look at, which a walk along `document_list` finds soon enough.
            models.Index(
                fields=["clinic", "review", "-id"], condition=~Q(review="not_needed"), name="document_by_review"
            ),
            models.Index(fields=["same_as"], condition=~Q(same_as=None), name="document_by_first"),
            # To find those of one day, which may be copies of each other.
            models.Index(fields=["clinic", "date"], condition=~Q(date=None), name="document_by_date"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_staff_decided(self) -> bool:
        return self.review in self.STAFF_DECIDED

    @property
    def has_made_title(self) -> bool:
        """Whether the title was made of type and date: the file prints none, and staff gave none."""
        date = self.date.isoformat() if self.date else None
        return not self.title_printed and find_made(self.title, kind=self.type, date=date) is not None


class Gap(ClinicModel):
    """Lines between documents that belong to none."""

    segmentation = models.ForeignKey(Segmentation, on_delete=models.CASCADE, related_name="gaps")
    start_line = models.PositiveIntegerField()
    end_line = models.PositiveIntegerField()
    reason = models.CharField(max_length=20)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["segmentation", "start_line"]
        constraints = [
            models.CheckConstraint(
                condition=Q(start_line__gte=1) & Q(end_line__gte=F("start_line")), name="gap_lines_in_order"
            ),
            _line_range("gap_lines_once"),
        ]
