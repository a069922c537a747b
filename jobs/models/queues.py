"""Queues that nothing is taken from for a while."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone

from jobs.domain.states import PRIORITIES
from pennie.accounts.tenancy import ClinicQuerySet
from pennie.lib.ids import new_id


class QueuePause(models.Model):
    """No job of the queue is begun: one clinic's, or where there is none, every clinic's. What is begun ends."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    queue = models.CharField(max_length=8, choices=[(each, each) for each in PRIORITIES])
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, default="")
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    paused_at = models.DateTimeField(default=timezone.now)

    clinic_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = "paused queue"
        ordering = ["queue"]
        constraints = [
            models.UniqueConstraint(fields=["queue", "clinic"], nulls_distinct=False, name="queue_paused_once")
        ]

    def __str__(self) -> str:
        return f"{self.queue} is paused"
