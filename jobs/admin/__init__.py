"""Uploads, jobs, batches, backfills, intake, queues, calls, budgets, limits of use and webhooks in the admin."""

from jobs.admin import attempts, backfills, batches, budgets, intake, jobs, queues, uploads, use_limits, webhooks

__all__ = [
    "attempts",
    "backfills",
    "batches",
    "budgets",
    "intake",
    "jobs",
    "queues",
    "uploads",
    "use_limits",
    "webhooks",
]
