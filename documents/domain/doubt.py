"""What rests on a line that wants a second look is flagged, never dropped: character recognition was not sure of it, or
a black box seems to hide words of it."""

from dataclasses import replace

from documents.domain.facts.filing import Filing
from documents.domain.facts.records import PatientRecord
from documents.domain.lines import SourceText
from documents.domain.segmentation import Segmentation

DOUBTFUL_SCAN, UNDER_BLACK_BOX = "doubtful_scan", "under_black_box"  # flags of a fact


def flag_doubtful(*, segmentation: Segmentation, filing: Filing, text: SourceText) -> tuple[Segmentation, Filing]:
    """Facts on such lines with their flags; documents that begin on one that was read badly are to be reviewed."""
    doubtful = text.doubtful_lines
    if doubtful:
        documents = tuple(
            replace(document, needs_review=True) if document.start_line in doubtful else document
            for document in segmentation.documents
        )
        segmentation = replace(segmentation, documents=documents)
    for flag, lines in ((DOUBTFUL_SCAN, doubtful), (UNDER_BLACK_BOX, text.covered_lines)):
        if lines:
            filing = replace(filing, patients=tuple(_flag_facts(each, lines, flag=flag) for each in filing.patients))
    return segmentation, filing


def _flag_facts(patient: PatientRecord, lines: frozenset[int], *, flag: str) -> PatientRecord:
    facts = tuple(
        replace(fact, flags=(*fact.flags, flag)) if fact.line in lines and flag not in fact.flags else fact
        for fact in patient.facts
    )
    return replace(patient, facts=facts)
