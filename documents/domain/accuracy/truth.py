"""Labelled records: what a file truly holds, as `NAME.truth.json` says it. The format is told in docs/evaluation.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from documents.domain.findings import DOCUMENT_TYPES, FACT_FIELDS

Scalar = str | int | float | bool

TAGS = ("layout", "family", "language")  # keys of a record under which its like are averaged

_WEIGHTS = "weights"  # the label under which a patient's values of the field `weight` stand
_PASSED_OVER = frozenset({"note", "notes", "id", "line", "lines"})  # said for people, no value to be found


class _Labelled(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class TrueDocument(_Labelled):
    """One document. Lines are 1-based, inclusive: its first and last line that is not blank."""

    start_line: Annotated[int, Field(ge=1)]
    end_line: Annotated[int, Field(ge=1)]
    title: str | None = None
    title_in_text: bool | None = None  # False: the title was made by who labelled it
    type: str | None = None
    type_confident: bool | None = None  # False: the type is a matter of taste
    date: str | None = None  # ISO 8601 (YYYY-MM-DD)

    @property
    def is_title_scored(self) -> bool:
        return bool(self.title) and self.title_in_text is not False

    @property
    def is_type_scored(self) -> bool:
        return bool(self.type) and self.type_confident is not False


class TrueGap(_Labelled):
    """Lines that belong to no document."""

    start_line: Annotated[int, Field(ge=1)]
    end_line: Annotated[int, Field(ge=1)]
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrueValue:
    """One value that the text states of a patient."""

    value: Scalar
    unit: str | None = None
    date: str | None = None  # of the day it was measured, where the label tells


@dataclass(frozen=True, kw_only=True, slots=True)
class TruePatient:
    """One patient. `values` has a key for each field that is labelled; an empty tuple says that the text has none."""

    values: Mapping[str, tuple[TrueValue, ...]]


class TrueClinical(_Labelled):
    """Something clinical that one line states: what `kind` it is, and its values by name; null where it says none."""

    line: Annotated[int, Field(ge=1)]
    kind: str  # problem, vaccine, medication, lab, allergy, alert, vital
    patient: int = 0  # position in `patients`
    values: dict[str, Scalar | None] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, label: Any) -> Any:
        """All other keys are values: {"line": 12, "kind": "lab", "analyte": "ALT", "value": 145, ...}."""
        if not isinstance(label, dict):
            return label
        known = {key: label[key] for key in ("line", "kind", "patient") if key in label}
        return known | {"values": {key: value for key, value in label.items() if key not in known}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What one file holds. Documents do not overlap and stand in the order of their lines; there is at least one."""

    documents: tuple[TrueDocument, ...]
    patients: tuple[TruePatient, ...]
    clinical: tuple[TrueClinical, ...] = ()
    gaps: tuple[TrueGap, ...] = ()  # shown beside the text; nothing is scored by them
    tags: Mapping[str, str] = field(default_factory=dict)  # what the record is told apart by: those of TAGS it has
    warnings: tuple[str, ...] = ()  # labels that cannot be right, or that nothing will be scored by


class MalformedTruth(ValueError):
    """The labels cannot be scored against. The message names the key and the cure, never a value."""


class _TruthFile(_Labelled):
    documents: Annotated[tuple[TrueDocument, ...], Field(min_length=1)]
    patients: tuple[dict[str, Any], ...] = ()
    clinical: tuple[TrueClinical, ...] = ()
    lines: int | None = None
    # Shown and averaged by, never scored: what is of another form is passed over.
    gaps: Any = ()
    layout: Any = None
    family: Any = None
    language: Any = None


