"""Records analysed, and each answer measured against its truth."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from documents.domain.accuracy.clinical_scores import score_clinical
from documents.domain.accuracy.fact_scores import score_facts
from documents.domain.accuracy.metrics import Matches, SegmentScore, count_facts_without_source, score_segmentation
from documents.domain.accuracy.prediction import MalformedPrediction, Prediction, read_prediction
from documents.domain.accuracy.verdicts import Boundary, DocumentVerdict, count_types, judge_documents, list_boundaries
from documents.extraction.problems import ExtractionProblem
from jobs.analysis import analyze_file
from jobs.evaluation.records import Record, read_lines
from jobs.evaluation.workers import set_up
from jobs.llm.client import EngineChoice

_WAITING = 2  # files handed out for each process; more would only hold their answers in memory


class Analyze(Protocol):
    def __call__(self, *, path: Path, engine: EngineChoice, model: str = ..., prompt: str = ...) -> Mapping[str, Any]:
        """The object of `analyze --json`. Raises ExtractionProblem."""
        ...


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One record's prediction against its truth."""

    segments: SegmentScore
    documents: Sequence[DocumentVerdict]
    boundaries: Sequence[Boundary]
    types: Mapping[tuple[str, str], int]  # true and found type of exact documents, where the type is scored
    fields: Mapping[str, Matches]  # by fact field; empty where the truth labels no patient
    facts: int
    facts_without_source: int
    prediction: Prediction


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What came of one record: a measurement, or the problem for which there is none."""

    file: str
    measured: Measured | None
    problem: str | None = None
    tags: Mapping[str, str] | None = None  # the record's own


def evaluate(
    *,
    records: Sequence[Record],
    engine: EngineChoice,
    model: str | None = None,
    prompt: str | None = None,
    analyze: Analyze = analyze_file,
    processes: int = 1,
) -> Iterator[Evaluation]:
    """An evaluation of each record, in order. One that cannot be measured has a problem; the others go on.

    `model` and the version of the `prompt` are those of the settings and the newest one, unless they are given.

    With several `processes` the records are read side by side; `analyze` must then be importable by its name.
    """
    if processes == 1 or len(records) == 1:
        for record in records:
            yield evaluate_one(record=record, engine=engine, model=model, prompt=prompt, analyze=analyze)
        return
    # Started anew and not forked: a fork would take over locks that threads of this process hold.
    with ProcessPoolExecutor(min(processes, len(records)), mp_context=get_context("spawn"), initializer=set_up) as pool:
        ask = partial(evaluate_one, engine=engine, model=model, prompt=prompt, analyze=analyze)
        left = iter(records)
        waiting: deque[tuple[Record, Future[Evaluation]]] = deque()
        try:
            while True:
                for record in islice(left, _WAITING * processes - len(waiting)):
                    waiting.append((record, pool.submit(ask, record=record)))
                if not waiting:
                    return
                yield _await(*waiting.popleft())
        except BrokenProcessPool:  # of a submission: one that waited was answered before
            yield from (_lose(record) for record in (*(each for each, _ in waiting), record, *left))
        finally:
            pool.shutdown(cancel_futures=True)


def _await(record: Record, answer: "Future[Evaluation]") -> Evaluation:
    try:
        return answer.result()
    except BrokenProcessPool:
        return _lose(record)


def _lose(record: Record) -> Evaluation:
    problem = (
        "the process that read it, or one beside it, was ended. Is there memory enough? Evaluate fewer files at once."
    )
    return Evaluation(file=record.name, measured=None, problem=problem, tags=record.truth.tags)


def evaluate_one(
    *, record: Record, engine: EngineChoice, model: str | None, prompt: str | None, analyze: Analyze
) -> Evaluation:
    asked = {name: given for name, given in (("model", model), ("prompt", prompt)) if given}
    try:
        prediction = read_prediction(analyze(path=record.path, engine=engine, **asked))
    except (ExtractionProblem, MalformedPrediction) as problem:
        return Evaluation(file=record.name, measured=None, problem=str(problem), tags=record.truth.tags)
    counted, labelled = prediction.lines, record.line_count
    if counted is not None and counted != labelled:
        unlike = f"the analysis counts {counted} lines where the text has {labelled}: their numbers mean other lines"
        return Evaluation(file=record.name, measured=None, problem=unlike, tags=record.truth.tags)
    measured = measure(record=record, lines=read_lines(path=record.path), prediction=prediction)
    return Evaluation(file=record.name, measured=measured, tags=record.truth.tags)


def measure(*, record: Record, lines: Sequence[str], prediction: Prediction) -> Measured:
    truth = record.truth
    documents = truth.documents
    return Measured(
        segments=score_segmentation(lines=lines, truth=documents, prediction=prediction),
        documents=judge_documents(lines=lines, truth=documents, prediction=prediction),
        boundaries=list_boundaries(lines=lines, truth=documents, prediction=prediction),
        types=count_types(lines=lines, truth=documents, prediction=prediction),
        fields=score_facts(truth=truth.patients, found=prediction.patients)
        | score_clinical(truth=truth.clinical, patients=truth.patients, found=prediction.patients),
        facts=sum(len(patient.facts) for patient in prediction.patients),
        facts_without_source=count_facts_without_source(lines=lines, patients=prediction.patients),
        prediction=prediction,
    )
