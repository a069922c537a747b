"""Uploads, what was found in them, and what staff made of it.

An upload has one current segmentation and keeps the earlier ones. Text and facts are personal data: they are
purged by `documents.operations.archive`, never by deleting rows elsewhere.
"""

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Q, Value
from django.utils import timezone

from documents.domain.findings import DOCUMENT_TYPES, FACT_FIELDS
from documents.domain.made_titles import find_made
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet

_TYPES = [(each, each.replace("_", " ")) for each in DOCUMENT_TYPES]
_FIELDS = [(each, each.replace("_", " ")) for each in FACT_FIELDS]


def _line_range(name: str) -> ExclusionConstraint:
    """No two rows of a segmentation share a line (I1). Checked at commit: a correction moves several rows."""
    lines = Func(F("start_line"), F("end_line"), Value("[]"), function="int4range")
    return ExclusionConstraint(
        name=name,
        expressions=[("segmentation", RangeOperators.EQUAL), (lines, RangeOperators.OVERLAPS)],
        deferrable=Deferrable.DEFERRED,
    )


class Upload(ClinicModel):
    """One file as received. Its bytes lie in `content`, its text in `ExtractedText`, once it was read."""

    sha256 = models.CharField(max_length=64, editable=False)
    name = models.CharField("file name", max_length=255, editable=False)
    kind = models.CharField(max_length=20, editable=False, help_text="text, pdf, word, html, email, image or zip")
    size = models.BigIntegerField("bytes", editable=False)
    content = models.FileField(max_length=200, editable=False)
    line_count = models.PositiveIntegerField(null=True, editable=False)  # None: not read yet
    page_count = models.PositiveIntegerField(null=True, editable=False)
    external_id = models.CharField(
        max_length=200, blank=True, default="", help_text="The file's id in the practice's own system."
    )
    metadata = models.JSONField(default=dict, blank=True, help_text="What the sender wants to find again.")
    patient = models.ForeignKey(
        "patients.Patient",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="uploads",
        help_text="Whose record the sender says it is.",
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    purged_at = models.DateTimeField(null=True, editable=False)
    current_segmentation = models.OneToOneField(
        "documents.Segmentation", on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    patient_id: UUID | None
    current_segmentation_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "sha256"], condition=Q(purged_at=None), name="upload_file_once"),
            models.UniqueConstraint(
                fields=["clinic", "external_id"],
                condition=~Q(external_id="") & Q(purged_at=None),
                name="upload_external_id_once",
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="upload_list"),
            models.Index(fields=["clinic", "patient", "-id"], name="upload_by_patient"),
            models.Index(fields=["clinic", "updated_at"], name="upload_changes"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class ExtractedText(models.Model):
    """The text of an upload as numbered lines: apart from it, so that no list reads it by mistake."""

    upload = models.OneToOneField(Upload, on_delete=models.CASCADE, primary_key=True, related_name="extracted")
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="+")
    text = models.TextField()  # the lines joined by LF
    page_runs = models.JSONField()  # [[first line, page], …]: see documents.domain.lines.unpack_pages
    parts = models.JSONField()  # [{name, kind, first_line}, …]
    warnings = models.JSONField(default=list)
    # [[first line, percent or null], …] of character recognition; null: it read no line. See documents.domain.lines.
    confidence_runs = models.JSONField(null=True)


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


