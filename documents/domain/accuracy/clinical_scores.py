"""Clinical facts of a prediction against the labelled ones, line by line, by value. Defined in docs/evaluation.md."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from documents.domain.accuracy.fact_scores import SAID_NOTHING, align_patients, compare_key
from documents.domain.accuracy.metrics import Matches
from documents.domain.accuracy.prediction import FoundFact, FoundPatient
from documents.domain.accuracy.truth import Scalar, TrueClinical, TruePatient
from documents.domain.facts.clinical.laboratory import canonical_unit
from documents.domain.findings import CLINICAL
from documents.domain.lines import fold
from patients.domain import identity

SAME_WORDS = 90.0  # rapidfuzz ratio from which two phrases, drugs, products or analytes are the same
_NAMES = {  # of each field the part that names what it is about
    "problem": "problem",
    "allergy": "substance",
    "alert": "alert",
    "vaccine": "product",
    "medication": "drug",
    "lab_value": "analyte",
}
_PARTS = {  # of each field the further parts that are compared
    "vaccine": ("date", "due"),
    "medication": ("strength", "dose", "directions"),
    "lab_value": ("number", "unit", "range", "flag"),
}
_FLAGS = {"h": "high", "l": "low", "hh": "high", "ll": "low", "a": "abnormal", "*": "abnormal", "n": "normal"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClinicalFact:
    """One clinical fact of one line, ready to be compared."""

    line: int
    field: str
    name: str  # folded; of a vital empty
    parts: Mapping[str, str]  # folded; what is not said is absent
    goes_on: bool = False  # flagged as going on in the next line
    text: str = ""  # for people
    quote: str | None = None  # of what was found


def score_clinical(
    *, truth: Sequence[TrueClinical], patients: Sequence[TruePatient], found: Sequence[FoundPatient]
) -> dict[str, Matches]:
    """Matches of each clinical field that the truth labels, and of each of its parts as "field.part".

    A found fact is right where the truth has one of its field on that line, of the patient that is aligned to its
    patient, with the same name, and no part of it says otherwise. What it leaves out costs the part's recall. Each line
    that states a fact counts for itself. Facts that are filed on nobody's record are measured against the labels of
    patients that were not found: that they are no known patient's is right then. One that a known patient's label
    states is missed by that patient, and no more; the others of them are false.
    Empty where the truth labels nothing clinical.
    """
    if not truth:
        return {}
    expected, actual = _gather(truth, patients, found)
    counts: defaultdict[str, Matches] = defaultdict(lambda: Matches(matched=0, found=0, true=0))
    for owner in sorted({*expected, *actual}):
        for field, matches in _compare(expected[owner], actual.get(owner, [])):
            counts[field] += matches
    labelled = {_field_of(label) for label in truth}
    return {field: counts[field] for field in sorted(counts) if field.partition(".")[0] in labelled}


def pair_clinical(
    *, truth: Sequence[TrueClinical], patients: Sequence[TruePatient], found: Sequence[FoundPatient]
) -> Iterator[tuple[int, ClinicalFact | None, ClinicalFact | None]]:
    """Labels and found facts that `score_clinical` counts as one, and those that stand alone, of labelled fields.

    With each the position of its found patient; -1: of nobody.
    """
    if not truth:
        return
    labelled = {_field_of(label) for label in truth}
    expected, actual = _gather(truth, patients, found)
    for owner in sorted({*expected, *actual}):
        waiting: defaultdict[tuple[int, str], list[ClinicalFact]] = defaultdict(list)
        for one in expected[owner]:
            waiting[one.line, one.field].append(one)
        for one in actual.get(owner, []):
            if one.field not in labelled:
                continue
            candidates = waiting[one.line, one.field]
            same = next((each for each in candidates if _agrees(one, each)), None)
            if same is not None:
                candidates.remove(same)
            yield owner, same, one
        yield from ((owner, one, None) for left in waiting.values() for one in left)


_ByOwner = defaultdict[int, list[ClinicalFact]]


def _gather(
    truth: Sequence[TrueClinical], patients: Sequence[TruePatient], found: Sequence[FoundPatient]
) -> tuple[_ByOwner, _ByOwner]:
    """Labels and found facts by the position of the found patient that they are of."""
    partners = align_patients(truth=patients, found=found)
    nobody = next((position for position, patient in enumerate(found) if patient.name is None), -1)
    known = {index: position for index, position in partners.items() if position != nobody}
    expected: defaultdict[int, list[ClinicalFact]] = defaultdict(list)
    for label in truth:
        expected[known.get(label.patient, nobody)].append(_read_label(label))
    of_others: defaultdict[tuple[int, str], list[ClinicalFact]] = defaultdict(list)
    for owner, labels in expected.items():
        for one in labels if owner != nobody else ():
            of_others[one.line, one.field].append(one)
    actual: _ByOwner = defaultdict(list)
    for position, patient in enumerate(found):
        actual[position] = list(_read_found(patient))
    actual[nobody] = [
        one
        for one in actual.get(nobody, [])
        if not any(_agrees(one, label) for label in of_others.get((one.line, one.field), ()))
    ]
    return expected, actual


def _field_of(label: TrueClinical) -> str:
    named = {"vital": label.values.get("vital"), "lab": "lab_value"}
    return str(named.get(label.kind, label.kind))


def _read_label(label: TrueClinical) -> ClinicalFact:
    values = {key: value for key, value in label.values.items() if value is not None}
    return replace(_read_values(label, values), text=" ".join(map(str, values.values())))


def _read_values(label: TrueClinical, values: dict[str, Scalar]) -> ClinicalFact:
    field = _field_of(label)
    if field in _NAMES:
        if field == "lab_value" and "value" in values:
            values["number"] = values["value"]
        return _state(label.line, field, values)
    unit = f"/{values['denominator']}" if "denominator" in values else str(values.get("unit", ""))
    return ClinicalFact(line=label.line, field=field, name="", parts=_measure(values.get("value", ""), unit))


def _read_found(patient: FoundPatient) -> Iterator[ClinicalFact]:
    for fact in patient.facts:
        if fact.field in CLINICAL and fact.value is not None and not SAID_NOTHING & set(fact.flags):
            for line in {fact.line, *fact.also}:
                text = f"{fact.value} {fact.unit}" if fact.unit else str(fact.value)
                yield replace(_read_fact(fact, line), text=text, quote=fact.quote)


def _read_fact(fact: FoundFact, line: int) -> ClinicalFact:
    if fact.field in _NAMES:
        parts = {
            "number" if key == "result" and "number" not in fact.parts else key: v for key, v in fact.parts.items()
        }
        return replace(_state(line, fact.field, parts), goes_on="goes_on" in fact.flags)
    return ClinicalFact(line=line, field=fact.field, name="", parts=_measure(fact.value or "", fact.unit or ""))


def _state(line: int, field: str, values: Mapping[str, Scalar]) -> ClinicalFact:
    parts = {
        part: _fold_part(part, values[part]) for part in _PARTS.get(field, ()) if values.get(part) not in (None, "")
    }
    return ClinicalFact(line=line, field=field, name=fold(str(values.get(_NAMES[field], ""))), parts=parts)


def _measure(value: Scalar, unit: str) -> dict[str, str]:
    return {"number": _fold_part("number", value), "unit": fold(unit)}


def _fold_part(part: str, value: Scalar) -> str:
    if part == "number":
        key = compare_key(field="weight", value=value)
        return key[0] if key else ""
    if part == "unit":
        return fold(canonical_unit(str(value)))
    folded = fold(str(value))
    if part == "range":
        return folded.replace(" ", "").replace("–", "-").strip("()[]")
    return _FLAGS.get(folded, folded) if part == "flag" else folded


def _compare(expected: Sequence[ClinicalFact], actual: Sequence[ClinicalFact]) -> Iterator[tuple[str, Matches]]:
    """Field by field and part by part, over one patient."""
    waiting: defaultdict[tuple[int, str], list[ClinicalFact]] = defaultdict(list)
    for one in expected:
        waiting[one.line, one.field].append(one)
        yield one.field, Matches(matched=0, found=0, true=1)
        for part in one.parts if one.name else ():
            yield f"{one.field}.{part}", Matches(matched=0, found=0, true=1)
    for one in actual:
        candidates = waiting[one.line, one.field]
        same = next((each for each in candidates if _agrees(one, each)), None)
        yield one.field, Matches(matched=int(same is not None), found=1, true=0)
        if same is not None:
            candidates.remove(same)
        named = same or next((each for each in candidates if _is_same_name(one.name, each.name)), None)
        for part in one.parts if one.name and named is not None and named.name else ():
            if named is not None and part in named.parts:
                said, true = one.parts[part], named.parts[part]
                right = _is_same_part(part, said, true) or (one.goes_on and true.startswith(said))
                right = right or (part == "strength" and said in named.name)
                yield f"{one.field}.{part}", Matches(matched=int(right), found=1, true=0)


def _agrees(one: ClinicalFact, other: ClinicalFact) -> bool:
    if not _is_same_name(one.name, other.name):
        return False
    return all(
        _is_same_part(part, said, other.parts[part]) or (part == "strength" and said in other.name)
        for part, said in one.parts.items()
        if part in other.parts and part != "directions"
    )


def _is_same_name(one: str, other: str) -> bool:
    """The same words, a slip apart, or one the beginning of the other: "Rabies" and "Rabies (Imrab 3)"."""
    if not one or not other:
        return one == other
    if one.startswith(other) or other.startswith(one) or fuzz.ratio(one, other) >= SAME_WORDS:
        return True
    return identity.fold_scanned(one) == identity.fold_scanned(other)


def _is_same_part(part: str, one: str, other: str) -> bool:
    return one == other or (part in ("directions", "dose") and fuzz.ratio(one, other) >= SAME_WORDS)
