"""Each value of `fact_scores`, by name: found, missed, or said though nobody wrote it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from documents.domain.accuracy.clinical_scores import ClinicalFact, pair_clinical
from documents.domain.accuracy.fact_scores import Key, align_patients, asserts, compare_key
from documents.domain.accuracy.prediction import FoundFact, FoundPatient
from documents.domain.accuracy.truth import TrueClinical, TruePatient, TrueValue
from documents.domain.shown_values import show_value

Outcome = Literal["found", "missed", "wrong"]
NOBODY = "nobody known"


@dataclass(frozen=True, kw_only=True, slots=True)
class FactVerdict:
    """One distinct value of one patient."""

    patient: str  # for people
    field: str
    outcome: Outcome
    value: str  # as it is labelled, or as it was found
    line: int | None = None  # of the first fact that says it
    quote: str | None = None


def judge_facts(
    *, truth: Sequence[TruePatient], found: Sequence[FoundPatient], clinical: Sequence[TrueClinical] = ()
) -> list[FactVerdict]:
    """A verdict for each value that `score_facts` counts, patient by patient, field by field; then clinical ones."""
    partners = align_patients(truth=truth, found=found)
    labelled = sorted({field for patient in truth for field in patient.values})
    verdicts: list[FactVerdict] = []
    for index, patient in enumerate(truth):
        facts = _first_facts(found[partners[index]]) if index in partners else {}
        who = _name_true(patient, index)
        # What else stands on nobody's record is judged below, once.
        of_nobody = index in partners and found[partners[index]].name is None
        for field, values in patient.values.items():
            judged = _judge_field(who, field, values, facts.get(field, {}))
            verdicts += (each for each in judged if each.outcome != "wrong" or not of_nobody)
    for position, candidate in enumerate(found):
        if position in partners.values() and candidate.name is not None:
            continue
        facts = _first_facts(candidate)
        for field in labelled:
            said = facts.get(field, {})
            if candidate.name is None:
                said = {key: fact for key, fact in said.items() if not _is_somebodys(key, field, truth)}
            verdicts += _judge_field(candidate.name or NOBODY, field, (), said)
    for owner, label, fact in pair_clinical(truth=clinical, patients=truth, found=found):
        name = found[owner].name if 0 <= owner < len(found) else None
        verdicts.append(_judge_clinical(name or NOBODY, label, fact))
    return verdicts


def _is_somebodys(key: Key, field: str, truth: Sequence[TruePatient]) -> bool:
    labels = (label for patient in truth for label in patient.values.get(field, ()))
    return any(compare_key(field=field, value=label.value, unit=label.unit) == key for label in labels)


def _judge_clinical(patient: str, label: ClinicalFact | None, fact: ClinicalFact | None) -> FactVerdict:
    told = label or fact
    assert told is not None
    return FactVerdict(
        patient=patient,
        field=told.field,
        outcome="missed" if fact is None else "wrong" if label is None else "found",
        value=told.text,
        line=told.line,
        quote=fact.quote if fact else None,
    )


def _judge_field(
    patient: str, field: str, values: Sequence[TrueValue], facts: Mapping[Key, FoundFact]
) -> Iterator[FactVerdict]:
    expected: dict[Key, TrueValue] = {}
    for label in values:
        key = compare_key(field=field, value=label.value, unit=label.unit)
        if key is not None:
            expected.setdefault(key, label)
    for key, label in expected.items():
        fact = facts.get(key)
        yield FactVerdict(
            patient=patient,
            field=field,
            outcome="found" if fact else "missed",
            value=show_value(field=field, value=label.value, unit=label.unit),
            line=fact.line or None if fact else None,
            quote=fact.quote if fact else None,
        )
    for key, fact in facts.items():
        if key not in expected and fact.value is not None:
            value = show_value(field=field, value=fact.value, unit=fact.unit)
            yield FactVerdict(
                patient=patient, field=field, outcome="wrong", value=value, line=fact.line or None, quote=fact.quote
            )


def _first_facts(patient: FoundPatient) -> dict[str, dict[Key, FoundFact]]:
    """By field and compared value the first fact that states it."""
    facts: dict[str, dict[Key, FoundFact]] = {}
    for fact in patient.facts:
        if fact.value is None or not asserts(fact):
            continue
        key = compare_key(field=fact.field, value=fact.value, unit=fact.unit)
        if key is not None:
            facts.setdefault(fact.field, {}).setdefault(key, fact)
    return facts


def _name_true(patient: TruePatient, index: int) -> str:
    names = patient.values.get("name", ())
    return str(names[0].value) if names else f"patient {index + 1}"
