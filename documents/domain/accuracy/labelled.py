"""A text with its truth, as `NAME.txt` and `NAME.truth.json` hold it (docs/evaluation.md)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.domain.accuracy.truth import Scalar
from documents.domain.lines import is_blank


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledRecord:
    """`truth` is the object of the truth file."""

    lines: tuple[str, ...]
    truth: Mapping[str, Any]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def truth_json(self) -> str:
        return json.dumps(self.truth, indent=1, ensure_ascii=False) + "\n"


def label_range(*, first: int, last: int, lines: Sequence[str]) -> dict[str, int]:
    """First and last line as truth tells them: those that are not blank. All blank: as they are."""
    while first < last and is_blank(lines[first - 1]):
        first += 1
    while last > first and is_blank(lines[last - 1]):
        last -= 1
    return {"start_line": first, "end_line": last}


def label_value(*, value: Scalar, unit: str | None, date: str | None) -> Any:
    """A value of a patient: with its unit an object, else as it is."""
    return {"value": value, "unit": unit, "date": date or None} if unit is not None else value


_PARTS = {  # of a clinical field, as truth names them
    "problem": ("problem",),
    "allergy": ("substance",),
    "alert": ("alert",),
    "vaccine": ("product", "date", "due"),
    "medication": ("drug", "strength", "dose", "directions"),
    "lab_value": ("analyte", "unit", "range", "flag"),
}


def label_clinical(
    *, field: str, value: Scalar, unit: str | None, parts: Mapping[str, Any], line: int, patient: int
) -> dict[str, Any]:
    """What one line states of a clinical field. `patient`: position among the labelled ones, or beyond: nobody."""
    where = {"line": line, "patient": patient}
    if field not in _PARTS:
        of = {"denominator": unit[1:]} if unit and unit.startswith("/") else {"unit": unit}
        return {**where, "kind": "vital", "vital": field, "value": value, **of}
    said = {part: parts[part] for part in _PARTS[field] if part in parts}
    if field == "lab_value":
        return {**where, "kind": "lab", **said, "value": parts.get("number", parts.get("result"))}
    return {**where, "kind": field, **said}


def label_patient(facts: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Fields to their values, each once, in the order of the facts."""
    labels: dict[str, list[Any]] = {}
    for field, label in facts:
        values = labels.setdefault(field, [])
        if label not in values:
            values.append(label)
    return labels
