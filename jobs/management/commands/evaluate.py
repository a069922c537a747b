"""`manage.py evaluate DIR`: measures the engine on labelled records."""

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from documents.domain import prompts
from jobs.analysis import analyze_file
from jobs.evaluation.comparing import (
    Comparison,
    MalformedFigures,
    as_scored,
    compare_evaluations,
    describe_comparison,
    name_engine,
    read_figures,
)
from jobs.evaluation.describing import describe_evaluations
from jobs.evaluation.figures import LESS_IS_BETTER
from jobs.evaluation.gates import Gate, UnknownGate, Verdict, judge, read_gate
from jobs.evaluation.measuring import Analyze, Evaluation, evaluate
from jobs.evaluation.records import TRUTH_SUFFIX, Record, UnfitRecords, find_records
from jobs.evaluation.report import Answers, write_report
from jobs.evaluation_tables import print_comparison, print_evaluations
from jobs.llm.client import EngineChoice, InvalidSetting
from jobs.llm.configured import check_engine
from jobs.terminal import ending_quietly, show_plain, write_drawing, write_json
from pennie.lib.cores import count_cores

ENGINES = ("auto", "rules", "openai")
MANY = 16  # files from which the start of more processes is worth while
PIPED_WIDTH = 140  # columns, where no terminal tells its width


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An engine to evaluate: `rules`, or a model by `openai:MODEL`, and the version of the prompt that it is given."""

    engine: EngineChoice
    model: str | None = None
    prompt: str | None = None


def _engine(text: str) -> Asked:
    name, colon, model = text.partition(":")
    if name not in ENGINES or (colon and (name != "openai" or not model)):
        raise ArgumentTypeError(f"{text!r} is none of {', '.join(ENGINES)} and openai:MODEL.")
    return Asked(engine=cast(EngineChoice, name), model=model or None)


def _gate(text: str) -> Gate:
    try:
        return read_gate(text)
    except UnknownGate as unknown:
        raise ArgumentTypeError(str(unknown)) from None


class Command(BaseCommand):
    help = (
        "Analyse labelled records (NAME.txt with NAME.truth.json) and measure the answers, or compare two measurements."
    )
    stealth_options = ("analyze",)  # for tests: what answers instead of the pipeline

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="folder that holds the records")
        parser.add_argument(
            "--engine",
            metavar="|".join((*ENGINES, "openai:MODEL")),
            type=_engine,
            action="append",
            help="auto (default) takes the rules without a key. Repeated: each is compared with the first",
        )
        parser.add_argument(
            "--prompt",
            choices=prompts.VERSIONS,
            action="append",
            help=f"ask a model by this version of the prompt ({prompts.VERSION} without it). Repeated: each engine is "
            "asked by each, and each answer compared with the first",
        )
        parser.add_argument(
            "--compare",
            nargs=2,
            metavar=("BEFORE", "AFTER"),
            type=Path,
            help="compare two files that evaluate --json has written, instead of analysing DIR",
        )
        parser.add_argument("--html", metavar="FILE", type=Path, help="write a report to look at; it holds the texts")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
        parser.add_argument(
            "--fail-under",
            metavar="METRIC=VALUE",
            type=_gate,
            action="append",
            default=[],
            help="exit with 1 if the mean over files is worse (less, or more where less is better); "
            "coverage_violations and facts_without_source: if the worst file has more. Repeatable",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["folder"] is None) == (options["compare"] is None):
            raise CommandError("Name either DIR or --compare BEFORE AFTER.", returncode=2)
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            if options["compare"]:
                if options["fail_under"] or options["engine"] or options["prompt"]:
                    raise CommandError("--compare takes neither --engine, --prompt nor --fail-under.", returncode=2)
                self._compare(*options["compare"], options=options)
            else:
                self._evaluate(options)

    def _compare(self, before: Path, after: Path, *, options: dict[str, Any]) -> None:
        try:
            first, second = read_figures(path=before), read_figures(path=after)
        except MalformedFigures as malformed:
            raise CommandError(show_plain(str(malformed))) from None
        names = (f"{before.name} ({name_engine(first)})", f"{after.name} ({name_engine(second)})")
        comparison = compare_evaluations(before=first, after=second, names=names)
        if options["html"]:
            self._write_report(options["html"], comparisons=[comparison])
        if options["json"]:
            write_json(describe_comparison(comparison), stream=self.stdout)
        else:
            self._draw(partial(print_comparison, comparison))

    def _evaluate(self, options: dict[str, Any]) -> None:
        asked: list[Asked] = options["engine"] or [Asked(engine="auto")]
        try:
            engines = [each for one in asked for each in _list_prompts(one, versions=options["prompt"])]
            records = find_records(folder=options["folder"])
        except InvalidSetting as invalid:
            raise CommandError(str(invalid)) from None
        except UnfitRecords as unfit:
            raise CommandError(_show_lines(unfit.problems)) from None
        if len(set(engines)) < len(engines):
            raise CommandError("An engine or a prompt is named twice: there is nothing to compare.", returncode=2)
        if options["prompt"] and not any(one.prompt for one in engines):
            raise CommandError("--prompt is for a model, and the rules are asked. Set OPENAI_API_KEY.", returncode=2)
        self._warn(records)
        answers = [self._run(records, asked=one, given=options.get("analyze")) for one in engines]
        verdicts = [
            [judge(gate=gate, evaluations=each.evaluations) for gate in options["fail_under"]] for each in answers
        ]
        self._tell(records, answers, verdicts, options)
        failures = [line for each in answers for line in _tell_problems(each.evaluations)]
        failures += [line for each in verdicts for line in _tell_failures(each)]
        if failures:
            raise CommandError(_show_lines(failures))

    def _tell(
        self,
        records: Sequence[Record],
        answers: Sequence[Answers],
        verdicts: Sequence[Sequence[Verdict]],
        options: dict[str, Any],
    ) -> None:
        """The report, then the object or the tables. Of several engines each stands by itself, then the comparisons."""
        objects = []
        if options["json"] or len(answers) > 1:
            for each, kept in zip(answers, verdicts, strict=True):
                objects.append(describe_evaluations(evaluations=each.evaluations, verdicts=kept))
        scored = [as_scored(each) for each in objects]
        comparisons = [
            compare_evaluations(before=scored[0], after=other, names=(answers[0].name, each.name))
            for other, each in zip(scored[1:], answers[1:], strict=True)
        ]
        if options["html"]:
            self._write_report(options["html"], records=records, answers=answers, comparisons=comparisons)
        if options["json"]:
            write_json(_join(answers, objects, comparisons), stream=self.stdout)
            return
        for each in answers:
            if len(answers) > 1:
                self.stdout.write(show_plain(each.name), self.style.MIGRATE_HEADING)
            self._draw(partial(print_evaluations, each.evaluations))
        for comparison in comparisons:
            self._draw(partial(print_comparison, comparison))

    def _draw(self, draw: Callable[..., None]) -> None:
        write_drawing(lambda console: draw(console=console), stream=self.stdout, piped_width=PIPED_WIDTH)

    def _write_report(
        self,
        path: Path,
        *,
        records: Sequence[Record] = (),
        answers: Sequence[Answers] = (),
        comparisons: Sequence[Comparison] = (),
    ) -> None:
        try:
            write_report(path=path, records=records, answers=answers, comparisons=comparisons, now=timezone.now())
        except OSError as error:
            raise CommandError(f"{show_plain(str(path))}: {error.strerror}. Name a file that can be written.") from None
        self.stderr.write(f"The report is in {show_plain(str(path))}.")

    def _warn(self, records: Sequence[Record]) -> None:
        for record in records:
            for warning in record.truth.warnings:
                told = show_plain(f"{record.path.stem}{TRUTH_SUFFIX}: {warning}")
                self.stderr.write(told, self.style.WARNING)

    def _run(self, records: Sequence[Record], *, asked: Asked, given: Analyze | None) -> Answers:
        """Evaluate all, with progress on standard error where a person watches it."""
        console = Console(stderr=True)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        evaluations = []
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task(show_plain(records[0].path.name), total=len(records))
            following = (*(show_plain(record.path.name) for record in records[1:]), "done")
            done = evaluate(
                records=records,
                engine=asked.engine,
                model=asked.model,
                prompt=asked.prompt,
                analyze=given or analyze_file,
                processes=1 if given else _count_processes(records, engine=asked.engine),
            )
            for one, name in zip(done, following, strict=True):
                evaluations.append(one)
                progress.update(task, advance=1, description=name)
        return Answers(name=_name(asked, evaluations), evaluations=evaluations)


def _list_prompts(asked: Asked, *, versions: Sequence[str] | None) -> list[Asked]:
    """The engine once for each version of the prompt; the rules are given none. Raises InvalidSetting."""
    engine = check_engine(asked.engine, model=asked.model)
    if engine == "rules" or not versions:
        return [Asked(engine=engine, model=asked.model)]
    return [Asked(engine=engine, model=asked.model, prompt=version) for version in versions]


def _name(asked: Asked, evaluations: Sequence[Evaluation]) -> str:
    """The engine, the model that answered, and the prompt where one was named."""
    models = (one.measured.prediction.model for one in evaluations if one.measured)
    model = asked.model or next(filter(None, models), None)
    return " ".join(filter(None, (asked.engine, model, asked.prompt)))


def _join(
    answers: Sequence[Answers], objects: Sequence[dict[str, Any]], comparisons: Sequence[Comparison]
) -> dict[str, Any]:
    """Of one engine its object; of several each by its name, and the comparisons."""
    if len(objects) == 1:
        return objects[0]
    return {
        "engines": {each.name: described for each, described in zip(answers, objects, strict=True)},
        "comparisons": [describe_comparison(each) for each in comparisons],
    }


def _count_processes(records: Sequence[Record], *, engine: EngineChoice) -> int:
    """All cores for many files. With a model its own limits are the bound, and they hold for one process."""
    return count_cores() if engine == "rules" and len(records) >= MANY else 1


def _show_lines(lines: Iterable[str]) -> str:
    return "\n".join(map(show_plain, lines))


def _tell_problems(evaluations: Iterable[Evaluation]) -> Iterator[str]:
    for one in evaluations:
        if one.problem is not None:
            yield f"{one.file}: {one.problem}"


def _tell_failures(verdicts: Iterable[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        gate = verdict.gate
        if verdict.passed:
            continue
        if verdict.value is None:
            yield f"{gate.metric}: no file measures it, so it cannot be held to {gate.bound:g}"
        else:
            side = "above" if gate.metric in LESS_IS_BETTER else "under"
            yield f"{gate.metric}: {verdict.value:.6g} is {side} {gate.bound:g}"
