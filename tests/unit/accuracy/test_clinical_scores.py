"""Clinical facts against labels: what is right, what is false, and what a part costs."""

import json
from typing import Any

import pytest

from documents.domain.accuracy.clinical_scores import score_clinical
from documents.domain.accuracy.metrics import Matches
from documents.domain.accuracy.prediction import FoundPatient
from documents.domain.accuracy.truth import MalformedTruth, Truth, read_truth

LAB = {"kind": "lab", "analyte": "ALT", "value": 145, "unit": "U/L", "range": "10 - 125", "flag": "H"}
FOUND_LAB = {
    "field": "lab_value",
    "value": "ALT 145 U/L",
    "unit": "U/L",
    "parts": {"analyte": "ALT", "result": "145", "number": 145.0, "unit": "U/L", "range": "10-125", "flag": "high"},
}


def truth_of(*clinical: dict[str, Any], patients: tuple[str, ...] = ("Biscuit",)) -> Truth:
    labels = {
        "documents": [{"start_line": 1, "end_line": 9}],
        "patients": [{"name": name} for name in patients],
        "clinical": [{"line": 5, "patient": 0, **label} for label in clinical],
    }
    return read_truth(json.dumps(labels), line_count=9)


def score(
    truth: Truth, *facts: dict[str, Any], name: str | None = "Biscuit", also: tuple[dict[str, Any], ...] = ()
) -> dict[str, Matches]:
    named = [{"field": "name", "value": name}] if name else []
    records = [{"name": name, "facts": [*named, *({"line": 5, **fact} for fact in facts)]}, *also]
    found = [FoundPatient.model_validate(record) for record in records]
    return score_clinical(truth=truth.clinical, patients=truth.patients, found=found)


def counted(matched: int, found: int, true: int) -> Matches:
    return Matches(matched=matched, found=found, true=true)


def test_a_row_is_right_by_its_name_value_unit_range_and_flag() -> None:
    scores = score(truth_of(LAB), FOUND_LAB)
    assert set(scores) == {"lab_value", *(f"lab_value.{part}" for part in ("number", "unit", "range", "flag"))}
    assert set(scores.values()) == {counted(1, 1, 1)}


@pytest.mark.parametrize("part", [{"number": 14.5}, {"unit": "g/dL"}, {"range": "10-25"}, {"flag": "low"}])
def test_a_wrong_part_makes_the_fact_false(part: dict[str, Any]) -> None:
    wrong = {**FOUND_LAB, "parts": {**FOUND_LAB["parts"], **part}}  # type: ignore[dict-item]
    scores = score(truth_of(LAB), wrong)
    assert scores["lab_value"] == counted(0, 1, 1)
    assert scores[f"lab_value.{next(iter(part))}"] == counted(0, 1, 1)


def test_a_part_left_out_costs_its_own_recall_alone() -> None:
    short = {**FOUND_LAB, "parts": {"analyte": "ALT", "result": "145", "number": 145.0}}
    scores = score(truth_of(LAB), short)
    assert scores["lab_value"] == counted(1, 1, 1)
    assert scores["lab_value.unit"] == counted(0, 0, 1)


