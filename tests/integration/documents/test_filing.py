"""What an analysis found becomes rows, once, whole, and never over what staff decided."""

from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents.domain.facts.filing import Filing
from documents.domain.facts.observed import Fact as FoundFact
from documents.domain.facts.records import PatientRecord
from documents.domain.lines import SourceText, from_text
from documents.domain.segmentation import BrokenPartition
from documents.domain.segmentation import Document as FoundDocument
from documents.domain.segmentation import Gap as FoundGap
from documents.domain.segmentation import Segmentation as FoundSegmentation
from documents.models import Document, Fact, Segmentation, Upload
from documents.operations.filing import UploadPurged, file_segmentation
from documents.operations.texts import NoText, load_text, store_text
from pennie.accounts.models import Clinic
from tests.factories import CorrectionFactory, UploadFactory
from tests.integration.documents.analysing import (
    analyse,
    file_found,
    file_record,
    make_run,
    read_record,
)
from tests.integration.test_constraints import commit_checks

TEXT = from_text("Registration\nName: Juniper\n\nVisit note\nSeen for a cough.\n")
FACT = FoundFact(
    field="name",
    value="Juniper",
    raw="Juniper",
    unit=None,
    kg=None,
    date=None,
    line=2,
    quote="Name: Juniper",
    document=0,
    flags=(),
    is_current=True,
)
DOCUMENT = FoundDocument(
    start_line=1,
    end_line=3,
    title="Registration",
    title_printed=True,
    type="registration",
    date="2024-03-05",
    confidence=0.9,
    needs_review=False,
)
FOUND = FoundSegmentation(
    documents=(DOCUMENT,), gaps=(FoundGap(start_line=4, end_line=5, reason="ruler"),), noise_lines=frozenset({3, 2})
)
FILED = Filing(patients=(PatientRecord(name="Juniper", facts=(FACT,)),), patient_of_document=(0,))


@pytest.fixture
def upload(clinic: Clinic) -> Upload:
    made: Upload = UploadFactory(clinic=clinic, text=TEXT.text)
    return made


def file_again(upload: Upload, **changes: object) -> Segmentation:
    return file_found(upload, **{"segmentation": FOUND, "filing": FILED, "text": TEXT, **changes})  # type: ignore[arg-type]


def test_what_was_found_is_filed_and_current(upload: Upload) -> None:
    now = timezone.now()
    made = file_again(upload, now=now)
    commit_checks()
    upload.refresh_from_db()
    assert (upload.current_segmentation, upload.updated_at) == (made, now)
    assert (made.number, made.line_count, made.noise_lines) == (1, 5, [2, 3])
    document, gap, subject, fact = (
        made.documents.get(),
        made.gaps.get(),
        made.subjects.get(),
        made.facts.get(),
    )
    assert (document.start_line, document.end_line, document.review) == (1, 3, "not_needed")
    assert str(document.date) == "2024-03-05"
    assert (gap.start_line, gap.end_line, gap.reason) == (4, 5, "ruler")
    assert (subject.position, subject.name) == (1, "Juniper")
    assert (fact.subject, fact.document, document.subject) == (subject, document, subject)
    assert (fact.value, fact.line, fact.quote, fact.position) == ("Juniper", 2, "Name: Juniper", 1)


def test_a_job_that_files_twice_files_once(upload: Upload) -> None:
    run = make_run()
    first = file_again(upload, run=run)
    assert file_again(upload, run=run) == first
    assert Segmentation.objects.count() == 1
    assert Fact.objects.count() == 1


def test_a_later_run_takes_the_place_of_one_that_nobody_touched(upload: Upload) -> None:
    file_again(upload)
    second = file_again(upload)
    upload.refresh_from_db()
    assert (second.number, upload.current_segmentation) == (2, second)


@pytest.mark.parametrize("decision", ["confirmed", "corrected", "correction", "subject", "fact"])
def test_what_staff_decided_stays_current_and_a_later_run_lies_beside(upload: Upload, decision: str) -> None:
    first = file_again(upload)
    match decision:
        case "correction":
            CorrectionFactory(segmentation=first)
        case "subject":
            first.subjects.update(decided_at=timezone.now())
        case "fact":
            first.facts.update(retracted_at=timezone.now())
        case _:
            first.documents.update(review=decision)
    second = file_again(upload)
    upload.refresh_from_db()
    assert upload.current_segmentation == first
    assert second.documents.count() == 1


def test_a_partition_with_a_lost_line_is_never_filed(upload: Upload) -> None:
    with pytest.raises(BrokenPartition):
        file_again(upload, segmentation=replace(FOUND, gaps=()))
    assert not Segmentation.objects.exists()


