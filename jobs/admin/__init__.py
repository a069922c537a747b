"""Uploads, jobs and calls in the admin."""

from jobs.admin import attempts, jobs, uploads

__all__ = ["attempts", "jobs", "uploads"]
