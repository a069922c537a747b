"""Reading NAME.truth.json: what it may say, and what is refused with its key named."""

import json
from typing import Any

import pytest

from documents.domain.accuracy.prediction import MalformedPrediction, read_prediction
from documents.domain.accuracy.truth import MalformedTruth, TrueValue, Truth, read_truth


def read(line_count: int = 10, **labels: Any) -> Truth:
    labels = {"documents": [{"start_line": 1, "end_line": 10}], **labels}
    return read_truth(json.dumps(labels), line_count=line_count)


def document(start_line: Any, end_line: Any, **labels: Any) -> dict[str, Any]:
    return {"start_line": start_line, "end_line": end_line, **labels}


class TestWhatIsRead:
    def test_gaps_and_what_the_record_is_told_apart_by(self) -> None:
        truth = read(gaps=[{"start_line": 1, "end_line": 2, "reason": "ruler"}], layout="letters", language="es")

        assert [(gap.start_line, gap.end_line, gap.reason) for gap in truth.gaps] == [(1, 2, "ruler")]
        assert truth.tags == {"layout": "letters", "language": "es"}

    @pytest.mark.parametrize("gaps", [None, "none", [1], [{"start": 1}], [{"start_line": 9, "end_line": 11}]])
    def test_what_is_only_shown_is_passed_over_in_another_form(self, gaps: Any) -> None:
        truth = read(gaps=gaps, layout=["a", "b"], language=None)

        assert (truth.gaps, truth.tags, truth.warnings) == ((), {}, ())

    def test_documents_with_their_labels(self) -> None:
        truth = read(documents=[document(1, 4, title="Recheck", type="dental", date="2011-03-05"), document(6, 10)])

        assert [(one.start_line, one.end_line, one.type) for one in truth.documents] == [
            (1, 4, "dental"),
            (6, 10, None),
        ]
        assert truth.warnings == ()

    @pytest.mark.parametrize(
        ("labels", "scored"),
        [
            ({"type": "dental"}, True),
            ({"type": "dental", "type_confident": True}, True),
            ({"type": "dental", "type_confident": None}, True),
            ({"type": "dental", "type_confident": False}, False),
            ({"type": None}, False),
            ({}, False),
        ],
    )
    def test_a_type_is_scored_unless_its_label_is_unsure(self, labels: dict[str, Any], scored: bool) -> None:
        assert read(documents=[document(1, 2, **labels)]).documents[0].is_type_scored is scored

    @pytest.mark.parametrize(
        ("labels", "scored"),
        [
            ({"title": "Recheck"}, True),
            ({"title": "Recheck", "title_in_text": True}, True),
            ({"title": "Recheck", "title_in_text": False}, False),
            ({"title": None}, False),
        ],
    )
    def test_a_title_is_scored_where_it_is_printed(self, labels: dict[str, Any], scored: bool) -> None:
        assert read(documents=[document(1, 2, **labels)]).documents[0].is_title_scored is scored

    def test_a_patient_has_the_fields_that_are_labelled(self) -> None:
        truth = read(patients=[{"name": "Biscuit", "neutered": False, "microchip": None, "color": ["tan", "white"]}])

        assert truth.patients[0].values == {
            "name": (TrueValue(value="Biscuit"),),
            "neutered": (TrueValue(value=False),),
            "microchip": (),
            "color": (TrueValue(value="tan"), TrueValue(value="white")),
        }

    def test_weights_are_the_values_of_the_field_weight(self) -> None:
        weights = [{"value": 65, "unit": "lb", "date": "2011-03-05", "line": 3}, {"value": 63.5, "unit": "lb"}]

        assert read(patients=[{"weights": weights}]).patients[0].values == {
            "weight": (TrueValue(value=65, unit="lb", date="2011-03-05"), TrueValue(value=63.5, unit="lb"))
        }

    def test_no_patients_are_no_error(self) -> None:
        assert read().patients == ()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        pytest.param({"documents": None}, r"^documents: ", id="documents of the wrong kind"),
        pytest.param({"documents": []}, r"^documents: .*at least 1 item", id="no documents"),
        pytest.param({"documents": [{"start_line": 1}]}, r"^documents\[0\]\.end_line: Field required", id="no end"),
        pytest.param({"documents": [document("one", 2)]}, r"^documents\[0\]\.start_line: ", id="a word for a line"),
        pytest.param({"documents": [document(0, 2)]}, r"^documents\[0\]\.start_line: ", id="line nought"),
        pytest.param({"documents": [document(4, 2)]}, r"^documents\[0\]\.end_line: 2 stands before", id="backwards"),
        pytest.param(
            {"documents": [document(1, 11)]}, r"^documents\[0\]\.end_line: 11 is beyond", id="beyond the text"
        ),
        pytest.param(
            {"documents": [document(1, 5), document(5, 10)]}, r"^documents\[1\]\.start_line: 5 is not", id="overlap"
        ),
        pytest.param({"documents": [document(1, 2, date=2011)]}, r"^documents\[0\]\.date: ", id="a number for a date"),
        pytest.param({"patients": {}}, r"^patients: ", id="patients of the wrong kind"),
        pytest.param(
            {"patients": [{"weights": [{"unit": "lb"}]}]}, r"^patients\[0\]\.weights\[0\]\.value: ", id="no value"
        ),
        pytest.param(
            {"patients": [{}, {"weight": {"value": 4, "unit": 1}}]},
            r"^patients\[1\]\.weight\.unit: ",
            id="unit a number",
        ),
    ],
)
def test_what_is_malformed_is_named(labels: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedTruth, match=message):
        read(**labels)


