"""`manage.py fit_rules`: the weights of the rules' signals, fitted on labelled records; how well they read others."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.domain.rules.model import write_model
from documents.domain.truth import MalformedTruth

WEIGHTS = Path("documents/domain/rules/weights.json")


class Command(BaseCommand):
    help = "Fit the weights of the rules' signals on labelled records (docs/evaluation.md); NumPy is needed."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--records",
            metavar="DIR",
            nargs="+",
            type=Path,
            required=True,
            help="folders of NAME.txt with NAME.truth.json; one that is named twice counts twice",
        )
        parser.add_argument("--version-name", default="r2", help="written into the weights")
        parser.add_argument("--out", type=Path, default=WEIGHTS, help=f"where the weights go (default: {WEIGHTS})")
        parser.add_argument(
            "--leave-out",
            choices=("layout",),
            help="write nothing; for each layout fit on all others, and print how well it is read so",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from jobs import fitting  # with NumPy, which nothing else needs
        except ImportError:
            raise CommandError("NumPy is not installed; it is in requirements/dev.txt.") from None
        try:
            records = [record for folder in options["records"] for record in fitting.read_records(folder)]
        except (OSError, MalformedTruth) as problem:
            raise CommandError(str(problem)) from None
        if not records:
            raise CommandError("No labelled records there: NAME.txt with NAME.truth.json beside it.")
        if options["leave_out"]:
            self._print_scores(fitting.score_left_out(records))
            return
        model = fitting.fit(records, version=options["version_name"])
        options["out"].write_text(write_model(model), encoding="utf-8")
        self.stdout.write(f"{options['out']}: {len(model.second)} weights, fitted on {len(records)} records.")
        self._print_scores(fitting.score(records, models={record.layout: model for record in records}))

    def _print_scores(self, scores: dict[str, float]) -> None:
        for layout, boundary_f1 in sorted(scores.items()):
            self.stdout.write(f"{layout:<28} {boundary_f1:.3f}")
        self.stdout.write(f"{'mean boundary F1':<28} {sum(scores.values()) / len(scores):.3f}")
