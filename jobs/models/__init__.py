"""Jobs, their calls to the model, and what may be spent on them."""

from jobs.models.calls import Attempt, WindowCheckpoint, WindowCut
from jobs.models.jobs import Job, JobEvent, Outbox
from jobs.models.spending import Budget, DailySpending, UseLimit

__all__ = [
    "Attempt",
    "Budget",
    "DailySpending",
    "Job",
    "JobEvent",
    "Outbox",
    "UseLimit",
    "WindowCheckpoint",
    "WindowCut",
]
