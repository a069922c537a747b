"""Verdicts on documents, boundaries and facts are the metrics' counts, taken apart."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.accuracy.clinical_scores import score_clinical
from documents.domain.accuracy.fact_scores import score_facts
from documents.domain.accuracy.fact_verdicts import judge_facts
from documents.domain.accuracy.metrics import Matches, score_segmentation
from documents.domain.accuracy.prediction import Prediction, read_prediction
from documents.domain.accuracy.truth import TrueDocument, TruePatient, read_truth
from documents.domain.accuracy.verdicts import DocumentVerdict, count_types, judge_documents, list_boundaries

LINES = [f"line {number}" if number % 3 else "" for number in range(1, 41)]
TYPES = ("consult_note", "lab_report", "other")


def label(*spans: tuple[int, int], **keys: Any) -> tuple[TrueDocument, ...]:
    return tuple(TrueDocument(start_line=first, end_line=last, **keys) for first, last in spans)


def answer(*spans: tuple[int, int], **keys: Any) -> Prediction:
    return read_prediction({"documents": [{"start_line": first, "end_line": last, **keys} for first, last in spans]})


@st.composite
def partitions(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Documents, one behind the other, from some line to the last."""
    starts = sorted(draw(st.sets(st.integers(1, len(LINES)), min_size=1, max_size=9)))
    return [(start, end - 1) for start, end in zip(starts, [*starts[1:], len(LINES) + 1], strict=True)]


@st.composite
def described(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "start_line": first,
            "end_line": last,
            "type": draw(st.sampled_from(TYPES)),
            "date": draw(st.sampled_from([None, "2020-01-02", "2021-03-04"])),
            "title": draw(st.sampled_from([None, "Recheck", "Lab report"])),
        }
        for first, last in draw(partitions())
    ]


def total(verdicts: Sequence[DocumentVerdict], part: str) -> Any:
    first, *rest = (getattr(verdict, part) for verdict in verdicts)
    for each in rest:
        first += each
    return first


class TestDocuments:
    @given(described(), described())
    def test_they_add_up_to_the_score_of_the_file(self, true: list[Any], found: list[Any]) -> None:
        truth = [TrueDocument(**each) for each in true]
        prediction = read_prediction({"documents": found})

        score = score_segmentation(lines=LINES, truth=truth, prediction=prediction)
        verdicts = judge_documents(lines=LINES, truth=truth, prediction=prediction)

        assert [total(verdicts, part) for part in ("boundary", "exact", "types", "dates")] == [
            *(score.boundary, score.exact, score.types, score.dates)
        ]
        assert total(verdicts, "titles").part == pytest.approx(score.titles.part)
        overlap = total(verdicts, "overlap")
        assert (overlap.matched, overlap.found, overlap.true) == (
            *(score.overlap.matched, score.overlap.found, score.overlap.true),
        )
        assert overlap.iou == pytest.approx(score.overlap.iou)

    def test_what_starts_inside_a_document_counts_there(self) -> None:
        truth, found = label((1, 10), (11, 20)), answer((1, 4), (5, 10), (11, 14), (16, 20))

        first, second = judge_documents(lines=["x"] * 20, truth=truth, prediction=found)

        assert first.boundary == Matches(matched=0, found=1, true=0)
        assert second.boundary == Matches(matched=1, found=2, true=1)


class TestBoundaries:
    @given(partitions(), partitions())
    def test_each_start_comes_once_and_the_counted_ones_are_those_of_the_score(
        self, true: list[tuple[int, int]], found: list[tuple[int, int]]
    ) -> None:
        truth, prediction = label(*true), answer(*found)
        score = score_segmentation(lines=LINES, truth=truth, prediction=prediction).boundary

        counted = [each for each in list_boundaries(lines=LINES, truth=truth, prediction=prediction) if each.counted]

        assert sum(each.true is not None for each in counted) == score.true
        assert sum(each.found is not None for each in counted) == score.found
        assert sum(each.outcome == "right" for each in counted) == score.matched

    @pytest.mark.parametrize(
        ("true", "found", "outcomes"),
        [
            ([1, 10], [1, 10], ["right", "right"]),
            ([1, 10], [1, 12], ["right", "off"]),
            ([1, 10], [1, 5], ["right", "off"]),
            ([1, 10], [1, 16], ["right", "missed", "invented"]),
            ([1, 10], [1], ["right", "missed"]),
            ([1], [1, 10], ["right", "invented"]),
            # A right start between the two tells them apart.
            ([1, 10, 11], [1, 11, 12], ["right", "missed", "right", "invented"]),
            ([1, 10, 14], [1, 13], ["right", "missed", "off"]),  # the nearest pair
        ],
    )
    def test_they_are_told_apart(self, true: list[int], found: list[int], outcomes: list[str]) -> None:
        def spans(starts: list[int]) -> list[tuple[int, int]]:
            return [(start, end - 1) for start, end in zip(starts, [*starts[1:], 21], strict=True)]

        listed = list_boundaries(lines=["x"] * 20, truth=label(*spans(true)), prediction=answer(*spans(found)))

        assert [each.outcome for each in listed] == outcomes

    def test_off_is_positive_where_it_was_found_too_late(self) -> None:
        _, late = list_boundaries(lines=["x"] * 20, truth=label((1, 9), (10, 20)), prediction=answer((1, 11), (12, 20)))

        assert late.off == 2


