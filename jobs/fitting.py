"""Fits the rules' weights to labelled records: L2 logistic regression whose weights keep their signals' ways.

NumPy is needed for this alone, and only where rules are fitted: it is among the development requirements.
"""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy
from numpy.typing import NDArray

from documents.domain.accuracy.metrics import Matches
from documents.domain.lines import SourceText, from_text
from documents.domain.rules.catalogue import BIAS, NAMES, SIGNALS, Way
from documents.domain.rules.engine import Reading
from documents.domain.rules.fitting import Example, list_examples
from documents.domain.rules.model import Model, Weights
from jobs.evaluation.records import find_records, read_lines

STRENGTH = 2.0  # of the pull towards 0 on each weight but that of any line
MOST_OTHERS = 4.0  # times its beginnings that the other lines of a record count at the most
ROUNDS = 3  # of choosing the lines that stand for beginnings, and of fitting
DOCUMENTS = 40  # of a layout from which it weighs no more
STEPS = 60  # of the solver at the most
_BOUNDS: Mapping[Way, tuple[float, float]] = {
    "for": (0.0, numpy.inf),
    "against": (-numpy.inf, 0.0),
    "either": (-numpy.inf, numpy.inf),
}
Numbers = NDArray[numpy.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A record, the layout it is of, and the lines at which its documents truly begin."""

    layout: str
    text: SourceText
    true_lines: tuple[int, ...]


def fit(
    records: Sequence[Labelled],
    *,
    version: str,
    start: Model | None = None,
    kept: Container[str] = (),
    near: Model | None = None,
    rounds: int = ROUNDS,
) -> Model:
    """The model that fits the records best. Each layout weighs alike, however many records it has or long they are.

    The signals named in `kept` have the weights of `start`, and only the others are fitted. Weights are drawn to those
    of `near`; where there is none, to the guesses of the catalogue.
    """
    base = first_guess() if start is None else start
    model = base
    readings = [Reading(record.text, model=model) for record in records]
    shares = _share(records)
    for _ in range(rounds):
        examples = list(_list_first(readings, records, model=model))
        drawn_to = near.first if near else {}
        first = solve(examples, shares=shares, given=_given(base.first, kept), guesses=drawn_to)
        model = replace(model, version=version, first=first)
        examples = list(_list_second(readings, records, model=model))
        drawn_to = near.second if near else {}
        second = solve(examples, shares=shares, given=_given(base.second, kept), guesses=drawn_to)
        model = replace(model, second=second)
    return model


def _given(weights: Weights, kept: Container[str]) -> dict[str, float]:
    return {name: weight for name, weight in weights.items() if name in kept}


def _list_first(readings: Sequence[Reading], records: Sequence[Labelled], *, model: Model) -> Iterator[list[Example]]:
    for reading, record in zip(readings, records, strict=True):
        yield list(list_examples(reading.scene_with(model), true_lines=record.true_lines))


def _list_second(readings: Sequence[Reading], records: Sequence[Labelled], *, model: Model) -> Iterator[list[Example]]:
    for reading, record in zip(readings, records, strict=True):
        scene = reading.scene_with(model)
        begun = [chosen.position for chosen in scene.search()]
        yield list(list_examples(scene, true_lines=record.true_lines, begun=begun))


def first_guess() -> Model:
    """A model of the signals' guesses."""
    guess = {signal.name: signal.guess for signal in SIGNALS}
    return Model(version="guess", first=guess, second=guess)


def read_kept(text: str, *, again: Container[str] = ()) -> tuple[Model, frozenset[str]]:
    """The model of a JSON text that may lack signals of today, and the signals that it has, but for those of `again`.

    Raises ValueError and KeyError where the text is none.
    """
    table = json.loads(text)
    kept = frozenset(name for name in table["second"] if name in NAMES and name not in again)
    guess = first_guess()
    first, second = (
        {name: float(table[reading][name]) if name in kept else weight for name, weight in guess.first.items()}
        for reading in ("first", "second")
    )
    return Model(version=str(table["version"]), first=first, second=second), kept


def _share(records: Sequence[Labelled]) -> list[float]:
    """What an example of each record counts: the documents of a layout count alike, and no layout more than another."""
    begun: dict[str, int] = {}
    for record in records:
        begun[record.layout] = begun.get(record.layout, 0) + len(record.true_lines)
    return [DOCUMENTS / max(DOCUMENTS, begun[record.layout]) for record in records]


def _share_of_others(examples: Sequence[Example]) -> float:
    """What a line that begins nothing counts: the rows of one long table must not outweigh the headings of a file."""
    begins = sum(example.begins for example in examples)
    others = len(examples) - begins
    return min(1.0, MOST_OTHERS * max(1, begins) / max(1, others))


def solve(
    examples: Sequence[Sequence[Example]],
    *,
    shares: Sequence[float],
    given: Mapping[str, float] = MappingProxyType({}),
    guesses: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, float]:
    """Weights by signal: projected Newton steps on the logistic loss, within the bounds of each signal's way.

    `given` are weights that stay as they are; the others are drawn to `guesses`, or to what the catalogue guesses.
    """
    place = {name: index for index, name in enumerate(NAMES)}
    flat = [
        (example, share * (1.0 if example.begins else _share_of_others(each)))
        for each, share in zip(examples, shares, strict=True)
        for example in each
    ]
    signals = numpy.zeros((len(flat), len(NAMES)))
    for row, (example, _) in enumerate(flat):
        for name, value in example.signals.items():
            signals[row, place[name]] = value
    begins = numpy.array([example.begins for example, _ in flat], dtype=float)
    counts = numpy.array([share for _, share in flat])
    pull = numpy.array([0.0 if name == BIAS else STRENGTH for name in NAMES])
    guess = numpy.array([given.get(signal.name, guesses.get(signal.name, signal.guess)) for signal in SIGNALS])
    bounds = {signal.name: _BOUNDS[signal.way] for signal in SIGNALS} | {
        name: (weight, weight) for name, weight in given.items()
    }
    low = numpy.array([bounds[name][0] for name in NAMES])
    high = numpy.array([bounds[name][1] for name in NAMES])
    weights = _descend(signals, begins=begins, counts=counts, pull=pull, guess=guess, low=low, high=high)
    return {name: round(float(weights[index]), 3) + 0.0 for name, index in place.items()}


def _descend(
    signals: Numbers, *, begins: Numbers, counts: Numbers, pull: Numbers, guess: Numbers, low: Numbers, high: Numbers
) -> Numbers:
    weights = numpy.clip(guess, low, high)
    loss = _loss(signals, weights, begins=begins, counts=counts, pull=pull, guess=guess)
    for _ in range(STEPS):
        chance = 1 / (1 + numpy.exp(-signals @ weights))
        slope = signals.T @ (counts * (chance - begins)) + pull * (weights - guess)
        held = ((weights <= low) & (slope > 0)) | ((weights >= high) & (slope < 0))
        free = ~held
        bend = (signals[:, free].T * (counts * chance * (1 - chance))) @ signals[:, free]
        bend += numpy.diag(pull[free] + 1e-6)
        step = numpy.zeros_like(weights)
        step[free] = numpy.linalg.solve(bend, slope[free])
        size, better = 1.0, None
        while size > 1e-4:
            tried = numpy.clip(weights - size * step, low, high)
            its_loss = _loss(signals, tried, begins=begins, counts=counts, pull=pull, guess=guess)
            if its_loss < loss - 1e-9:
                better = (tried, its_loss)
                break
            size /= 2
        if better is None or loss - better[1] < 1e-6 * loss:
            break
        weights, loss = better
    return weights


def _loss(
    signals: Numbers, weights: Numbers, *, begins: Numbers, counts: Numbers, pull: Numbers, guess: Numbers
) -> float:
    sums = signals @ weights
    return float(counts @ (numpy.logaddexp(0, sums) - begins * sums) + pull @ (weights - guess) ** 2 / 2)


def read_records(folder: Path) -> list[Labelled]:
    """The labelled records of a folder, by name. The layout is what the truth names, else the file's name.

    Raises UnfitRecords.
    """
    return [
        Labelled(
            layout=record.truth.tags.get("layout", record.path.stem),
            text=from_text("\n".join(read_lines(path=record.path)), name=record.name),
            true_lines=tuple(document.start_line for document in record.truth.documents),
        )
        for record in find_records(folder=folder)
    ]


def score(records: Sequence[Labelled], *, models: Mapping[str, Model]) -> dict[str, float]:
    """Mean boundary F1 of each layout, read with its model of `models`."""
    found: dict[str, list[float]] = {}
    for record in records:
        reading = Reading(record.text, model=models[record.layout])
        starts = {reading.page_top(start.line) for start in reading.starts}
        true, ours = set(record.true_lines[1:]), {line for line in starts if line > record.true_lines[0]}
        matches = Matches(matched=len(true & ours), found=len(ours), true=len(true))
        found.setdefault(record.layout, []).append(matches.f1)
    return {layout: sum(values) / len(values) for layout, values in found.items()}


def score_left_out(
    records: Sequence[Labelled],
    *,
    start: Model | None = None,
    kept: Container[str] = (),
    near: Model | None = None,
) -> dict[str, float]:
    """Mean boundary F1 of each layout, read with weights that were fitted on the others; `kept` ones are of `start`."""
    whole = fit(records, version="all", start=start, kept=kept, near=near, rounds=1)
    scores: dict[str, float] = {}
    for layout in sorted({record.layout for record in records}):
        others = [record for record in records if record.layout != layout]
        model = fit(others, version="others", start=whole, kept=kept, near=near, rounds=1)
        scores |= score([record for record in records if record.layout == layout], models={layout: model})
    return scores