class DocumentFingerprint(models.Model):
    """What copies of a document are found by (`documents.domain.likeness.fingerprints`). It goes with its document."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, primary_key=True, related_name="fingerprint")
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=32)
    word_count = models.PositiveIntegerField()
    digit_count = models.PositiveIntegerField()
    standing = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=32, blank=True, default="")
    sketch = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "digest"], name="fingerprint_by_digest"),
            models.Index(fields=["clinic", "reference"], condition=~Q(reference=""), name="fingerprint_by_reference"),
        ]


class DocumentLink(ClinicModel):
    """Two documents that are one, or of which one supersedes the other. Found by rule, decided by staff.

    Both are of the clinic, and a pair is linked once (triggers hold both).
    """

    class Kind(models.TextChoices):
        SAME = "same", "the same document"
        SUPERSEDES = "supersedes", "an amended one"

    class State(models.TextChoices):
        FOUND = "found", "linked, the same words"
        PROPOSED = "proposed", "proposed"  # staff decides
        CONFIRMED = "confirmed", "confirmed"
        REJECTED = "rejected", "told apart"

    DECIDED = (State.CONFIRMED, State.REJECTED)  # I6: no later run changes these
    IN_FORCE = (State.FOUND, State.CONFIRMED)

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="links_to")  # the later, the newer
    first = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="links_from")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=12, choices=State)
    alike = models.FloatField(help_text="0 to 1: how much of their words is the same.")
    found_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    document_id: UUID
    first_id: UUID

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = "link"
        verbose_name_plural = "copies"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["document", "first"], name="link_pair_once"),
            models.CheckConstraint(condition=~Q(document=F("first")), name="link_of_two"),
        ]
        indexes = [
            models.Index(fields=["clinic", "-id"], condition=Q(state="proposed"), name="link_open"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


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


class Fact(ClinicModel):
    """One observation about a patient, with the words that it was read from. Never edited (a trigger holds that):
    retracted, superseded by a later segmentation, or purged. Whose it is and in which document it stands may change.
    """

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="facts")
    segmentation = models.ForeignKey(Segmentation, on_delete=models.CASCADE, related_name="facts")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="facts")
    patient = models.ForeignKey("patients.Patient", on_delete=models.SET_NULL, null=True, related_name="facts")
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, related_name="facts")
    position = models.PositiveIntegerField()  # within the subject, in the order to show
    field = models.CharField(max_length=30, choices=_FIELDS)
    value = models.JSONField()  # text, number, true or false
    raw = models.TextField()
    unit = models.CharField(max_length=20, null=True)  # null: it is no measure
    kg = models.FloatField(null=True)
    date = models.CharField(max_length=10, blank=True, default="")  # ISO 8601
    line = models.PositiveIntegerField()
    quote = models.TextField()
    is_current = models.BooleanField()
    also = ArrayField(models.PositiveIntegerField(), default=list)
    flags = ArrayField(models.CharField(max_length=30), default=list)
    suggestion = models.CharField(max_length=120, blank=True, default="")
    # What a clinical fact consists of (docs/algorithms/facts.md).
    parts = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    retracted_at = models.DateTimeField(null=True)
    retracted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    subject_id: UUID
    patient_id: UUID | None
    document_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["subject", "position"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "position"], name="fact_position_once"),
            models.CheckConstraint(condition=~Q(quote=""), name="fact_has_quote"),  # I4
        ]
        indexes = [
            models.Index(fields=["patient", "field"], name="fact_by_patient"),
            models.Index(fields=["document"], name="fact_by_document"),
        ]

    def __str__(self) -> str:
        return f"{self.field}, line {self.line}"


class Correction(ClinicModel):
    """What staff changed, as it was and as it became: append-only, and the labels for later evaluation."""

    class Kind(models.TextChoices):
        SPLIT = "split", "split"
        MOVE_START = "move_start", "beginning moved"
        MERGE_NEXT = "merge_next", "merged with the next"
        MARK_GAP = "mark_gap", "marked as gap"
        ASSIGN = "assign", "assigned to a patient"
        DESCRIBE = "describe", "title, type or date"
        CONFIRM = "confirm", "confirmed"
        ADOPT = "adopt", "another segmentation taken"
        LINK = "link", "linked to another"
        UNLINK = "unlink", "told apart from another"

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="corrections")
    segmentation = models.ForeignKey(Segmentation, on_delete=models.CASCADE, related_name="corrections")
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, related_name="corrections")
    kind = models.CharField(max_length=12, choices=Kind)
    before = models.JSONField()
    after = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["upload", "-id"], name="correction_by_upload"),
            models.Index(fields=["document"], name="correction_by_document"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
