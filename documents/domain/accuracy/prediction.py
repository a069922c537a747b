"""The JSON object of `analyze --json`, as far as it is scored."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from documents.domain.accuracy.truth import Scalar


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class FoundDocument(_Read):
    start_line: int
    end_line: int
    title: str | None = None
    type: str | None = None
    date: str | None = None


class FoundGap(_Read):
    start_line: int
    end_line: int
    reason: str = ""


class FoundNoise(_Read):
    """Running headers, footers and fax lines: they belong to the document around them."""

    start_line: int
    end_line: int


class FoundFact(_Read):
    field: str
    value: Scalar | None = None  # None: seen, but not understood; it asserts nothing
    unit: str | None = None
    date: str | None = None
    quote: str | None = None
    line: int = 0
    also: tuple[int, ...] = ()
    current: bool = True
    flags: tuple[str, ...] = ()
    parts: dict[str, str | float] = {}


class FoundPatient(_Read):
    name: str | None = None  # None: facts that belong to no known patient
    facts: tuple[FoundFact, ...] = ()


class Prediction(_Read):
    """What an engine says of one file. Documents are in the order of their first lines."""

    documents: tuple[FoundDocument, ...] = ()
    gaps: tuple[FoundGap, ...] = ()
    noise: tuple[FoundNoise, ...] = ()
    patients: tuple[FoundPatient, ...] = ()
    engine: str | None = None
    model: str | None = None
    lines: int | None = None
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None  # None: the price is unknown, which is not 0
    seconds: float | None = None

    @field_validator("documents")
    @classmethod
    def _in_order(cls, documents: tuple[FoundDocument, ...]) -> tuple[FoundDocument, ...]:
        return tuple(sorted(documents, key=lambda document: document.start_line))


class MalformedPrediction(ValueError):
    """The object is not what `analyze --json` promises. The message names the key, never a value."""


def read_prediction(answer: Mapping[str, Any]) -> Prediction:
    """`answer` as a prediction. Raises MalformedPrediction."""
    try:
        return Prediction.model_validate(answer)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise MalformedPrediction(f"the answer's {place or 'whole'}: {first['msg']}") from None
