"""`manage.py check_services`: can the PostgreSQL and the Redis of the settings be had?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pennie.observability.reachable_services import ServiceUnreachable, check_services, list_notices


class Command(BaseCommand):
    help = "Check that the PostgreSQL and the Redis of the settings can be had; say which cannot, and the cure."
    requires_system_checks = ()  # some of those ask the database

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_services()
        except ServiceUnreachable as unreachable:
            raise CommandError(str(unreachable)) from unreachable
        for notice in list_notices():
            self.stdout.write(notice)
