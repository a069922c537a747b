"""`manage.py link_documents`: links what was filed before documents had fingerprints. Run again, it goes on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from documents.operations.link_backlog import count_backlog, link_backlog
from pennie.accounts.acting import find_clinic


class Command(BaseCommand):
    help = (
        "Look for documents that are on record twice, among those that were filed before this was done by itself. "
        "Safe while the product runs: each upload is done by itself, and what is done is not done again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", metavar="NAME_OR_ID", help="of this clinic alone (default: of all)")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic_id = find_clinic(name_or_id=options["clinic"]).pk if options["clinic"] else None
        total, uploads, documents = count_backlog(clinic_id=clinic_id), 0, 0
        console = Console(stderr=True, highlight=False)
        columns = (TextColumn("Linking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            for done in progress.track(link_backlog(clinic_id=clinic_id, now=timezone.now()), total=total):
                uploads += 1
                documents += done.documents
        left = count_backlog(clinic_id=clinic_id)
        self.stdout.write(f"{documents:,} documents of {uploads:,} uploads were looked at.")
        if left:
            self.stdout.write(f"{left:,} uploads have no text and were passed over.")
