"""Fits the rules' weights to labelled records: L2 logistic regression whose weights keep their signals' ways.

NumPy is needed for this alone, and only where rules are fitted: it is among the development requirements.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy
from numpy.typing import NDArray

from documents.domain.lines import SourceText
from documents.domain.rules.catalogue import BIAS, NAMES, SIGNALS
from documents.domain.rules.engine import Reading
from documents.domain.rules.fitting import Example, list_examples
from documents.domain.rules.model import Model

STRENGTH = 5.0  # of the pull towards 0 on each weight but that of any line
MOST_OTHERS = 4.0  # times its beginnings that the other lines of a record count at the most
ROUNDS = 3  # of choosing the lines that stand for beginnings, and of fitting
DOCUMENTS = 40  # of a layout from which it weighs no more
STEPS = 60  # of the solver at the most
Numbers = NDArray[numpy.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A record, the layout it is of, and the lines at which its documents truly begin."""

    layout: str
    text: SourceText
    true_lines: tuple[int, ...]


def fit(records: Sequence[Labelled], *, version: str, start: Model | None = None, rounds: int = ROUNDS) -> Model:
    """The model that fits the records best. Each layout weighs alike, however many records it has or long they are."""
    model = first_guess() if start is None else start
    readings = [Reading(record.text, model=model) for record in records]
    shares = _share(records)
    for _ in range(rounds):
        first = solve(list(_list_first(readings, records, model=model)), shares=shares)
        model = replace(model, version=version, first=first)
        second = solve(list(_list_second(readings, records, model=model)), shares=shares)
        model = replace(model, second=second)
    return model


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


def solve(examples: Sequence[Sequence[Example]], *, shares: Sequence[float]) -> dict[str, float]:
    """Weights by signal: projected Newton steps on the logistic loss, within the bounds of each signal's way."""
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
    guess = numpy.array([signal.guess for signal in SIGNALS])
    low = numpy.array([0.0 if signal.way == "for" else -numpy.inf for signal in SIGNALS])
    high = numpy.array([0.0 if signal.way == "against" else numpy.inf for signal in SIGNALS])
    weights = _descend(signals, begins=begins, counts=counts, pull=pull, guess=guess, low=low, high=high)
    return {name: round(float(weights[index]), 3) + 0.0 for name, index in place.items()}


def _descend(
    signals: Numbers, *, begins: Numbers, counts: Numbers, pull: Numbers, guess: Numbers, low: Numbers, high: Numbers
) -> Numbers:
    weights = guess.copy()
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


def describe(weights: Mapping[str, float]) -> str:
    """The weights as text, a line each, in the order of the catalogue."""
    return "\n".join(f"{name:>20} {weights[name]:7.3f}" for name in NAMES)
