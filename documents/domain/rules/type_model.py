"""What each signal weighs for each type of document. Data, read once; fitted by `manage.py fit_types`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from documents.domain.findings import DOCUMENT_TYPES, DocumentType
from documents.domain.rules.type_signals import BODY, TOP, Signals, is_of_words

Row = tuple[float, ...]  # one weight a type, in the order of DOCUMENT_TYPES


@dataclass(frozen=True, kw_only=True)
class TypeModel:
    """Rows of weights by signal's name. A signal that has none tells nothing."""

    version: str
    rows: Mapping[str, Row]

    @cached_property
    def stems(self) -> Mapping[str, frozenset[str]]:
        """The beginnings of words that have a weight, by where they stand."""
        return {
            where: frozenset(name.removeprefix(where) for name in self.rows if name.startswith(where))
            for where in (TOP, BODY)
        }

    def weigh(self, signals: Signals) -> dict[DocumentType, float]:
        """The points of each type: the logarithm of its chance, but for what all types share."""
        rows = [
            row if value == 1.0 else [value * weight for weight in row]
            for name, value in signals.items()
            if (row := self.rows.get(name)) is not None
        ]
        if not rows:
            return dict.fromkeys(DOCUMENT_TYPES, 0.0)
        return dict(zip(DOCUMENT_TYPES, map(sum, zip(*rows, strict=True)), strict=True))

    def choose(self, signals: Signals) -> DocumentType:
        """The type of most points; "other" where no word has a weight: shapes alone tell too little."""
        if not any(is_of_words(name) and name in self.rows for name in signals):
            return "other"
        points = self.weigh(signals)
        # Rounded: signals of words come in no set order, and what they add up to differs in its last digits by that.
        return max(DOCUMENT_TYPES, key=lambda kind: round(points[kind], 9))


class MalformedTypeWeights(ValueError):
    """types.json does not hold one weight for each type in each of its rows."""


def read_type_model(text: str) -> TypeModel:
    """The model that a JSON text holds: {"version", "types": [...], "weights": {signal: [number, ...]}}.

    Raises MalformedTypeWeights.
    """
    table = json.loads(text)
    if table["types"] != list(DOCUMENT_TYPES):
        raise MalformedTypeWeights("the types are others than those of today; fit the types again")
    rows = {name: tuple(map(float, row)) for name, row in table["weights"].items()}
    odd = [name for name, row in rows.items() if len(row) != len(DOCUMENT_TYPES)]
    if odd:
        raise MalformedTypeWeights(f"not a weight for each type: {', '.join(odd)}; fit the types again")
    return TypeModel(version=table["version"], rows=rows)


def write_type_model(model: TypeModel) -> str:
    """The text that `read_type_model` reads, one signal a line."""
    rows = ",\n".join(
        f"  {json.dumps(name, ensure_ascii=False)}: {_write_row(row)}" for name, row in model.rows.items()
    )
    head = f' "version": {json.dumps(model.version)},\n "types": {json.dumps(list(DOCUMENT_TYPES))}'
    return f'{{\n{head},\n "weights": {{\n{rows}\n }}\n}}\n'


def _write_row(row: Sequence[float]) -> str:
    return "[" + ", ".join(f"{weight:g}" for weight in row) + "]"


@cache
def packaged_type_model() -> TypeModel:
    return read_type_model(files(__package__).joinpath("types.json").read_text(encoding="utf-8"))
