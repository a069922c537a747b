"""Facts of a prediction against the facts that are labelled, by value. Defined in docs/evaluation.md."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from rapidfuzz import fuzz

from documents.domain.accuracy.metrics import Matches
from documents.domain.accuracy.prediction import FoundFact, FoundPatient
from documents.domain.accuracy.truth import Scalar, TruePatient, TrueValue
from documents.domain.lines import fold

Key = tuple[str, ...]  # a value as it is compared
Values = Mapping[str, frozenset[Key]]  # by field

DATED_WEIGHT = "weight_dated"  # a weight and its day; beside the fields, and in no total
SAID_NOTHING = frozenset({"doubtful_digit"})  # flags of facts that say what is printed and assert nothing
SAME_NAME = 80.0  # rapidfuzz ratio from which two names may be one patient's

_MEASURES = frozenset({"weight", "height"})
_PEOPLE = frozenset({"owner", "veterinarian"})
_UNITS = {
    unit: name
    for name, units in {
        "lb": ("lb", "lbs", "pound", "pounds", "#"),
        "kg": ("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"),
        "g": ("g", "gr", "gram", "grams"),
        "oz": ("oz", "ounce", "ounces"),
        "in": ("in", "inch", "inches", '"'),
        "cm": ("cm", "centimeter", "centimeters", "centimetre", "centimetres"),
    }.items()
    for unit in units
}
_MEASURE = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(\D*)")


def score_facts(*, truth: Sequence[TruePatient], found: Sequence[FoundPatient]) -> dict[str, Matches]:
    """Matches of each field that the truth labels, and of DATED_WEIGHT where all its weights have a day.

    Each distinct value of a patient counts once. A true patient that was not found misses all his values; the values
    of a patient that is not there are false. A value on nobody's record is false if no patient is labelled with it:
    said of nobody, it is still said. One that is some patient's is missed by that patient, and no more.
    """
    partners = align_patients(truth=truth, found=found)
    labelled = sorted({field for patient in truth for field in patient.values})
    expected = [_true_values(patient) for patient in truth]
    actual = [_found_values(patient) for patient in found]
    scores = {}
    for field in labelled:
        pairs = [
            (values[field], _said(found, actual, partners.get(index), field, values[field]))
            for index, values in enumerate(expected)
            if field in values
        ]
        unknown = (
            actual[index]
            for index, patient in enumerate(found)
            if index not in partners.values() and patient.name is not None
        )
        pairs += [(frozenset(), values.get(field, frozenset())) for values in unknown]
        anybodys = frozenset().union(*(values.get(field, frozenset()) for values in expected))
        pairs += [
            (frozenset(), actual[index].get(field, frozenset()) - anybodys)
            for index, patient in enumerate(found)
            if patient.name is None
        ]
        scores[field] = _count(pairs)
    dated = _score_dated_weights(truth, found, partners)
    return scores | ({DATED_WEIGHT: dated} if dated else {})


def _said(
    found: Sequence[FoundPatient], actual: Sequence[Values], partner: int | None, field: str, true: frozenset[Key]
) -> frozenset[Key]:
    """The values of a true patient's partner; of nobody's record those that are right: the rest is judged by itself."""
    if partner is None:
        return frozenset()
    values = actual[partner].get(field, frozenset())
    return values if found[partner].name is not None else values & true


def total_facts(fields: Mapping[str, Matches]) -> Matches:
    """All fields as one. DATED_WEIGHT and parts of clinical fields are left out: their facts are counted already."""
    plain = (matches for field, matches in fields.items() if field != DATED_WEIGHT and "." not in field)
    return sum(plain, start=Matches(matched=0, found=0, true=0))


def align_patients(*, truth: Sequence[TruePatient], found: Sequence[FoundPatient]) -> dict[int, int]:
    """Positions of true patients to positions of found ones, one to one; who has no partner is left out.

    The best pair is taken first: an equal microchip before a like name, a like name before equal values. A patient
    labelled with neither chip nor name is known by the values that are shared, and by nothing else.
    """
    ranked = []
    for index, patient in enumerate(truth):
        for position, candidate in enumerate(found):
            affinity = _measure_affinity(patient, candidate)
            if affinity is not None:
                ranked.append((affinity, -index, -position))
    partners: dict[int, int] = {}
    for _, index, position in sorted(ranked, reverse=True):
        if -index not in partners and -position not in partners.values():
            partners[-index] = -position
    return partners


def _measure_affinity(patient: TruePatient, candidate: FoundPatient) -> tuple[bool, bool, float, int] | None:
    """How much speaks for the two being one: chip, likeness of name, number of equal values. None: too little.

    Nobody's record is a partner only where no patient is.
    """
    expected, actual = _true_values(patient), _found_values(candidate)
    chips, names = expected.get("microchip", frozenset()), expected.get("name", frozenset())
    same_chip = bool(chips & actual.get("microchip", frozenset()))
    called = {key[0] for key in actual.get("name", frozenset())} | ({fold(candidate.name)} if candidate.name else set())
    likeness = max((fuzz.ratio(name[0], other) for name in names for other in called), default=0.0)
    shared = sum(len(keys & actual.get(field, frozenset())) for field, keys in expected.items())
    known = same_chip or likeness >= SAME_NAME or (not chips and not names and shared > 0)
    return (candidate.name is not None, same_chip, likeness, shared) if known else None


def compare_key(*, field: str, value: Scalar, unit: str | None = None) -> Key | None:
    """`value` as it is compared; two values of a field agree when their keys are equal. None: it says nothing.

    Text: casefolded, white space folded. Names: without points and commas, those of people in any order of their words
    ("Okafor, T." is "T Okafor"). Phones: digits. Microchips: without spaces and hyphens. Measures: number and unit, not
    converted. Booleans are themselves.
    """
    if field in _MEASURES and not isinstance(value, bool):
        return _measure_key(value, unit)
    if isinstance(value, bool):
        return ("true" if value else "false",)
    text = fold(f"{value} {unit}" if unit else str(value))
    if field == "owner_phone":
        text = re.sub(r"\D", "", text)
    elif field == "microchip":
        text = re.sub(r"[\s-]", "", text)
    elif field == "name" or field in _PEOPLE:
        words = re.sub(r"[.,]", " ", text).split()
        text = " ".join(sorted(words) if field in _PEOPLE else words)
    return (text,) if text else None


def _measure_key(value: Scalar, unit: str | None) -> Key:
    number, rest = str(value), unit or ""
    if isinstance(value, str) and (printed := _MEASURE.fullmatch(value)):
        number, rest = printed[1].replace(",", "."), unit or printed[2]
    try:
        number = format(Decimal(number).normalize(), "f")
    except InvalidOperation:
        number = fold(number)
    name = fold(rest).rstrip(".")
    return number, _UNITS.get(name, name)


def _true_values(patient: TruePatient) -> Values:
    return {field: _keys(field, values) for field, values in patient.values.items()}


def _keys(field: str, values: Iterable[TrueValue]) -> frozenset[Key]:
    keys = (compare_key(field=field, value=value.value, unit=value.unit) for value in values)
    return frozenset(key for key in keys if key is not None)


def asserts(fact: FoundFact) -> bool:
    """Whether a fact says something that labels can contradict.

    Not what has a doubtful digit. Nor an earlier neuter status that is said to be superseded: the label is the latest.
    """
    is_earlier = fact.field == "neutered" and not fact.current and "conflict" not in fact.flags
    return fact.value is not None and not is_earlier and not SAID_NOTHING & set(fact.flags)


def _found_values(patient: FoundPatient) -> Values:
    values: dict[str, set[Key]] = defaultdict(set)
    for fact in patient.facts:
        if fact.value is not None and asserts(fact):
            key = compare_key(field=fact.field, value=fact.value, unit=fact.unit)
            values[fact.field] |= {key} if key is not None else set()
    return {field: frozenset(keys) for field, keys in values.items()}


def _score_dated_weights(
    truth: Sequence[TruePatient], found: Sequence[FoundPatient], partners: Mapping[int, int]
) -> Matches | None:
    """Weights with their days, over aligned patients; None unless every labelled weight has a day."""
    labels = [value for patient in truth for value in patient.values.get("weight", ())]
    if not labels or not all(label.date for label in labels):
        return None
    pairs = []
    for index, patient in enumerate(truth):
        expected = {_dated(label.value, label.unit, label.date) for label in patient.values.get("weight", ())}
        facts = found[partners[index]].facts if index in partners else ()
        actual = {
            _dated(fact.value, fact.unit, fact.date)
            for fact in facts
            if fact.field == "weight" and fact.value is not None and not SAID_NOTHING & set(fact.flags)
        }
        if index in partners and found[partners[index]].name is None:
            actual &= expected
        if "weight" in patient.values:
            pairs.append((frozenset(expected), frozenset(actual)))
    return _count(pairs)


def _dated(value: Scalar, unit: str | None, date: str | None) -> Key:
    return *_measure_key(value, unit), (date or "")[:10]


def _count(pairs: Iterable[tuple[frozenset[Key], frozenset[Key]]]) -> Matches:
    """True and found values, pair by pair, as one count."""
    counts = (Matches(matched=len(true & found), found=len(found), true=len(true)) for true, found in pairs)
    return sum(counts, start=Matches(matched=0, found=0, true=0))