def read_truth(text: str, *, line_count: int) -> Truth:
    """The truth that a JSON text holds about a file of `line_count` lines.

    Raises MalformedTruth when it is not JSON, lacks a key, has a value of the wrong kind, or its documents overlap or
    run beyond the file.
    """
    try:
        labels = _TruthFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise MalformedTruth("is not JSON; mend or export it again") from None
        raise MalformedTruth(f"{_spell(first['loc'])}: {first['msg']}") from None
    _check_order(labels.documents, line_count=line_count)
    return Truth(
        documents=labels.documents,
        patients=tuple(
            _read_patient(patient, place=f"patients[{index}]") for index, patient in enumerate(labels.patients)
        ),
        clinical=labels.clinical,
        gaps=tuple(_read_gaps(labels.gaps, line_count=line_count)),
        tags={tag: value for tag in TAGS if isinstance(value := getattr(labels, tag), str) and value},
        warnings=tuple(_find_oddities(labels, line_count=line_count)),
    )


def _spell(place: tuple[str | int, ...]) -> str:
    """`documents[3].end_line`, as a person would look it up."""
    spelt = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return spelt.lstrip(".") or "the whole"


def _check_order(documents: tuple[TrueDocument, ...], *, line_count: int) -> None:
    last = 0
    for index, document in enumerate(documents):
        place = f"documents[{index}]"
        if document.start_line <= last:
            raise MalformedTruth(f"{place}.start_line: {document.start_line} is not behind the document before it")
        if document.end_line < document.start_line:
            raise MalformedTruth(f"{place}.end_line: {document.end_line} stands before its start_line")
        if document.end_line > line_count:
            raise MalformedTruth(f"{place}.end_line: {document.end_line} is beyond the text's {line_count} lines")
        last = document.end_line


def _read_gaps(labels: Any, *, line_count: int) -> Iterator[TrueGap]:
    for label in labels if isinstance(labels, list) else ():
        try:
            gap = TrueGap.model_validate(label)
        except ValidationError:
            continue
        if gap.start_line <= gap.end_line <= line_count:
            yield gap


def _read_patient(labels: Mapping[str, Any], *, place: str) -> TruePatient:
    values: dict[str, tuple[TrueValue, ...]] = {}
    for key, label in labels.items():
        field = "weight" if key == _WEIGHTS else key
        if field in FACT_FIELDS:
            values[field] = (*values.get(field, ()), *_read_values(label, place=f"{place}.{key}"))
    return TruePatient(values=values)


def _read_values(label: Any, *, place: str) -> Iterator[TrueValue]:
    """A scalar, an object {value, unit, date}, or a list of them; null and empty text mean absent."""
    if isinstance(label, list):
        for index, entry in enumerate(label):
            yield from _read_values(entry, place=f"{place}[{index}]")
    elif isinstance(label, dict):
        yield _read_measure(label, place=place)
    elif isinstance(label, Scalar):
        if label != "":
            yield TrueValue(value=label)
    elif label is not None:
        raise MalformedTruth(f"{place}: a text, number, true, false, null, an object or a list of them is expected")


def _read_measure(label: Mapping[str, Any], *, place: str) -> TrueValue:
    value, unit, date = label.get("value"), label.get("unit"), label.get("date")
    if not isinstance(value, Scalar):
        raise MalformedTruth(f"{place}.value: a text or number is expected")
    for key, text in (("unit", unit), ("date", date)):
        if text is not None and not isinstance(text, str):
            raise MalformedTruth(f"{place}.{key}: a text or null is expected")
    return TrueValue(value=value, unit=unit, date=date)


def _find_oddities(labels: _TruthFile, *, line_count: int) -> Iterator[str]:
    if labels.lines is not None and labels.lines != line_count:
        yield f"lines: {labels.lines} are labelled, the text has {line_count}; is it the same text?"
    for index, document in enumerate(labels.documents):
        if document.is_type_scored and document.type not in DOCUMENT_TYPES:
            yield f"documents[{index}].type: no type of document has this name; it can never be right"
    for index, patient in enumerate(labels.patients):
        for key in patient:
            if key not in FACT_FIELDS and key != _WEIGHTS and key not in _PASSED_OVER:
                yield f"patients[{index}].{key}: no fact field has this name; it is not scored"
