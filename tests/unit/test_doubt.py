from dataclasses import replace

import pytest

from documents.domain.doubt import DOUBTFUL_SCAN, UNDER_BLACK_BOX, flag_doubtful
from documents.domain.facts.filing import Filing
from documents.domain.facts.observed import Fact
from documents.domain.facts.records import PatientRecord
from documents.domain.lines import Part, SourceText, pack_confidences, unpack_confidences
from documents.domain.segmentation import Document, Segmentation


def document(start: int, end: int) -> Document:
    return Document(
        start_line=start, end_line=end, title="t", title_printed=True, type="other", date=None, confidence=1.0,
        needs_review=False,
    )  # fmt: skip


def fact(line: int) -> Fact:
    return Fact(
        field="name", value="Luna", raw="Luna", unit=None, kg=None, date=None, line=line, quote="Luna", document=0,
        flags=("conflict",), is_current=True,
    )  # fmt: skip


TEXT = SourceText(
    lines=("Luna", "", "Luna", "Luna"),
    pages=(1, 1, 1, 1),
    parts=(Part(name="scan", kind="image", first_line=1),),
    confidences=(96, None, 41, 70),
)
SEGMENTATION = Segmentation(documents=(document(1, 2), document(3, 4)), gaps=())
FILING = Filing(patients=(PatientRecord(name="Luna", facts=(fact(1), fact(3), fact(4))),), patient_of_document=(0, 0))


def test_what_rests_on_a_doubtful_line_is_flagged_and_nothing_else():
    segmentation, filing = flag_doubtful(segmentation=SEGMENTATION, filing=FILING, text=TEXT)
    assert [each.needs_review for each in segmentation.documents] == [False, True]
    flags = [each.flags for each in filing.patients[0].facts]
    assert flags == [("conflict",), ("conflict", DOUBTFUL_SCAN), ("conflict",)]
    again = flag_doubtful(segmentation=segmentation, filing=filing, text=TEXT)
    assert again == (segmentation, filing)


def test_what_a_black_box_seems_to_hide_is_flagged_beside_what_was_read_badly():
    text = replace(TEXT, covered_lines=frozenset({3, 4}))
    segmentation, filing = flag_doubtful(segmentation=SEGMENTATION, filing=FILING, text=text)
    assert [each.flags[1:] for each in filing.patients[0].facts] == [
        (),
        (DOUBTFUL_SCAN, UNDER_BLACK_BOX),
        (UNDER_BLACK_BOX,),
    ]
    assert [each.needs_review for each in segmentation.documents] == [False, True]
    assert flag_doubtful(segmentation=segmentation, filing=filing, text=text) == (segmentation, filing)


def test_a_text_that_was_not_recognised_is_left_as_it_is():
    text = replace(TEXT, confidences=())
    assert flag_doubtful(segmentation=SEGMENTATION, filing=FILING, text=text) == (SEGMENTATION, FILING)


@pytest.mark.parametrize("confidences", [(), (96, None, None, 41, 41), (None, 0), (None,)])
def test_confidences_are_kept_as_runs_and_come_back(confidences):
    assert unpack_confidences(pack_confidences(confidences), count=len(confidences)) == confidences


def test_confidences_must_be_as_many_as_lines():
    with pytest.raises(ValueError, match="4 lines but 1 confidences"):
        replace(TEXT, confidences=(1,))
