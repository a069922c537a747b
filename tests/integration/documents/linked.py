"""Files of documents whose words are given, filed as an analysis would file them."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from documents.domain.facts.filing import Filing
from documents.domain.facts.observed import Fact
from documents.domain.facts.records import PatientRecord
from documents.domain.lines import from_text
from documents.domain.segmentation import Document as FoundDocument
from documents.domain.segmentation import Segmentation as FoundSegmentation
from documents.models import Document, DocumentLink, Segmentation, Upload
from pennie.accounts.models import Clinic
from tests.factories import UploadFactory
from tests.integration.documents.analysing import file_found
from tests.unit.likeness.papers import LAB, VISIT

OTHER_VISIT = VISIT.replace("2024-03-05", "2024-09-12").replace("12.4", "13.1").replace("cough", "limp")
AMENDED = LAB.replace("Biochemistry", "AMENDED Biochemistry").replace("5.2", "5.9")
NOISY = VISIT.replace("cough", "c0ugh").replace("throat", "tbroat").replace("began", "hegan").replace("rest", "resl")
TITLES = {LAB: "Biochemistry report", AMENDED: "AMENDED Biochemistry report"}
_NUMBERS = count(1)
DATES = {OTHER_VISIT: "2024-09-12"}


def file_texts(clinic: Clinic, *texts: str, upload: Upload | None = None, **fields: Any) -> Segmentation:
    """A file of these documents, one after the other, of an animal named Juniper whose name each states."""
    # No two files have the same bytes; here that is said of those that have.
    file = upload or UploadFactory(clinic=clinic, text="".join(texts), sha256=f"{next(_NUMBERS):064}", **fields)
    return file_again(file, texts)


def file_again(upload: Upload, texts: Sequence[str], *, now: datetime | None = None) -> Segmentation:
    """Another run over the same lines, which cuts them into these documents."""
    source = from_text("".join(texts))
    documents, facts, line = [], [], 1
    for place, text in enumerate(texts):
        lines = from_text(text).lines
        documents.append(
            FoundDocument(
                start_line=line,
                end_line=line + len(lines) - 1,
                title=TITLES.get(text, "Visit note"),
                title_printed=True,
                type="lab_report" if text in TITLES else "consult_note",
                date=DATES.get(text, "2024-03-05"),
                confidence=0.9,
                needs_review=False,
            )
        )
        facts += [
            make_fact(words, line=line + number, document=place)
            for number, words in enumerate(lines)
            if words.startswith("Weight: ")
        ]
        line += len(lines)
    filing = Filing(
        patients=(PatientRecord(name="Juniper", facts=tuple(facts)),), patient_of_document=(0,) * len(documents)
    )
    return file_found(
        upload, segmentation=FoundSegmentation(documents=tuple(documents), gaps=()), filing=filing, text=source, now=now
    )


def make_fact(words: str, *, line: int, document: int) -> Fact:
    raw = words.removeprefix("Weight: ").split("  ")[0]
    return Fact(
        field="weight",
        value=float(raw.split()[0]),
        raw=raw,
        unit="kg",
        kg=float(raw.split()[0]),
        date="2024-03-05",
        line=line,
        quote=raw,
        document=document,
        flags=(),
        is_current=True,
    )


def copies_of(document: Document) -> list[Document]:
    return list(Document.objects.filter(same_as=document).order_by("upload_id", "start_line"))


def at(segmentation: Segmentation, place: int = 0) -> Document:
    """The document at that place of the file, from 0."""
    return list(segmentation.documents.order_by("start_line"))[place]


def link_between(one: Document, other: Document) -> DocumentLink | None:
    pair = DocumentLink.objects.filter(document__in=(one, other), first__in=(one, other))
    return pair.first()
