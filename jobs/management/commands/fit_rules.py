"""`manage.py fit_rules`: weights of the rules' signals, fitted on labelled records; or how well such read others."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.domain.rules import model as rules_model
from documents.domain.rules.model import Model, write_model
from jobs.evaluation.records import UnfitRecords
from jobs.terminal import show_plain

WEIGHTS = Path(rules_model.__file__).with_name("weights.json")


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
        parser.add_argument(
            "--version-name", metavar="NAME", help="written into the weights, by which results tell what read them"
        )
        parser.add_argument(
            "--out", metavar="FILE", type=Path, default=WEIGHTS, help="where the weights go (default: those in use)"
        )
        parser.add_argument(
            "--keep",
            metavar="FILE",
            type=Path,
            help="weights whose signals stay as they are there: only signals that it lacks are fitted",
        )
        parser.add_argument(
            "--again",
            metavar="SIGNAL",
            nargs="+",
            default=[],
            help="signals of the kept weights that are fitted all the same",
        )
        parser.add_argument(
            "--near",
            metavar="FILE",
            type=Path,
            help="weights that the fitted ones are drawn to, in place of the guesses of the catalogue",
        )
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
        if not options["leave_out"] and not options["version_name"]:
            raise CommandError("Name the weights by --version-name: other weights, another name.", returncode=2)
        try:
            records = [record for folder in options["records"] for record in fitting.read_records(folder)]
        except UnfitRecords as unfit:
            raise CommandError("\n".join(map(show_plain, unfit.problems))) from None
        start, kept, near = None, frozenset[str](), None
        if options["keep"] is not None:
            start, kept = _read_weights(options["keep"], again=options["again"])
        if options["near"] is not None:
            near, _ = _read_weights(options["near"])
        if options["leave_out"]:
            self.stdout.write("Each layout, read with weights that were fitted on the others:")
            self._print_scores(fitting.score_left_out(records, start=start, kept=kept, near=near))
            return
        model = fitting.fit(records, version=options["version_name"], start=start, kept=kept, near=near)
        try:
            options["out"].write_text(write_model(model), encoding="utf-8")
        except OSError as error:
            where = show_plain(str(options["out"]))
            raise CommandError(f"{where}: {error.strerror}. Name a file that can be written.") from None
        self.stdout.write(f"{options['out']}: {len(model.second)} weights, fitted on {len(records)} records.")
        self.stdout.write("The same records, read with these weights (others are read worse: --leave-out layout):")
        self._print_scores(fitting.score(records, models={record.layout: model for record in records}))

    def _print_scores(self, scores: dict[str, float]) -> None:
        for layout, boundary_f1 in sorted(scores.items()):
            self.stdout.write(f"{layout:<28} {boundary_f1:.3f}")
        self.stdout.write(f"{'mean boundary F1':<28} {sum(scores.values()) / len(scores):.3f}")


def _read_weights(path: Path, *, again: Sequence[str] = ()) -> tuple[Model, frozenset[str]]:
    """Raises CommandError."""
    from jobs import fitting  # with NumPy, which is known to be there

    try:
        return fitting.read_kept(path.read_text(encoding="utf-8"), again=again)
    except (OSError, ValueError, KeyError, TypeError):
        raise CommandError(f"{show_plain(str(path))}: no weights. Name a file that this command wrote.") from None
