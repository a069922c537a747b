"""`manage.py webhooks`: sends what integrators are to be told. Several may run; end it with SIGTERM."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from jobs.rounds import run_rounds
from jobs.webhooks.delivering import Deliverer


class Command(BaseCommand):
    help = "Send webhooks that are due, until ended. What is under way then is waited for."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        deliverer = Deliverer()
        try:
            run_rounds(work=deliverer.deliver_due, pause_seconds=settings.WEBHOOK_LOOK_SECONDS)
        finally:
            deliverer.close()
