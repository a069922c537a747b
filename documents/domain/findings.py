"""What one window's answer says, and how its starts are tied to the lines of the file.

An answer names starts and claims by the line numbers of its window and by a verbatim quote. The quote is what counts:
a start whose quote stands elsewhere is moved there, one whose quote stands nowhere is rejected.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

DocumentType = Literal[
    "registration",
    "consult_note",
    "hospital_record",
    "discharge",
    "referral",
    "lab_report",
    "pathology",
    "imaging",
    "surgery_anesthesia",
    "dental",
    "vaccination_certificate",
    "prescription",
    "communication",
    "consent_legal",
    "financial",
    "other",
]
FactField = Literal[
    "name",
    "species",
    "breed",
    "sex",
    "neutered",
    "date_of_birth",
    "age",
    "color",
    "weight",
    "height",
    "microchip",
    "owner",
    "owner_phone",
    "owner_email",
    "owner_address",
    "veterinarian",
    "clinic",
    "problem",
    "vaccine",
    "medication",
    "lab_value",
    "allergy",
    "alert",
    "temperature",
    "heart_rate",
    "respiratory_rate",
    "body_condition",
]
DOCUMENT_TYPES: tuple[DocumentType, ...] = get_args(DocumentType)
FACT_FIELDS: tuple[FactField, ...] = get_args(FactField)
HOUSEHOLD_FIELDS: frozenset[FactField] = frozenset(  # said of all animals of a document alike
    {"owner", "owner_phone", "owner_email", "owner_address", "veterinarian", "clinic"}
)
SINGLE_VALUED: frozenset[FactField] = frozenset(  # a second value is a conflict
    {"species", "breed", "sex", "neutered", "date_of_birth", "microchip"}
)
SERIES: frozenset[FactField] = frozenset({"weight", "height"})  # one value a day
VITALS: frozenset[FactField] = frozenset({"temperature", "heart_rate", "respiratory_rate", "body_condition"})
# What was found, given or done; our own code reads the parts of each from its raw words.
CLINICAL: frozenset[FactField] = VITALS | {"problem", "vaccine", "medication", "lab_value", "allergy", "alert"}
# Read by the rules whatever the engine: rows of numbers are copied without a slip, and cost no output of a model.
MEASURED: frozenset[FactField] = VITALS | {"lab_value"}

MAX_QUOTE = 80  # characters that a start's quote may have
MAX_STARTS = 200  # entries that a model's answer may hold: bounds its output, whatever the window says
MAX_CLAIMS = 400
_MOST = 10_000  # entries beyond which nothing that calls itself a finding is read


_STRICT = ConfigDict(strict=True, extra="forbid")  # of what is read of an answer: nothing is guessed or passed over


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """A document that begins in the window."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    line: int  # within the window, from 1
    quote: str  # verbatim from that line
    title: str | None  # as printed; None where none is
    type: DocumentType | None  # None only where the rules answer: they name a document once it is whole
    date: str | None  # ISO 8601 (YYYY-MM-DD), the document's own date


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Something that the window says about a patient."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    field: FactField
    raw: str  # the value as printed
    line: int  # within the window, from 1
    quote: str  # verbatim: the words it was read from


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one window's answer says.

    Slots, since a large file has ten thousands of claims: as a model of pydantic each takes five times the memory.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    starts: Annotated[tuple[Start, ...], Field(max_length=_MOST)]
    facts: Annotated[tuple[Claim, ...], Field(max_length=_MOST)]


FINDINGS = TypeAdapter(Finding)  # how a finding is checked, and written as JSON


class UnreadableFinding(ValueError):
    """The answer is not a finding: `code` is "invalid_json" (not JSON, or cut off) or "wrong_schema"."""

    def __init__(self, *, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def read_finding(text: str) -> Finding:
    """The finding that an answer's JSON text holds.

    Raises UnreadableFinding. Its message names places in the schema, never the answer's words: they are the patient's.
    """
    try:
        return FINDINGS.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        code = "invalid_json" if first["type"] == "json_invalid" else "wrong_schema"
        detail = "the answer is not JSON" if code == "invalid_json" else f"{place or 'the answer'}: {first['type']}"
        raise UnreadableFinding(code=code, detail=detail) from None


def write_finding(finding: Finding) -> str:
    """The JSON text that `read_finding` reads."""
    return FINDINGS.dump_json(finding).decode()
