"""`manage.py fit_types`: what tells a document's type, fitted on labelled records; or how well such tell others."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.domain.rules import type_model
from documents.domain.rules.type_model import write_type_model
from jobs.evaluation.records import UnfitRecords
from jobs.terminal import show_plain

WEIGHTS = Path(type_model.__file__).with_name("types.json")
FOLDS = 5


class Command(BaseCommand):
    help = "Fit what tells a document's type on labelled records (docs/evaluation.md); NumPy is needed."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--records",
            metavar="DIR",
            nargs="+",
            type=Path,
            required=True,
            help="folders of NAME.txt with NAME.truth.json",
        )
        parser.add_argument("--version-name", metavar="NAME", help="written into the weights")
        parser.add_argument(
            "--out", metavar="FILE", type=Path, default=WEIGHTS, help="where the weights go (default: those in use)"
        )
        parser.add_argument(
            "--leave-out",
            choices=("layout",),
            help="write nothing; fit on four fifths of the layouts, tell the types of the others, five times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from jobs import type_fitting  # with NumPy, which nothing else needs
        except ImportError:
            raise CommandError("NumPy is not installed; it is in requirements/dev.txt.") from None
        if not options["leave_out"] and not options["version_name"]:
            raise CommandError("Name the weights by --version-name: other weights, another name.", returncode=2)
        try:
            records = type_fitting.read_typed(options["records"])
        except UnfitRecords as unfit:
            raise CommandError("\n".join(map(show_plain, unfit.problems))) from None
        if not records.documents:
            raise CommandError("No document of these records has a type that is scored. Name labelled records.")
        if options["leave_out"]:
            self._print_scores(type_fitting.score_types_left_out(records, folds=FOLDS))
            return
        model = type_fitting.fit_types(records, version=options["version_name"])
        try:
            options["out"].write_text(write_type_model(model), encoding="utf-8")
        except OSError as error:
            where = show_plain(str(options["out"]))
            raise CommandError(f"{where}: {error.strerror}. Name a file that can be written.") from None
        told = type_fitting.score_types(records.documents, model=model)
        self.stdout.write(f"{options['out']}: {len(model.rows)} signals, fitted on {len(told)} documents.")
        self.stdout.write(f"Types of the same documents told rightly (of others fewer): {sum(told) / len(told):.3f}")

    def _print_scores(self, scores: dict[str, tuple[int, int]]) -> None:
        for layout, (right, count) in sorted(scores.items()):
            self.stdout.write(f"{layout:<28} {right / count:.3f}")
        right, count = (sum(score[place] for score in scores.values()) for place in (0, 1))
        self.stdout.write(f"{'types told rightly':<28} {right / count:.3f}")