def test_a_fact_whose_words_are_not_in_its_line_is_left_out_and_told(upload: Upload) -> None:
    elsewhere, nowhere = replace(FACT, line=4), replace(FACT, line=9)
    patient = PatientRecord(name="Juniper", facts=(elsewhere, nowhere, FACT))
    made = file_again(upload, filing=replace(FILED, patients=(patient,)))
    made.refresh_from_db()
    assert [fact.line for fact in made.facts.all()] == [2]
    assert made.warnings == ["2 facts quote words that do not stand in their line and were left out (lines 4, 9)"]


def test_what_no_column_can_hold_is_cut_and_ends_no_job(upload: Upload) -> None:
    document = replace(DOCUMENT, title="a\x00" + "b" * 900, date="2024-02-31", confidence=float("nan"))
    fact = replace(
        FACT,
        value=float("inf"),
        kg=float("nan"),
        unit="u" * 99,
        date="in the spring of 2019",
        flags=("f" * 99,),
        suggestion="s" * 999,
    )
    patient = PatientRecord(name="J" * 999, facts=(fact, replace(FACT, value="x\x00" + "v" * 9_000)))
    made = file_again(
        upload,
        segmentation=replace(FOUND, documents=(document,)),
        filing=replace(FILED, patients=(patient,)),
    )
    kept = made.documents.get()
    assert (kept.title, kept.date, kept.confidence) == ("a" + "b" * 499, None, 0.0)
    assert len(made.subjects.get().name) == 200
    first, second = made.facts.all()
    assert (first.value, first.kg, len(first.unit or ""), first.date) == ("Juniper", None, 20, "in the spr")
    assert second.value == "x" + "v" * 9_000


def test_the_parts_of_a_clinical_fact_are_kept(upload: Upload) -> None:
    parts: dict[str, str | float] = {"analyte": "ALT\x00", "number": 145.0, "unit": "U/L"}
    fact = replace(FACT, field="lab_value", value="ALT 145 U/L", unit="U/L", parts=parts)
    made = file_again(upload, filing=replace(FILED, patients=(PatientRecord(name="Juniper", facts=(fact,)),)))
    kept = made.facts.get()
    assert (kept.field, kept.parts) == ("lab_value", {"analyte": "ALT", "number": 145.0, "unit": "U/L"})


def test_a_patient_without_a_name_is_nobody_known(upload: Upload) -> None:
    made = file_again(upload, filing=replace(FILED, patients=(PatientRecord(name=None, facts=(FACT,)),)))
    subject = made.subjects.get()
    assert (subject.name, subject.state) == ("", "unknown")


def test_a_purged_upload_takes_nothing(upload: Upload) -> None:
    Upload.objects.update(purged_at=timezone.now())
    with pytest.raises(UploadPurged):
        file_again(upload)


def test_a_long_record_is_filed_in_few_queries(clinic: Clinic) -> None:
    source, analysis = analyse(read_record("long_export"))
    upload = UploadFactory(clinic=clinic, text=source.text)
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        transaction.atomic(),
    ):
        made = file_segmentation(
            upload=upload,
            run=make_run(),
            segmentation=analysis.segmentation,
            filing=analysis.filing,
            text=source,
            now=timezone.now(),
        )
    commit_checks()
    assert Document.objects.filter(segmentation=made).count() == len(analysis.segmentation.documents) > 300
    assert len(queries) < 45


def test_a_document_stands_on_the_pages_of_its_lines(clinic: Clinic) -> None:
    made = file_record("practice_export", clinic=clinic)
    pages = load_text(upload=made.upload).pages
    assert len(set(pages)) > 1
    for document in made.documents.all():
        assert (document.first_page, document.last_page) == (
            pages[document.start_line - 1],
            pages[document.end_line - 1],
        )


@pytest.mark.parametrize("lines", [(), ("one",), ("one", ""), ("", "two\f", "", "")])
def test_a_text_comes_back_as_it_was_stored(clinic: Clinic, lines: tuple[str, ...]) -> None:
    upload = UploadFactory(clinic=clinic)
    pages = tuple(range(1, len(lines) + 1))
    text = SourceText(
        lines=lines,
        pages=pages,
        parts=TEXT.parts,
        warnings=("a page was turned",),
        covered_lines=frozenset(range(1, len(lines))),
        page_count=len(lines) + 2,
    )
    store_text(upload=upload, text=text, now=timezone.now())
    upload.refresh_from_db()
    assert load_text(upload=upload) == text
    assert (upload.line_count, upload.page_count) == (len(lines), len(lines) + 2)  # two blank ones at the end


def test_an_upload_that_was_not_read_says_so(clinic: Clinic) -> None:
    upload = UploadFactory(clinic=clinic)
    upload.extracted.delete()
    with pytest.raises(NoText):
        load_text(upload=upload)
