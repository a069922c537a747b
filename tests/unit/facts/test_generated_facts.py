"""Facts of generated records, by value: a floor under what the rules say of layouts of many kinds."""

import json
from collections import defaultdict

import pytest

from documents.domain.accuracy.clinical_scores import score_clinical
from documents.domain.accuracy.fact_scores import DATED_WEIGHT, score_facts
from documents.domain.accuracy.metrics import Matches
from documents.domain.accuracy.prediction import FoundFact, FoundPatient
from documents.domain.accuracy.truth import read_truth
from documents.domain.facts.filing import file_facts
from documents.domain.facts.proposing import propose_claims
from documents.domain.findings import CLINICAL, DOCUMENT_TYPES
from documents.domain.lines import from_text
from documents.domain.segmentation import Document, Segmentation
from tests.fake_openai.records import read_record
from tests.records.generate import compose

LAYOUTS = ("practice_export", "lab_pages", "exam_forms", "pet_passports", "prescriptions", "shelter_forms")
LEAST_PRECISION = 0.97


def score(*, layout, seed, noise=0.0):
    """Matches by field, with the true documents: what is judged here are facts, not cuts."""
    record = compose(layout=layout, seed=seed, documents=6, noise=noise)
    text = from_text(record.text)
    truth = read_truth(json.dumps(record.truth), line_count=len(text.lines))
    documents = [
        Document(
            start_line=each.start_line,
            end_line=each.end_line,
            title="",
            title_printed=False,
            type=next(kind for kind in DOCUMENT_TYPES if kind == each.type),
            date=each.date,
            confidence=1.0,
            needs_review=False,
        )
        for each in truth.documents
    ]
    claims = propose_claims(text=text, noise=frozenset(record.truth["noise"]))
    filing = file_facts(claims=claims, segmentation=Segmentation(documents=tuple(documents), gaps=()), text=text)
    found = [
        FoundPatient(
            name=patient.name,
            facts=tuple(
                FoundFact(
                    field=fact.field,
                    value=fact.value,
                    unit=fact.unit,
                    date=fact.date,
                    line=fact.line,
                    also=fact.also,
                    flags=fact.flags,
                    parts=dict(fact.parts),
                )
                for fact in patient.facts
            ),
        )
        for patient in filing.patients
    ]
    clinical = score_clinical(truth=truth.clinical, patients=truth.patients, found=found)
    return score_facts(truth=truth.patients, found=found) | clinical


def test_each_field_keeps_its_precision_over_layouts():
    total: defaultdict[str, Matches] = defaultdict(lambda: Matches(matched=0, found=0, true=0))
    for layout in LAYOUTS:
        for field, matches in score(layout=layout, seed=11).items():
            total[field] += matches
    below = {
        field: matches
        for field, matches in total.items()
        if matches.found and field != DATED_WEIGHT and not field.endswith(".directions")
        if matches.precision < LEAST_PRECISION
    }
    assert below == {}
    assert {field.partition(".")[0] for field in total} >= CLINICAL - {"alert"}


@pytest.mark.parametrize("part", ["number", "unit"])
def test_on_a_bad_scan_the_numbers_that_are_told_are_right(part):
    matches = score(layout="lab_pages", seed=3, noise=0.05)[f"lab_value.{part}"]
    assert matches.found > 50
    assert matches.precision >= 0.99


def test_the_fake_states_findings_that_stand_in_their_lines():
    record = compose(layout="prescriptions", seed=2, documents=4)
    labelled = read_record(text=record.text, truth=record.truth)
    told = [(line, field, raw) for line, stated in labelled.facts.items() for field, raw in stated if field in CLINICAL]
    assert told
    assert all(raw in labelled.lines[line - 1] for line, _, raw in told)