def test_types_are_confused_only_where_the_lines_are_exact() -> None:
    truth = label((1, 10), (11, 15), (16, 20), type="lab_report")
    found = answer((1, 10), (11, 14), (15, 20), type="other")

    assert count_types(lines=["x"] * 20, truth=truth, prediction=found) == {("lab_report", "other"): 1}


class TestFacts:
    PATIENTS = read_truth(
        """{"documents": [{"start_line": 1, "end_line": 1}], "patients": [
        {"name": "Biscuit", "microchip": null, "neutered": true, "weights": [{"value": 4, "unit": "kg"}, {"value": 5}]}
        ]}""",
        line_count=1,
    ).patients

    UNNAMED = read_truth(
        """{"documents": [{"start_line": 1, "end_line": 1}], "patients": [
        {"neutered": true, "weights": [{"value": 4, "unit": "kg"}]}]}""",
        line_count=1,
    ).patients

    def test_each_value_is_found_missed_or_wrong(self) -> None:
        found = read_prediction(
            {
                "patients": [
                    {
                        "name": "Biscuit",
                        "facts": [
                            {"field": "name", "value": "BISCUIT", "line": 2, "quote": "BISCUIT"},
                            {"field": "name", "value": "Biscuit", "line": 9, "quote": "Biscuit"},
                            {"field": "weight", "value": 4, "unit": "kgs", "line": 3, "quote": "4 kgs"},
                            {"field": "neutered", "value": False, "line": 4, "quote": "intact"},
                            {"field": "microchip", "value": "985", "line": 5, "quote": "985"},
                            {"field": "color", "value": "red", "line": 6, "quote": "red"},
                        ],
                    },
                    {"name": "Miso", "facts": [{"field": "name", "value": "Miso", "line": 7, "quote": "Miso"}]},
                ]
            }
        ).patients

        verdicts = judge_facts(truth=self.PATIENTS, found=found)

        told = {(each.patient, each.field, each.outcome, each.value, each.line) for each in verdicts}
        assert told == {
            ("Biscuit", "name", "found", "Biscuit", 2),
            ("Biscuit", "weight", "found", "4 kg", 3),
            ("Biscuit", "weight", "missed", "5", None),
            ("Biscuit", "neutered", "missed", "yes", None),
            ("Biscuit", "neutered", "wrong", "no", 4),
            ("Biscuit", "microchip", "wrong", "985", 5),
            ("Miso", "name", "wrong", "Miso", 7),
        }  # the color is not labelled

    def test_clinical_ones_are_told_apart_as_they_are_scored(self) -> None:
        labels = """{"documents": [{"start_line": 1, "end_line": 9}], "patients": [{"name": "Biscuit"}], "clinical": [
            {"line": 2, "kind": "vaccine", "patient": 0, "product": "Rabies", "due": null},
            {"line": 3, "kind": "vaccine", "patient": 0, "product": "DHPP"},
            {"line": 4, "kind": "vital", "patient": 0, "vital": "heart_rate", "value": 88, "unit": "/min"}]}"""
        truth = read_truth(labels, line_count=9)
        facts = [
            {"field": "name", "value": "Biscuit", "line": 1, "quote": "Biscuit"},
            {"field": "vaccine", "value": "Rabies", "line": 2, "quote": "RABIES", "parts": {"product": "RABIES"}},
            {"field": "vaccine", "value": "Lepto", "line": 3, "quote": "Lepto", "parts": {"product": "Lepto"}},
            {"field": "temperature", "value": 38.5, "unit": "C", "line": 4, "quote": "38.5"},
        ]
        found = read_prediction({"patients": [{"name": "Biscuit", "facts": facts}]}).patients

        verdicts = judge_facts(truth=truth.patients, found=found, clinical=truth.clinical)

        assert {(each.field, each.outcome, each.value, each.line) for each in verdicts} == {
            ("name", "found", "Biscuit", 1),
            ("vaccine", "found", "Rabies", 2),
            ("vaccine", "missed", "DHPP", 3),
            ("vaccine", "wrong", "Lepto", 3),
            ("heart_rate", "missed", "heart_rate 88 /min", 4),
        }  # no temperature is labelled
        counts = score_clinical(truth=truth.clinical, patients=truth.patients, found=found)["vaccine"]
        assert (counts.matched, counts.found, counts.true) == (1, 2, 2)

    @pytest.mark.parametrize("name", [None, "Miso", "Biscuit"])
    @pytest.mark.parametrize("labelled", [PATIENTS, UNNAMED])
    def test_they_are_the_counts_of_the_score(self, name: str | None, labelled: tuple[TruePatient, ...]) -> None:
        facts = [{"field": "weight", "value": 4, "unit": "kg"}, {"field": "neutered", "value": False}]
        found = read_prediction({"patients": [{"name": name, "facts": facts}]}).patients

        verdicts = judge_facts(truth=labelled, found=found)

        for field, matches in score_facts(truth=labelled, found=found).items():
            outcomes = [each.outcome for each in verdicts if each.field == field]
            assert outcomes.count("found") == matches.matched
            assert outcomes.count("missed") == matches.true - matches.matched
            assert outcomes.count("wrong") == matches.found - matches.matched
