"""The rules' model: what each signal weighs. Data, read once; fitted by `manage.py fit_rules`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from documents.domain.rules.catalogue import NAMES, OF_SPANS

Weights = Mapping[str, float]  # by signal's name; a sum above 0 speaks for a beginning: the logarithm of the odds


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """What each signal weighs at the first reading of a file, and at the second, when the file's habits are known."""

    version: str
    first: Weights
    second: Weights


def weigh(signals: Mapping[str, float], *, weights: Weights) -> float:
    return sum([weights[name] * value for name, value in signals.items()])


def find_slack(weights: Weights) -> float:
    """How far the scores of two spans that end at the same line may lie apart."""
    return sum(abs(weights[name]) for name in OF_SPANS)


class MalformedWeights(ValueError):
    """weights.json does not hold a weight for each signal, and for these only."""


def read_model(text: str) -> Model:
    """The model that a JSON text holds: {"version", "first": {signal: number}, "second": {...}}.

    Raises MalformedWeights.
    """
    table = json.loads(text)
    first, second = (_read_weights(table[reading]) for reading in ("first", "second"))
    return Model(version=table["version"], first=first, second=second)


def _read_weights(table: Mapping[str, float]) -> Weights:
    weights = {name: float(weight) for name, weight in table.items()}
    odd = set(weights) ^ set(NAMES)
    if odd:
        raise MalformedWeights(f"no such signal, or no weight for it: {', '.join(sorted(odd))}; fit the rules again")
    return weights


def write_model(model: Model) -> str:
    """The text that `read_model` reads."""
    table = {"version": model.version, "first": dict(model.first), "second": dict(model.second)}
    return json.dumps(table, indent=2) + "\n"


@cache
def packaged_model() -> Model:
    return read_model(files(__package__).joinpath("weights.json").read_text(encoding="utf-8"))
