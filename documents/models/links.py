"""The same document twice: what copies are found by, and how two documents are linked."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from documents.models.segmentations import Document
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet


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
