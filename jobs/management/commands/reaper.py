"""`manage.py reaper`: sends again the jobs that nobody works on. Several may run; end it with SIGTERM."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from jobs.operations.reaping import reap_once
from jobs.rounds import run_rounds


class Command(BaseCommand):
    help = "Send again the jobs whose worker is gone, whose retry is due or whose message was lost, until ended."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        run_rounds(work=reap_once, pause_seconds=settings.JOB_REAPER_SECONDS)
