"""Addresses of this app in version 1 of the API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from jobs.api.v1.ai import AiCheck
from jobs.api.v1.batches import BatchViewSet
from jobs.api.v1.budgets import BudgetsView, BudgetView
from jobs.api.v1.dead_letters import DeadLetterViewSet
from jobs.api.v1.estimates import Limits
from jobs.api.v1.jobs import JobViewSet, StreamElsewhere
from jobs.api.v1.queues import PauseQueue, Queues, ResumeQueue
from jobs.api.v1.uploads import UploadViewSet
from jobs.api.v1.usage import DearestUploads, Usage
from jobs.api.v1.webhooks import DeliveryViewSet, WebhookViewSet

router = SimpleRouter(use_regex_path=False)
router.register("uploads", UploadViewSet, basename="upload")
router.register("jobs", JobViewSet, basename="job")
router.register("dead-letters", DeadLetterViewSet, basename="dead-letter")
router.register("batches", BatchViewSet, basename="batch")
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("webhooks/<uuid:webhook_pk>/deliveries", DeliveryViewSet, basename="webhook-delivery")

urlpatterns = [
    *router.urls,
    path("jobs/<uuid:job_id>/stream/", StreamElsewhere.as_view(), name="job-stream"),
    path("queues/", Queues.as_view(), name="queues"),
    path("queues/pause/", PauseQueue.as_view(), name="queue-pause"),
    path("queues/resume/", ResumeQueue.as_view(), name="queue-resume"),
    path("budgets/", BudgetsView.as_view(), name="budgets"),
    path("budgets/<uuid:pk>/", BudgetView.as_view(), name="budget"),
    path("limits/", Limits.as_view(), name="limits"),
    path("ai/check/", AiCheck.as_view(), name="ai-check"),
    path("usage/", Usage.as_view(), name="usage"),
    path("usage/dearest/", DearestUploads.as_view(), name="usage-dearest"),
]
