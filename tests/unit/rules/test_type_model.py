"""What tells a document's type: one row of weights a signal, data that can be read."""

import json

import pytest

from documents.domain.findings import DOCUMENT_TYPES
from documents.domain.rules.type_model import (
    MalformedTypeWeights,
    TypeModel,
    packaged_type_model,
    read_type_model,
    write_type_model,
)
from documents.domain.rules.type_signals import list_stems


def row(**weights: float) -> tuple[float, ...]:
    return tuple(weights.get(kind, 0.0) for kind in DOCUMENT_TYPES)


def test_what_is_written_is_read_again():
    model = packaged_type_model()
    assert read_type_model(write_type_model(model)) == model


def test_the_highest_sum_is_the_type_and_shapes_alone_tell_none():
    model = TypeModel(version="x", rows={"body:alt": row(lab_report=2.0), "rows": row(financial=3.0)})
    assert model.choose({"body:alt": 1.0, "rows": 0.5}) == "lab_report"
    assert model.choose({"body:alt": 1.0, "rows": 1.0}) == "financial"
    assert model.choose({"rows": 1.0, "body:unknown": 1.0}) == "other"


@pytest.mark.parametrize("change", [{"types": ["other"]}, {"weights": {"body:alt": [1.0]}}])
def test_a_table_of_other_types_or_too_few_weights_is_refused(change):
    table = json.loads(write_type_model(packaged_type_model()))
    with pytest.raises(MalformedTypeWeights, match="fit the types again"):
        read_type_model(json.dumps(table | change))


def test_words_are_their_beginnings_without_accents():
    assert list_stems("röntgenbild röntgenaufnahme ct 12 à x") == {"rontg", "ct"}
