"""Jobs, their calls to the model, what may be spent on them, who is told of them, and where files are taken from."""

from jobs.models.backfills import Backfill
from jobs.models.batches import Batch, BatchItem
from jobs.models.calls import Attempt, WindowCheckpoint, WindowCut
from jobs.models.intake import IntakeSource
from jobs.models.jobs import Job, JobEvent, Outbox
from jobs.models.queues import QueuePause
from jobs.models.spending import Budget, DailySpending, UseLimit
from jobs.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookMessage, WebhookTry

__all__ = [
    "Attempt",
    "Backfill",
    "Batch",
    "BatchItem",
    "Budget",
    "DailySpending",
    "IntakeSource",
    "Job",
    "JobEvent",
    "Outbox",
    "QueuePause",
    "UseLimit",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
    "WebhookTry",
    "WindowCheckpoint",
    "WindowCut",
]
