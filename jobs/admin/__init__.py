"""Uploads, jobs, calls, budgets and limits of use in the admin."""

from jobs.admin import attempts, budgets, jobs, uploads, use_limits

__all__ = ["attempts", "budgets", "jobs", "uploads", "use_limits"]