@pytest.mark.parametrize(
    ("label", "fact", "right"),
    [
        ({"kind": "vital", "vital": "temperature", "value": 101.5, "unit": "F"},
         {"field": "temperature", "value": 101.5, "unit": "F"}, True),
        ({"kind": "vital", "vital": "temperature", "value": 101.5, "unit": "F"},
         {"field": "temperature", "value": 101.5, "unit": "C"}, False),
        ({"kind": "vital", "vital": "body_condition", "value": 5, "denominator": 9},
         {"field": "body_condition", "value": 5.0, "unit": "/9"}, True),
        ({"kind": "vital", "vital": "body_condition", "value": 5, "denominator": 9},
         {"field": "body_condition", "value": 5.0, "unit": "/5"}, False),
        ({"kind": "vaccine", "product": "Rabies", "date": "2019-03-14", "due": "2022-03-14"},
         {"field": "vaccine", "value": "Rabies", "parts": {"product": "Rabies (Imrab 3)", "due": "2022-03-14"}}, True),
        ({"kind": "vaccine", "product": "Rabies", "date": "2019-03-14", "due": "2022-03-14"},
         {"field": "vaccine", "value": "Rabies", "parts": {"product": "Rabies", "date": "2022-03-14"}}, False),
        ({"kind": "medication", "drug": "carprofen", "strength": "75 mg", "dose": "1 tablet", "directions": "BID"},
         {"field": "medication", "value": "x", "parts": {"drug": "Carprofen", "strength": "75 mg"}}, True),
        ({"kind": "medication", "drug": "carprofen", "strength": "75 mg", "dose": "1 tablet", "directions": "BID"},
         {"field": "medication", "value": "x", "parts": {"drug": "Carprofen", "strength": "25 mg"}}, False),
        ({"kind": "problem", "problem": "otitis externa"},
         {"field": "problem", "value": "Otitis externa", "parts": {"problem": "Otitis externa"}}, True),
        ({"kind": "allergy", "substance": "penicillin"},
         {"field": "allergy", "value": "sulfa", "parts": {"substance": "sulfa"}}, False),
    ],
)  # fmt: skip
def test_each_field_is_compared_by_what_it_says(label: dict[str, Any], fact: dict[str, Any], right: bool) -> None:
    assert score(truth_of(label), fact)[fact["field"]] == counted(int(right), 1, 1)


def test_the_same_words_on_another_line_are_false() -> None:
    assert score(truth_of(LAB), {**FOUND_LAB, "line": 6})["lab_value"] == counted(0, 1, 1)


def test_every_line_that_states_a_fact_counts() -> None:
    scores = score(truth_of(LAB, {**LAB, "line": 7}), {**FOUND_LAB, "also": [7]})
    assert scores["lab_value"] == counted(2, 2, 2)


def test_a_doubtful_digit_asserts_nothing() -> None:
    assert score(truth_of(LAB), {**FOUND_LAB, "flags": ["doubtful_digit"]})["lab_value"] == counted(0, 0, 1)


def test_a_finding_on_another_patients_record_is_false() -> None:
    other = {"name": "Juniper", "facts": [{"field": "name", "value": "Juniper"}, {"line": 5, **FOUND_LAB}]}
    truth = truth_of(LAB, patients=("Biscuit", "Juniper"))
    assert score(truth, also=(other,))["lab_value"] == counted(0, 1, 1)


def test_on_nobodys_record_it_is_right_for_a_patient_that_was_not_found_and_false_where_no_label_says_so() -> None:
    assert score(truth_of(LAB), FOUND_LAB, name=None)["lab_value"] == counted(1, 1, 1)
    nobody = {"name": None, "facts": [{"line": 5, **FOUND_LAB}]}
    assert score(truth_of(LAB), also=(nobody,))["lab_value"] == counted(0, 0, 1)
    parts = {"analyte": "ALT", "result": "999", "number": 999.0}
    wrong = {"name": None, "facts": [{"line": 5, **FOUND_LAB, "parts": parts}]}
    assert score(truth_of(LAB), also=(wrong,))["lab_value"] == counted(0, 1, 1)


def test_without_labels_nothing_clinical_is_scored() -> None:
    assert score(truth_of(), FOUND_LAB) == {}
    assert "problem" not in score(truth_of(LAB), {"field": "problem", "value": "x", "parts": {"problem": "x"}})


def test_a_label_without_its_line_is_told() -> None:
    text = json.dumps({"documents": [{"start_line": 1, "end_line": 2}], "clinical": [{"kind": "lab"}]})
    with pytest.raises(MalformedTruth, match=r"clinical\[0\]\.line"):
        read_truth(text, line_count=2)
