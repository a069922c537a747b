"""Uploads, jobs, batches, queues, calls, budgets, limits of use and webhooks in the admin."""

from jobs.admin import attempts, batches, budgets, jobs, queues, uploads, use_limits, webhooks

__all__ = ["attempts", "batches", "budgets", "jobs", "queues", "uploads", "use_limits", "webhooks"]
