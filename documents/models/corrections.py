"""What staff made of it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from documents.models.segmentations import Document, Segmentation
from documents.models.uploads import Upload
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet


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
