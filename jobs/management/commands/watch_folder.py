"""`manage.py watch_folder FOLDER`: sends what scanners and fax servers leave in a folder. End it with SIGTERM."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.management.intake_arguments import (
    add_intake_arguments,
    attend,
    leave,
    make_taker,
    read_seconds,
    say_counts,
    telling_database_away,
)
from jobs.operations.intake.sources import Hold
from jobs.operations.intake.watched_folder import DONE, REFUSED
from jobs.operations.intake.watching_folders import FolderWatch, Watching, prepare_folder
from jobs.rounds import run_rounds
from jobs.terminal import show_plain
from pennie.accounts.acting import find_principal
from pennie.lib.refusals import Refusal

_SETTLE_SECONDS = 10.0
_PAUSE_SECONDS = 2.0
_PATIENCE_SECONDS = 300.0


class Command(BaseCommand):
    help = (
        "Watch a folder for a clinic, until ended: each complete file is submitted once, then moved to "
        f"{DONE}/ in it, or to {REFUSED}/ with a note that says why."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--name", default="", help="how the admin calls it (default: the folder's name)")
        parser.add_argument(
            "--settle",
            metavar="SECONDS",
            type=read_seconds,
            default=_SETTLE_SECONDS,
            help="a file is complete once it looks the same for so long (default 10); 0 where files are renamed "
            "into place",
        )
        parser.add_argument(
            "--every",
            metavar="SECONDS",
            type=read_seconds,
            default=_PAUSE_SECONDS,
            help="between two looks at the folder (default 2)",
        )
        parser.add_argument(
            "--patience",
            metavar="SECONDS",
            type=read_seconds,
            default=_PATIENCE_SECONDS,
            help="until an empty or damaged file, which may still be written to, is refused (default 300)",
        )
        parser.add_argument("--delete", action="store_true", help=f"delete what is on record, instead of {DONE}/")
        parser.add_argument("--once", action="store_true", help="end when nothing is left to take")
        parser.add_argument("--anew", action="store_true", help="take the folder, whatever its mark says")
        add_intake_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["folder"]
        name = options["name"] or path.resolve().name or "folder"
        with telling_database_away():
            principal = find_principal(email=options["email"], clinic=options["clinic"])
            try:
                folder, source = prepare_folder(principal=principal, path=path, name=name, anew=options["anew"])
            except Refusal as refusal:
                raise CommandError(f"{show_plain(str(path))}: {refusal.detail}") from None
        attendance = attend(principal=principal, hold=Hold(source.pk), options=options)
        once: bool = options["once"]
        watching = Watching(
            settle_seconds=options["settle"],
            pause_seconds=options["every"],
            patience_seconds=min(options["patience"], options["settle"]) if once else options["patience"],
            deletes=options["delete"],
        )
        watch = FolderWatch(
            folder=folder, attendance=attendance, taker=make_taker(kind="folder", options=options), watching=watching
        )
        self.stdout.write(f"Watching as source {source.pk}. End it with Ctrl-C or SIGTERM.")
        self.stdout.flush()
        try:
            run_rounds(
                work=watch.work,
                pause_seconds=0.2,
                is_through=lambda: once and (watch.is_through or attendance.is_stuck),
            )
        finally:
            leave(attendance)
            self.stdout.write(say_counts(attendance.counts))
        if once and attendance.is_stuck:  # the log has said why
            sys.exit(1)
