"""Several files that were sent together, followed and announced as one."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.models.jobs import Job
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet


class Batch(ClinicModel):
    """Open while files are added; once it is closed and all its jobs have ended, it has ended for good."""

    name = models.CharField(max_length=200, blank=True, default="")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ended_at=None) | Q(closed_at__isnull=False), name="batch_ends_closed")
        ]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="batch_list"),
            models.Index(fields=["created_at"], condition=Q(ended_at=None), name="batch_running"),
        ]

    def __str__(self) -> str:
        return self.name or f"batch {str(self.pk)[-8:]}"


class BatchItem(ClinicModel):
    """A file of a batch, and the job that reads it: the one that was made for it, or that was there already."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="batch_items")
    added_at = models.DateTimeField(default=timezone.now)  # the job's own `created_at` where it was made for the batch

    batch_id: UUID
    job_id: UUID

    objects = ClinicQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "job"], name="batch_item_once")]

    def __str__(self) -> str:
        return f"item {str(self.pk)[-8:]}"
