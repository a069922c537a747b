"""Webhooks: where a clinic's events are sent, what was sent, and what came back."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.domain.webhooks import DELIVERY_STATES, DISABLED_FOR
from jobs.models.jobs import Job
from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet


class WebhookEndpoint(ClinicModel):
    """An address that wants to be told, and the secret that it knows us by."""

    url = models.CharField("address", max_length=500)
    description = models.CharField(max_length=200, blank=True, default="")
    events = models.JSONField(default=list, blank=True)  # EventType; none: all
    # Sealed (pennie.lib.sealing). After a rotation what is sent is signed with both for a while.
    secret = models.CharField(max_length=500)
    former_secret = models.CharField(max_length=500, blank=True, default="")
    former_until = models.DateTimeField("former secret signs until", null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_for = models.CharField(
        max_length=8, choices=[(each, each) for each in DISABLED_FOR], blank=True, default=""
    )
    failing_since = models.DateTimeField(null=True)  # nothing was received since; None: the last was
    last_received_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_for="") | (Q(disabled_at__isnull=False) & ~Q(disabled_for="")),
                name="webhook_disabled_for_something",
            )
        ]
        indexes = [models.Index(fields=["clinic", "-id"], name="webhook_list")]

    def __str__(self) -> str:
        return self.description or self.url


class WebhookMessage(ClinicModel):
    """Something that happened, as it is told: ids and states only. Its id is the `webhook-id` of every sending."""

    event = models.CharField(max_length=40)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, null=True, related_name="+")
    payload = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="webhook_message_by_age")]

    def __str__(self) -> str:
        return self.event


class WebhookDelivery(ClinicModel):
    """One message on its way to one endpoint. A replay is another delivery of the same message."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=9, choices=[(each, each) for each in DELIVERY_STATES], default="pending")
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)  # of one that is pending: the next try
    # By a process that sends it, which writes what came of it only while this is its own.
    taken_by = models.UUIDField(null=True)
    taken_until = models.DateTimeField(null=True)
    is_replay = models.BooleanField("sent again by hand", default=False)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    endpoint_id: UUID
    message_id: UUID

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="delivery_list"),
            models.Index(fields=["endpoint", "due_at", "id"], condition=Q(state="pending"), name="delivery_due"),
            models.Index(
                fields=["taken_until"], condition=Q(state="pending", taken_until__isnull=False), name="delivery_held"
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {str(self.pk)[-8:]}"


class WebhookTry(ClinicModel):
    """One sending: what was sent beside the message, and what came back."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="sendings")
    number = models.PositiveSmallIntegerField()  # within the delivery, from 1
    at = models.DateTimeField()
    seconds = models.FloatField()
    headers = models.JSONField(default=dict)  # without the signature
    status = models.PositiveSmallIntegerField(null=True)  # None: there was no answer
    answer = models.TextField(blank=True, default="")  # its beginning
    failure = models.CharField(max_length=20, blank=True, default="")  # Failure; empty: it was received

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="webhook_try_once")]

    def __str__(self) -> str:
        return f"try {self.number}"
