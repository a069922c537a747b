"""Fits what tells a document's type to labelled records: L2 multinomial logistic regression over chosen words.

NumPy is needed for this alone, and only where types are fitted: it is among the development requirements.
"""

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy
from numpy.typing import NDArray

from documents.domain.accuracy.truth import Truth
from documents.domain.findings import DOCUMENT_TYPES, DocumentType
from documents.domain.lines import fold, from_text
from documents.domain.rules.engine import Reading
from documents.domain.rules.naming import find_title
from documents.domain.rules.type_model import TypeModel
from documents.domain.rules.type_signals import Signals, is_word, list_stems, read_type_signals
from documents.domain.vocabulary import load
from jobs.evaluation.records import find_records, read_lines

MOST_WORDS = 1500  # of all languages together, on top and in bodies
LEAST_LAYOUTS = 6  # that print a word, from which it may tell a type: names and matters of one file do not
DOCUMENTS = 40  # of a layout from which it weighs no more
COMPOSED = 0.4  # what a document of a composed record counts: their layouts are few and regular
PULL = 2.0  # towards 0, on the weight of a word
PULL_OF_CHOSEN = 0.5  # towards the guess, on the weight of words that were chosen by hand
GUESSES = {
    "clear_title": 0.5,
    "title_word": 1.0,
    "top_word": 0.3,
    "body_word": 0.2,
}  # what these speak for their own type
_PULL_OF_SHAPES = 1.0
STEPS = 150
_RATE, _LAST_RATE = 0.1, 0.002  # of the steps
_PERSONS = ("name", "owner", "owner_address", "veterinarian")  # fields whose values are no words
Numbers = NDArray[numpy.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """A document within its true lines, of a type that is no matter of taste."""

    layout: str
    composed: bool  # of a record that names its layout: a program wrote it
    kind: DocumentType
    signals: Signals


@dataclass(frozen=True, kw_only=True, slots=True)
class TypedRecords:
    documents: tuple[Typed, ...]
    names: frozenset[str]  # beginnings of words that the records name people, animals and places by


def read_typed(folders: Sequence[Path]) -> TypedRecords:
    """The documents of labelled records whose type is scored. Raises UnfitRecords."""
    records = [record for folder in folders for record in find_records(folder=folder)]
    documents: list[Typed] = []
    names: set[str] = set()
    for record in records:
        reading = Reading(from_text("\n".join(read_lines(path=record.path)), name=record.name))
        layout = record.truth.tags.get("layout", record.path.stem)
        documents += _list_typed(reading, record.truth, layout=layout)
        names |= _list_names(record.truth)
    return TypedRecords(documents=tuple(documents), names=frozenset(names))


def _list_typed(reading: Reading, truth: Truth, *, layout: str) -> Iterator[Typed]:
    for document in truth.documents:
        if not document.is_type_scored or document.type not in DOCUMENT_TYPES:
            continue
        first = reading.next_word(document.start_line - 1)
        if first is None or first > document.end_line:
            continue
        title = find_title(reading.sheet, start=first, end=document.end_line)
        signals = read_type_signals(reading.sheet, start=first, end=document.end_line, title=title)
        kind = next(kind for kind in DOCUMENT_TYPES if kind == document.type)
        yield Typed(layout=layout, composed="layout" in truth.tags, kind=kind, signals=signals)


def _list_names(truth: Truth) -> set[str]:
    said = [value.value for patient in truth.patients for field in _PERSONS for value in patient.values.get(field, ())]
    return set(chain.from_iterable(list_stems(fold(str(value))) for value in said))


def fit_types(records: TypedRecords, *, version: str) -> TypeModel:
    """The model that fits the documents best. Layouts of many documents count no more than DOCUMENTS of them."""
    documents = records.documents
    counts = _count(documents)
    kinds = numpy.array([DOCUMENT_TYPES.index(document.kind) for document in documents])
    names = _choose_names(documents, kinds=kinds, counts=counts, never=records.names | _list_months())
    pull = numpy.array(list(map(_pull, names)))
    weights = _descend(_fill(documents, names), kinds=kinds, counts=counts, pull=pull, guess=_guess(names))
    rounded = numpy.round(weights, 2) + 0.0
    return TypeModel(
        version=version, rows={name: tuple(map(float, row)) for name, row in zip(names, rounded, strict=True)}
    )


def _count(documents: Sequence[Typed]) -> Numbers:
    of_layout = Counter(document.layout for document in documents)
    return numpy.array(
        [
            (COMPOSED if document.composed else 1.0) * DOCUMENTS / max(DOCUMENTS, of_layout[document.layout])
            for document in documents
        ]
    )


def _list_months() -> frozenset[str]:
    tables = load("dates").values()
    months = (month for table in tables for month in chain(table["full"], *table["short"]))
    return frozenset(chain.from_iterable(list_stems(fold(month)) for month in months))


def _choose_names(
    documents: Sequence[Typed], *, kinds: NDArray[numpy.int64], counts: Numbers, never: Container[str]
) -> list[str]:
    """All signals but those of words, and of these the MOST_WORDS that tell most of the type."""
    layouts: dict[str, set[str]] = {}
    for document in documents:
        for name in document.signals:
            layouts.setdefault(name, set()).add(document.layout)
    shapes = sorted(name for name in layouts if not is_word(name))
    words = sorted(
        name
        for name, seen in layouts.items()
        if is_word(name) and len(seen) >= LEAST_LAYOUTS and name.partition(":")[2] not in never
    )
    if not words:
        return shapes
    told = _tell(_fill(documents, words), kinds=kinds, counts=counts)
    order = numpy.argsort(-told, kind="stable")[:MOST_WORDS]
    return shapes + sorted(words[index] for index in order)


def _tell(signals: Numbers, *, kinds: NDArray[numpy.int64], counts: Numbers) -> Numbers:
    """How much each signal tells of the type: their mutual information."""
    of_kind = numpy.eye(len(DOCUMENT_TYPES))[kinds] * counts[:, None]
    whole = counts.sum()
    both = signals.T @ of_kind / whole
    kind, signal = of_kind.sum(0) / whole, (signals * counts[:, None]).sum(0)[:, None] / whole
    return _inform(both, signal * kind) + _inform(kind - both, (1 - signal) * kind)


def _inform(share: Numbers, expected: Numbers) -> Numbers:
    tiny = 1e-12
    informed: Numbers = (share.clip(tiny) * numpy.log(share.clip(tiny) / expected.clip(tiny))).sum(1)
    return informed


def _fill(documents: Sequence[Typed], names: Sequence[str]) -> Numbers:
    place = {name: index for index, name in enumerate(names)}
    signals = numpy.zeros((len(documents), len(names)))
    for row, document in enumerate(documents):
        for name, value in document.signals.items():
            if (column := place.get(name)) is not None:
                signals[row, column] = value
    return signals


def _pull(name: str) -> float:
    if is_word(name):
        return PULL
    return PULL_OF_CHOSEN if name.partition(":")[0] in GUESSES else _PULL_OF_SHAPES


def _guess(names: Sequence[str]) -> Numbers:
    """Weights before anything is fitted: what few records print still speaks for the type that it names."""
    guesses = [GUESSES.get(name.partition(":")[0], 0.0) for name in names]
    own = [[kind == name.partition(":")[2] for kind in DOCUMENT_TYPES] for name in names]
    guess: Numbers = numpy.array(own, dtype=float) * numpy.array(guesses)[:, None]
    return guess


def _descend(
    signals: Numbers, *, kinds: NDArray[numpy.int64], counts: Numbers, pull: Numbers, guess: Numbers
) -> Numbers:
    """Weights by signal and type: Adam (Kingma and Ba, 2015) on the whole of the records, without chance."""
    weights = guess.copy()
    drift, spread = numpy.zeros_like(weights), numpy.zeros_like(weights)
    true, whole = numpy.eye(len(DOCUMENT_TYPES))[kinds], counts.sum()
    for step in range(1, STEPS + 1):
        points = signals @ weights
        chance = numpy.exp(points - points.max(1, keepdims=True))
        chance /= chance.sum(1, keepdims=True)
        slope = (signals.T @ ((chance - true) * counts[:, None]) + pull[:, None] * (weights - guess)) / whole
        drift = 0.9 * drift + 0.1 * slope
        spread = 0.99 * spread + 0.01 * slope**2
        rate = _RATE * (1 - step / (STEPS + 1)) + _LAST_RATE
        weights -= rate * (drift / (1 - 0.9**step)) / (numpy.sqrt(spread / (1 - 0.99**step)) + 1e-6)
    return weights


def score_types(documents: Sequence[Typed], *, model: TypeModel) -> list[bool]:
    """Whether each document is told its type."""
    return [model.choose(document.signals) == document.kind for document in documents]


def score_types_left_out(records: TypedRecords, *, folds: int) -> dict[str, tuple[int, int]]:
    """(told rightly, all) for each layout, told by models that were fitted on the other folds' layouts."""
    layouts = sorted({document.layout for document in records.documents})
    scores: dict[str, tuple[int, int]] = {}
    for fold_number in range(folds):
        out = set(layouts[fold_number::folds])
        kept = tuple(document for document in records.documents if document.layout not in out)
        model = fit_types(TypedRecords(documents=kept, names=records.names), version="others")
        for layout in out:
            told = score_types([each for each in records.documents if each.layout == layout], model=model)
            scores[layout] = (sum(told), len(told))
    return scores
