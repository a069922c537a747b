"""Add a clinic."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pennie.accounts import enrolling
from pennie.lib.refusals import Refusal


class Command(BaseCommand):
    help = "Add a clinic."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="as people know it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            clinic = enrolling.add_clinic(name=options["name"].strip(), now=timezone.now())
        except Refusal as refusal:
            raise CommandError(f"{refusal.title}. {refusal.detail}") from refusal
        self.stdout.write(f"Added the clinic {clinic.name} ({clinic.pk}).")
