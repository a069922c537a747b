"""What was read about the animals.

Facts are personal data: `documents.operations.archiving` and `erasing` purge them, nothing else deletes their rows.
"""

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone

from documents.domain.findings import FACT_FIELDS
from documents.models.segmentations import Document, Segmentation, Subject
from documents.models.uploads import Upload
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet

_FIELDS = [(each, each.replace("_", " ")) for each in FACT_FIELDS]


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
