"""Celery's tasks: each takes an id, calls one operation, and lets nothing out that Celery would log or repeat."""

import socket
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_init, worker_shutting_down
from django.utils import timezone

from documents.domain.rules.words import compile_vocabulary
from jobs.dispatch import RUN_JOB
from jobs.operations import running
from jobs.operations.choosing import run_next
from jobs.operations.tidying import tidy as tidy_up


@shared_task(name=RUN_JOB, bind=True)
def run_job(self: Any, job_id: str) -> None:
    run_next(job_id=UUID(job_id), worker=self.request.hostname or socket.gethostname())


@shared_task(name="jobs.tidy")
def tidy() -> None:
    tidy_up(now=timezone.now())


@worker_init.connect
def make_ready(**_: Any) -> None:
    """Before the first job, and before the pool is forked: its processes share what is compiled."""
    compile_vocabulary()


@worker_shutting_down.connect
def hand_back(**_: Any) -> None:
    """SIGTERM: jobs in work are handed back at their next window."""
    running.shutting_down.set()
