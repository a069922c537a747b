"""`manage.py relay`: publishes what the outbox holds. Several may run; end it with SIGTERM."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from jobs.operations.relaying import relay_once
from jobs.rounds import run_rounds


class Command(BaseCommand):
    help = "Publish the jobs that wait in the outbox to the workers' queues, until ended."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        run_rounds(work=relay_once, pause_seconds=settings.JOB_RELAY_SECONDS)
