"""Uploads, jobs, queues, calls, budgets, limits of use and webhooks in the admin."""

from jobs.admin import attempts, budgets, jobs, queues, uploads, use_limits, webhooks

__all__ = ["attempts", "budgets", "jobs", "queues", "uploads", "use_limits", "webhooks"]
