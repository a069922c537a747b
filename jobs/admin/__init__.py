"""Uploads, jobs, batches, queues, calls, budgets, limits of use, webhooks and places of intake in the admin."""

from jobs.admin import attempts, batches, budgets, intake, jobs, queues, uploads, use_limits, webhooks

__all__ = ["attempts", "batches", "budgets", "intake", "jobs", "queues", "uploads", "use_limits", "webhooks"]
