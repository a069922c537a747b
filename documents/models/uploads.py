"""Files as received, and their text.

Text is personal data: `documents.operations.archiving` purges it, nothing else deletes its rows.
"""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet


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
    covered_lines = models.JSONField(null=True)  # [line, …] with words under a black box; null: none, or not looked for
