"""A patient's clinical facts: each finding of each day once, in the order of days, the present ones marked."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from documents.domain.facts.numbers import DOUBTFUL_DIGIT
from documents.domain.facts.observed import Fact, Observation, make_fact, rank_source
from documents.domain.facts.typed import Parts
from documents.domain.findings import VITALS, FactField
from documents.domain.lines import fold

_NAMED_BY = {  # the part that says what a finding is about: a later one of the same is the current one
    "problem": "problem",
    "vaccine": "against",
    "medication": "drug",
    "allergy": "substance",
    "alert": "alert",
}
_LASTING = frozenset({"problem", "allergy", "alert"})  # told again, they are one fact


def list_history(*, field: FactField, observations: Sequence[Observation]) -> list[Fact]:
    """The facts of one clinical field, by day, those without a day last.

    The same finding of the same day is one fact, led by its best source; `also` has the other lines. Problems,
    allergies and alerts are one fact however often they are told, of their first day. Current is the latest of each
    analyte, vaccine and drug, the latest of each vital, and every problem, allergy and alert that is not resolved.
    """
    groups: defaultdict[tuple[object, ...], list[Observation]] = defaultdict(list)
    for observation in sorted(observations, key=_by_day):
        groups[_identity(field, observation)].append(observation)
    facts: list[Fact] = []
    for group in groups.values():
        best = group[0] if len(group) == 1 else min(group, key=_by_source)
        first = group[0].date if field in _LASTING else None
        lines = (each.claim.line for each in group)
        facts.append(make_fact(best, is_current=False, flags=(), stated_on=lines, date=first))
    current = choose_current(facts=facts)
    return [replace(fact, is_current=True) if now else fact for fact, now in zip(facts, current, strict=True)]


class Stated(Protocol):
    """A clinical fact, wherever it is kept."""

    @property
    def field(self) -> str: ...
    @property
    def value(self) -> object: ...
    @property
    def date(self) -> str | None: ...
    @property
    def parts(self) -> Parts: ...
    @property
    def flags(self) -> Sequence[str]: ...


def choose_current(*, facts: Sequence[Stated]) -> list[bool]:
    """Of each of a patient's clinical facts, in the order of days, whether it is a current one."""
    latest: dict[tuple[str, str], int] = {}
    for position, fact in enumerate(facts):
        if DOUBTFUL_DIGIT in fact.flags:
            continue
        subject = fact.field, _subject_of(fact)
        held = latest.get(subject)
        if held is None or fact.date or not facts[held].date:
            latest[subject] = position
    current = set(latest.values())
    return [position in current and fact.parts.get("status") != "resolved" for position, fact in enumerate(facts)]


def _subject_of(fact: Stated) -> str:
    """What a clinical fact is about: the analyte, the drug, what a vaccine is against; of a vital its field."""
    if fact.field in VITALS:
        return fact.field
    if fact.field == "lab_value":
        return fold(str(fact.parts.get("usual_name") or fact.parts.get("analyte") or fact.value))
    return fold(str(fact.parts.get(_NAMED_BY[fact.field]) or fact.value))


def _by_source(observation: Observation) -> tuple[object, ...]:
    claim = observation.claim
    return rank_source(observation), claim.line, claim.raw, claim.quote


def _by_day(observation: Observation) -> tuple[object, ...]:
    claim = observation.claim
    return observation.date or "9999", claim.line, claim.raw, claim.quote, str(observation.value.value)


def _identity(field: FactField, observation: Observation) -> tuple[object, ...]:
    value = observation.value
    if field in _LASTING:
        return (fold(str(value.value)), value.parts.get("status"))
    parts = observation.parts
    said = tuple(sorted((key, fold(str(part))) for key, part in parts.items() if key != "directions"))
    day = None if field == "vaccine" and "date" in parts else observation.date
    return fold(str(value.value)) if field in VITALS else "", value.unit, said, day