def test_documents_are_required() -> None:
    with pytest.raises(MalformedTruth, match=r"^documents: Field required"):
        read_truth("{}", line_count=3)


@pytest.mark.parametrize("text", ["", "{", "not json"])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(MalformedTruth, match="not JSON"):
        read_truth(text, line_count=3)


def test_a_refusal_does_not_repeat_what_was_labelled() -> None:
    with pytest.raises(MalformedTruth) as refused:
        read(documents=[document("Biscuit of Ms. Doe", 2)])

    assert "Biscuit" not in str(refused.value)


@pytest.mark.parametrize(
    ("labels", "warning"),
    [
        pytest.param({"lines": 12}, "lines: 12 are labelled, the text has 10; is it the same text?", id="another text"),
        pytest.param(
            {"documents": [document(1, 2, type="dentistry")]},
            "documents[0].type: no type of document has this name; it can never be right",
            id="unknown type",
        ),
        pytest.param(
            {"patients": [{"ownerphone": "555-0142"}]},
            "patients[0].ownerphone: no fact field has this name; it is not scored",
            id="misspelt field",
        ),
    ],
)
def test_labels_that_cannot_be_right_are_warned_of(labels: dict[str, Any], warning: str) -> None:
    assert read(**labels).warnings == (warning,)


class TestPrediction:
    def test_keys_that_are_not_scored_are_passed_over(self) -> None:
        answer = {"file": "a.txt", "documents": [document(1, 2, confidence=0.9, patient=1)], "warnings": ["w"]}

        assert read_prediction(answer).documents[0].end_line == 2

    @pytest.mark.parametrize(("value", "kind"), [(True, bool), (65, int), (4.5, float), ("65", str)])
    def test_a_value_keeps_its_kind(self, value: object, kind: type) -> None:
        fact = read_prediction({"patients": [{"facts": [{"field": "weight", "value": value}]}]}).patients[0].facts[0]

        assert type(fact.value) is kind

    def test_what_is_malformed_is_named_without_its_words(self) -> None:
        with pytest.raises(MalformedPrediction, match=r"^the answer's documents\.0\.start_line: ") as refused:
            read_prediction({"documents": [document("Biscuit", 2)]})

        assert "Biscuit" not in str(refused.value)
