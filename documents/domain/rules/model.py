"""The rules' model: what each signal weighs. Data, read once; fitted by `manage.py fit_rules`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from documents.domain.rules.catalogue import NAMES, OF_SPANS


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """Weights by signal's name. A sum above 0 speaks for a beginning: it is the logarithm of the odds."""

    version: str
    weights: Mapping[str, float]

    def weigh(self, signals: Mapping[str, float]) -> float:
        weights = self.weights
        return sum(weights[name] * value for name, value in signals.items())

    @property
    def span_range(self) -> float:
        """How far the scores of two spans that end at the same line may lie apart."""
        return sum(abs(self.weights[name]) for name in OF_SPANS)


class MalformedWeights(ValueError):
    """weights.json does not hold a weight for each signal, and for these only."""


def read_model(text: str) -> Model:
    """The model that a JSON text holds: {"version", "weights": {signal: number}}. Raises MalformedWeights."""
    table = json.loads(text)
    weights = {name: float(weight) for name, weight in table["weights"].items()}
    odd = set(weights) ^ set(NAMES)
    if odd:
        raise MalformedWeights(f"no such signal, or no weight for it: {', '.join(sorted(odd))}; fit the rules again")
    return Model(version=table["version"], weights=weights)


@cache
def packaged_model() -> Model:
    return read_model(files(__package__).joinpath("weights.json").read_text(encoding="utf-8"))
