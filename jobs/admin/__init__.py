"""Uploads, jobs, calls and budgets in the admin."""

from jobs.admin import attempts, budgets, jobs, uploads

__all__ = ["attempts", "budgets", "jobs", "uploads"]
