"""Places from which files are taken in by themselves."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.domain.intake import KINDS, TROUBLES
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet


class IntakeSource(ClinicModel):
    """A folder of scanners or a mailbox, of one clinic: who is at it, and how it fares.

    One process has it at a time, until `held_until` by the database's clock.
    """

    kind = models.CharField(max_length=8, choices=[(each, each) for each in KINDS])
    name = models.CharField(max_length=200)
    place = models.CharField(max_length=64, unique=True)  # a digest of what leads there: see operations.intake.sources
    holder = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)  # when it was last there
    waiting = models.PositiveIntegerField(default=0)  # files or messages that are not taken yet
    taken = models.PositiveBigIntegerField(default=0)  # all in all, those that were on record before too
    taken_at = models.DateTimeField(null=True)
    refused = models.PositiveBigIntegerField(default=0)
    refused_for = models.CharField(max_length=40, blank=True, default="")  # the code of the last problem
    trouble = models.CharField(max_length=20, choices=[(each, each) for each in TROUBLES], blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = "scanner folder or mailbox"
        verbose_name_plural = "scanner folders and mailboxes"
        ordering = ["kind", "name"]
        indexes = [models.Index(fields=["clinic", "kind", "name"], name="intake_by_clinic")]
        constraints = [
            models.CheckConstraint(condition=Q(holder=None) | Q(held_until__isnull=False), name="intake_held_until")
        ]

    def __str__(self) -> str:
        return self.name
