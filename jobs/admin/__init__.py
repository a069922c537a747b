"""Uploads, jobs, batches, backfills, queues, calls, budgets, limits of use and webhooks in the admin."""

from jobs.admin import attempts, backfills, batches, budgets, jobs, queues, uploads, use_limits, webhooks

__all__ = ["attempts", "backfills", "batches", "budgets", "jobs", "queues", "uploads", "use_limits", "webhooks"]
