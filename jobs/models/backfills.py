"""Files that are read again by the many."""

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.domain.backfills import BACKFILL_STATES
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet


class Backfill(ClinicModel):
    """One clinic's files that are submitted again, one by one, by a process that may end at any time.

    What an operator begins for several clinics is a row for each, of one series and at one pace. Its jobs name it, no
    upload twice. No word of a file or of people is in it.
    """

    series = models.UUIDField(editable=False)
    state = models.CharField(max_length=9, choices=[(each, each) for each in BACKFILL_STATES], default="open")
    criteria = models.JSONField(default=dict)  # jobs.domain.backfills.Criteria
    engine = models.CharField(max_length=20)  # rules or openai, chosen when it was begun
    per_minute = models.FloatField(null=True)  # jobs of the series; None: no bound
    at_most = models.PositiveIntegerField(null=True)  # jobs of the series under way at once; None: no bound
    cursor = models.UUIDField(null=True)  # the last upload that was looked at: they are taken in the order of their ids
    due_at = models.DateTimeField(null=True)  # when the series may submit the next one
    # Its jobs that were submitted lately, as integrators see them: open while more come.
    batch = models.ForeignKey("jobs.Batch", on_delete=models.SET_NULL, null=True, related_name="+")
    # What it was expected to take when it was begun.
    expected_files = models.PositiveIntegerField(default=0)
    expected_calls = models.PositiveIntegerField(default=0)
    expected_tokens = models.PositiveBigIntegerField(default=0)
    expected_usd = models.DecimalField(max_digits=16, decimal_places=8, null=True)  # None: the price is unknown
    # Files so far.
    submitted = models.PositiveIntegerField(default=0)
    already_at_work = models.PositiveIntegerField(default=0)  # by a job that somebody else asked for
    refused = models.PositiveIntegerField(default=0)  # above a limit of one upload
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)  # when it last got on
    ended_at = models.DateTimeField(null=True)  # when the last file was submitted, or it was cancelled

    batch_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("open", "paused"), ended_at=None)
                | Q(state__in=("cancelled", "ended"), ended_at__isnull=False),
                name="backfill_ends_once",
            )
        ]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="backfill_list"),
            models.Index(fields=["series"], name="backfill_by_series"),
        ]

    def __str__(self) -> str:
        return f"backfill {str(self.pk)[-8:]}"

    @property
    def looked_at(self) -> int:
        """Files so far, whatever came of them."""
        return self.submitted + self.already_at_work + self.refused
