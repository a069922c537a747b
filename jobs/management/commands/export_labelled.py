"""`manage.py export_labelled`: what staff confirmed and corrected, as labelled records for `evaluate`."""

import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.domain.accuracy.labelled import LabelledRecord
from documents.operations.exporting import Export, Pseudonyms, export_labelled
from jobs.evaluation.records import TRUTH_SUFFIX
from jobs.terminal import ending_quietly, show_plain, write_json
from pennie.accounts.acting import add_acting_arguments, find_principal
from pennie.lib.private_files import write_private
from pennie.lib.refusals import Refusal


class Command(BaseCommand):
    help = "Write the uploads that staff decided as NAME.txt with NAME.truth.json. They are patients' records."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="a folder that is new or empty")
        parser.add_argument(
            "--pseudonymise",
            action="store_true",
            help="replace names, phones, addresses, chips and account numbers by invented ones (docs/evaluation.md)",
        )
        parser.add_argument("--shift-dates", action="store_true", help="with --pseudonymise: move dates by whole weeks")
        parser.add_argument("--seed", type=int, help="with --pseudonymise: the same seed invents the same names")
        parser.add_argument("--json", action="store_true", help="print the counts as one JSON object")
        add_acting_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["pseudonymise"] and (options["shift_dates"] or options["seed"] is not None):
            raise CommandError("--shift-dates and --seed belong to --pseudonymise.", returncode=2)
        principal = find_principal(email=options["email"], clinic=options["clinic"])
        pseudonyms = None
        if options["pseudonymise"]:
            seed = secrets.randbits(64) if options["seed"] is None else options["seed"]
            pseudonyms = Pseudonyms(seed=seed, shift_dates=options["shift_dates"])
        export = Export()
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            try:
                _write_all(options["out"], export_labelled(principal=principal, export=export, pseudonyms=pseudonyms))
            except Refusal as refusal:
                raise CommandError(refusal.detail) from None
            except OSError as error:
                where = show_plain(str(options["out"]))
                raise CommandError(f"{where}: {error.strerror}. Name a folder that can be written.") from None
            self._tell(export, as_json=options["json"])

    def _tell(self, export: Export, *, as_json: bool) -> None:
        if as_json:
            counts = {name: getattr(export, name) for name in ("records", "undecided", "facts_left_out", "unsafe")}
            write_json({**counts, "replaced": dict(sorted(export.replaced.items()))}, stream=self.stdout)
            return
        self.stdout.write(f"{export.records:,} records written, {export.undecided:,} uploads not decided by staff yet.")
        if export.facts_left_out:
            self.stdout.write(f"{export.facts_left_out:,} without facts: whose their animals are is not decided.")
        if export.unsafe:
            self.stdout.write(f"{export.unsafe:,} not written: a known name could not be replaced.")
        for kind, count in sorted(export.replaced.items()):
            self.stdout.write(f"  {kind}: {count:,} places replaced")


def _write_all(folder: Path, records: Iterator[tuple[str, LabelledRecord]]) -> None:
    """The folder and its files are their owner's alone. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CommandError(f"{show_plain(str(folder))} is not empty: name a new folder, so that no record is mixed up.")
    for name, record in records:
        write_private(path=folder / f"{name}.txt", text=record.text)
        write_private(path=folder / f"{name}{TRUTH_SUFFIX}", text=record.truth_json)
