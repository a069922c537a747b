"""What may be spent on the model, what was spent, and how much of it a person or a clinic may use."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pennie.accounts.tenancy import ClinicQuerySet
from pennie.lib.ids import new_id


class Budget(models.Model):
    """A sum of money that calls to the model may cost in a period. Nothing is spent beyond it: jobs are parked."""

    class Scope(models.TextChoices):
        GLOBAL = "global", "all clinics together"
        CLINIC = "clinic", "one clinic"
        USER = "user", "one user of a clinic"
        UPLOAD = "upload", "each upload of a clinic"

    class Period(models.TextChoices):
        DAY = "day", "day (UTC)"
        MONTH = "month", "month (UTC)"
        EVER = "ever", "its whole life"  # of an upload only

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scope = models.CharField(max_length=8, choices=Scope)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    period = models.CharField(max_length=5, choices=Period)
    amount_usd = models.DecimalField("amount in US dollars", max_digits=12, decimal_places=4)
    # The highest of 50, 80 and 100 that was told, and of which period, so that each is told once.
    warned_percent = models.PositiveSmallIntegerField(default=0, editable=False)
    warned_period = models.DateField(null=True, editable=False)  # its first day
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    clinic_id: UUID | None
    user_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "clinic", "user", "period"],
                nulls_distinct=False,
                name="budget_once",
                violation_error_message="There is such a budget already: change its amount.",
            ),
            models.CheckConstraint(
                condition=Q(scope="global", clinic=None, user=None)
                | Q(scope="clinic", clinic__isnull=False, user=None)
                | Q(scope="user", clinic__isnull=False, user__isnull=False)
                | Q(scope="upload", clinic__isnull=False, user=None),
                name="budget_scope_fits",
                violation_error_message="The scope does not fit: only one user's budget names a user.",
            ),
            models.CheckConstraint(
                condition=Q(scope="upload", period="ever") | (~Q(scope="upload") & ~Q(period="ever")),
                name="budget_period_fits",
                violation_error_message="The period does not fit: its whole life for an upload, else a day or month.",
            ),
            models.CheckConstraint(
                condition=Q(amount_usd__gte=0),
                name="budget_not_negative",
                violation_error_message="The amount is below 0. With 0 nothing is spent.",
            ),
        ]

    def __str__(self) -> str:
        return f"${self.amount_usd:f} for {self.get_scope_display()}, {self.get_period_display()}"


class DailySpending(models.Model):
    """What one user's jobs in one clinic cost on one day (UTC). A call is settled on the day on which it was begun."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    cached_input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    spent_usd = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    reserved_usd = models.DecimalField(max_digits=16, decimal_places=8, default=0)  # by calls that are not settled
    unpriced_calls = models.PositiveIntegerField(default=0)  # whose price is not known, which is not 0

    clinic_id: UUID
    user_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "clinic"]
        verbose_name_plural = "daily spending"
        constraints = [
            models.UniqueConstraint(fields=["clinic", "user", "day"], nulls_distinct=False, name="spending_once")
        ]
        indexes = [models.Index(fields=["day"], name="spending_by_day")]

    def __str__(self) -> str:
        return f"{self.day}"


class UseLimit(models.Model):
    """How much may be asked for. The most particular one counts: a user's before a clinic's before everybody's."""

    class Scope(models.TextChoices):
        USER = "user", "each user"
        CLINIC = "clinic", "each clinic"
        GLOBAL = "global", "all together"

    class Measure(models.TextChoices):
        CALLS_PER_HOUR = "calls_per_hour", "calls to the model in an hour"
        LINES_PER_DAY = "lines_per_day", "lines in 24 hours"
        PAGES_PER_DAY = "pages_per_day", "pages in 24 hours"
        TOKENS_PER_DAY = "tokens_per_day", "estimated tokens in 24 hours"
        LINES_PER_UPLOAD = "lines_per_upload", "lines of one upload"
        PAGES_PER_UPLOAD = "pages_per_upload", "pages of one upload"
        TOKENS_PER_UPLOAD = "tokens_per_upload", "estimated tokens of one upload"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scope = models.CharField(max_length=8, choices=Scope)
    measure = models.CharField(max_length=20, choices=Measure)
    clinic = models.ForeignKey(
        "accounts.Clinic", on_delete=models.CASCADE, null=True, blank=True, related_name="+", help_text="Empty: each."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: each.",
    )
    amount = models.PositiveBigIntegerField()
    # Of a clinic's limit: an operator set it, in place of each clinic's. An administrator's only lowers that.
    by_operator = models.BooleanField(default=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    clinic_id: UUID | None
    user_id: UUID | None

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = "limit of use"
        verbose_name_plural = "limits of use"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "measure", "clinic", "user"],
                nulls_distinct=False,
                name="use_limit_once",
                violation_error_message="There is such a limit already: change its amount.",
            ),
            models.CheckConstraint(
                condition=Q(scope="user") | Q(scope="clinic", user=None) | Q(scope="global", clinic=None, user=None),
                name="use_limit_scope_fits",
                violation_error_message="The scope does not fit: only a limit of each user may name one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:,} {self.get_measure_display()}, {self.get_scope_display()}"
