"""What places of a file state: observations, and the facts that are made of them."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.marks import find_marks
from documents.domain.facts.typed import Parts, Scalar, Value
from documents.domain.findings import FactField
from documents.domain.lines import fold
from patients.domain import species

BEST_SOURCES = ("registration", "vaccination_certificate")  # types of documents that state who a patient is


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """One value that one place of the file states."""

    claim: LocatedClaim
    value: Value
    document: int | None  # 0-based, in the segmentation's order
    date: str | None  # ISO 8601: of the measure, else of the document
    source: str  # type of the document
    parts: Parts = dataclasses.field(default_factory=dict)  # the value's, and what its day adds
    is_quoted: bool = False  # in a mail that quotes another: what was true then, or another's letterhead


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One fact of a patient with the place that states it best. `also` lists the lines that state the same."""

    field: FactField
    value: Scalar
    raw: str  # as printed
    unit: str | None
    kg: float | None  # weights: converted
    date: str | None  # ISO 8601
    line: int  # 1-based, of the whole file
    quote: str  # verbatim, stands in the line
    document: int | None  # 0-based
    flags: tuple[str, ...]  # see docs/algorithms/facts.md
    is_current: bool  # of a field's values the one to show
    also: tuple[int, ...] = ()
    parts: Parts = dataclasses.field(default_factory=dict)  # of clinical facts and ages
    suggestion: str | None = None  # breed: the usual English name that is likely meant


def make_fact(
    observation: Observation,
    *,
    is_current: bool,
    flags: tuple[str, ...],
    stated_on: Iterable[int] = (),
    date: str | None = None,
) -> Fact:
    """The fact that one observation states, with further flags; `stated_on` are lines that state it, too.

    `date`: another day than the observation's own.
    """
    value = observation.value
    known = species.suggest_breed(str(value.value)) if value.field == "breed" else None
    return Fact(
        field=value.field,
        value=value.value,
        raw=observation.claim.raw,
        unit=value.unit,
        kg=value.kg,
        date=date or observation.date,
        line=observation.claim.line,
        quote=observation.claim.quote,
        document=observation.document,
        flags=(*value.flags, *flags),
        is_current=is_current,
        also=tuple(sorted({*stated_on} - {observation.claim.line})),
        parts=observation.parts,
        suggestion=known.name if known and fold(known.name) != fold(str(value.value)) else None,
    )


def list_values(observations: Sequence[Observation], name: str) -> defaultdict[int | None, set[str]]:
    """What the observations say of a field, by document."""
    found: defaultdict[int | None, set[str]] = defaultdict(set)
    for observation in observations:
        if observation.value.field == name:
            found[observation.document].add(str(observation.value.value))
    return found


def rank_source(observation: Observation) -> int:
    """How good the source of an observation is; less is better."""
    if not _is_labelled(observation.claim.quote):
        rank = 2
    else:
        rank = 0 if observation.source in BEST_SOURCES else 1
    return rank + observation.is_quoted


@lru_cache(maxsize=4096)
def _is_labelled(quote: str) -> bool:
    return bool(find_marks(quote))
