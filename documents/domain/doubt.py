"""What rests on a line that character recognition was not sure of wants a second look: it is flagged, never dropped."""

from dataclasses import replace

from documents.domain.facts.filing import Filing
from documents.domain.facts.records import PatientRecord
from documents.domain.lines import SourceText
from documents.domain.segmentation import Segmentation

FLAG = "doubtful_scan"  # of a fact


def flag_doubtful(*, segmentation: Segmentation, filing: Filing, text: SourceText) -> tuple[Segmentation, Filing]:
    """Facts on doubtful lines with `FLAG`; documents that begin on one are to be reviewed."""
    doubtful = text.doubtful_lines
    if not doubtful:
        return segmentation, filing
    documents = tuple(
        replace(document, needs_review=True) if document.start_line in doubtful else document
        for document in segmentation.documents
    )
    patients = tuple(_flag_facts(patient, doubtful) for patient in filing.patients)
    return replace(segmentation, documents=documents), replace(filing, patients=patients)


def _flag_facts(patient: PatientRecord, doubtful: frozenset[int]) -> PatientRecord:
    facts = tuple(
        replace(fact, flags=(*fact.flags, FLAG)) if fact.line in doubtful and FLAG not in fact.flags else fact
        for fact in patient.facts
    )
    return replace(patient, facts=facts)
